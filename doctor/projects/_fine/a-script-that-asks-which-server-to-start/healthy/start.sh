#!/bin/sh
if [ "$DEBUG" = 1 ]; then
  exec python manage.py runserver 0.0.0.0:8000
else
  exec daphne -b 0.0.0.0 mysite.asgi:application
fi

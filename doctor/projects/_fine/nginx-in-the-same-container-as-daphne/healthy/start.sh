#!/bin/sh
nginx
exec daphne -p 8001 mysite.asgi:application

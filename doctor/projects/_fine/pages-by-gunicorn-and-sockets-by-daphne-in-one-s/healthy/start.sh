python manage.py migrate
python -m daphne -b 0.0.0.0 -p 8089 mysite.asgi:application &
python -m gunicorn mysite.wsgi:application --bind 0.0.0.0:8000

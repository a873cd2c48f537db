from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = True
SECRET_KEY = 'django-insecure-only-for-development'
ROOT_URLCONF = 'mysite.urls'
ALLOWED_HOSTS = []
INSTALLED_APPS = [
    'daphne',
    'chat',
    'django.contrib.admin',
    'django.contrib.auth',
    'django.contrib.contenttypes',
    'django.contrib.sessions',
    'django.contrib.staticfiles',
]
TEMPLATES = [{'DIRS': [], 'APP_DIRS': True}]
DATABASES = {'default': {'NAME': BASE_DIR / 'db.sqlite3'}}
ASGI_APPLICATION = "mysite.asgi.application"
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [("127.0.0.1", 6379)]}},
}

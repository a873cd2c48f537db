SECRET_KEY = 'django-insecure-only-for-development'
ROOT_URLCONF = 'projeto.urls'
DEBUG = True
ALLOWED_HOSTS = []
INSTALLED_APPS = ["channels", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.staticfiles", "meu_app"]
ASGI_APPLICATION = "projeto.asgi.application"
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [("127.0.0.1", 6379)]}},
}

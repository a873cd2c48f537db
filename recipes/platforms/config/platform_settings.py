"""The settings for a platform that has no nginx to serve static files."""

from config.settings import *  # noqa: F403 - all of them
from config.settings import MIDDLEWARE

# Right after SecurityMiddleware, as WhiteNoise's documentation asks.
SECURITY = "django.middleware.security.SecurityMiddleware"
place = MIDDLEWARE.index(SECURITY) + 1
MIDDLEWARE = [
    *MIDDLEWARE[:place],
    "whitenoise.middleware.WhiteNoiseMiddleware",
    *MIDDLEWARE[place:],
]

"""The WSGI application: what a WSGI server calls, once for each request."""

import os

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# With the static files, so that any WSGI server shows a working page, not only
# `runserver`. A public site leaves them to its front server or to WhiteNoise.
application = StaticFilesHandler(get_wsgi_application())

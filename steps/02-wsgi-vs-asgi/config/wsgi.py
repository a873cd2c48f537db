"""The WSGI application: a WSGI server calls it once for each request."""

import os

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def mounted(application):
    """Wrap an application: move MOUNTED_AT from the path of a request to SCRIPT_NAME.

    Django puts SCRIPT_NAME in front of every URL it builds. Most WSGI servers have an
    option for it, but `runserver` has none.
    """

    def call(environ, start_response):
        mount, path = settings.MOUNTED_AT, environ["PATH_INFO"]
        if mount and path.startswith(f"{mount}/"):
            path = path.removeprefix(mount)
            environ = environ | {"SCRIPT_NAME": mount, "PATH_INFO": path}
        return application(environ, start_response)

    return call


# StaticFilesHandler serves the scripts and styles under any WSGI server; otherwise only
# `runserver` would. A public site leaves them to its reverse proxy or to WhiteNoise.
application = StaticFilesHandler(mounted(get_wsgi_application()))

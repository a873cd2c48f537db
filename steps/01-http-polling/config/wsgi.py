"""The WSGI application: what a WSGI server calls, once for each request."""

import os

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def mounted(application):
    """Tell the application which part of a path is MOUNTED_AT, so that links have it too.

    Other WSGI servers have an option for that; `runserver` has none.
    """

    def call(environ, start_response):
        mount, path = settings.MOUNTED_AT, environ["PATH_INFO"]
        if mount and path.startswith(f"{mount}/"):
            path = path.removeprefix(mount)
            environ = environ | {"SCRIPT_NAME": mount, "PATH_INFO": path}
        return application(environ, start_response)

    return call


# With the static files, so that any WSGI server shows a working page, not only
# `runserver`. A public site leaves them to its front server or to WhiteNoise.
application = StaticFilesHandler(mounted(get_wsgi_application()))

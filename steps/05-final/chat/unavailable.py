"""What people see when the server can't answer now: a page that says so, with a 503."""

import logging

from django.db import InterfaceError, OperationalError
from django.shortcuts import render

from chat.hashers import TooBusy

log = logging.getLogger(__name__)

RETRY_AFTER = 5  # seconds


class UnavailableMiddleware:
    """Answers with a 503 where Django would log a traceback and answer with a 500.

    A database that doesn't answer is no bug of ours: a 503 says that it will pass, and
    front servers and browsers know what it means.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Let the request through."""
        return self.get_response(request)

    def process_exception(self, request, exception):
        """Answer what a view couldn't."""
        if isinstance(exception, OperationalError | InterfaceError):
            log.warning("The database does not answer: %r", exception)
        elif isinstance(exception, TooBusy):
            log.warning("Too many passwords to check.")
        else:
            return None
        page = render(request, "chat/unavailable.html", status=503)
        page["Retry-After"] = str(RETRY_AFTER)
        return page

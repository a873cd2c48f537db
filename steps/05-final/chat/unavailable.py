"""A page for when the server can't answer right now, with status 503."""

import asyncio
import logging

from django.db import DataError, InterfaceError, OperationalError
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin
from django.views.defaults import bad_request

from chat.hashers import TooBusy

log = logging.getLogger(__name__)

RETRY_AFTER = 5  # seconds

# Seconds. A database that hangs doesn't even report an error. Shorter than the front
# server's timeout, after which it would send no requests here for a while.
LONGEST_PAGE = 13


class UnavailableMiddleware(MiddlewareMixin):
    """Answers with a 503 where Django would log a traceback and answer with a 500.

    A database that doesn't answer isn't a bug, and front servers and browsers know that
    a 503 is temporary. This comes first in MIDDLEWARE, because the others need the
    request's thread, which may be the one that hangs.
    """

    async def __acall__(self, request):
        """Return the page, or a 503 if it takes too long."""
        try:
            async with asyncio.timeout(LONGEST_PAGE):
                return await super().__acall__(request)
        except TimeoutError:
            log.warning("A page took too long.")
            return unavailable(request)

    def process_exception(self, request, exception):
        """Answer when a view has failed for a reason that will pass."""
        if isinstance(exception, OperationalError | InterfaceError):
            log.warning("The database does not answer: %r", exception)
        elif isinstance(exception, TooBusy):
            log.warning("Too many passwords to check.")
        elif isinstance(exception, DataError):
            # Forms refuse what the database can't store, but not everything passes a
            # form: a session cookie with a NUL, for example.
            log.warning("The database does not take this: %r", exception)
            return bad_request(request, exception)
        else:
            return None
        return unavailable(request)


def unavailable(request):
    """Answer that somebody should try again soon; this needs no database."""
    page = render(request, "chat/unavailable.html", status=503)
    page["Retry-After"] = str(RETRY_AFTER)
    return page

"""Which door a request came by, and what is behind each.

The room's door is at the class's address. The instructor's is on this machine alone, and
asks for a token that was made when the class began. Without it, nothing is there.
"""

import hmac
from http.cookies import CookieError, SimpleCookie

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.http import HttpResponseNotFound, HttpResponseRedirect

from course.classroom.current import this
from course.servers import HOST

COOKIE = "class_desk"
PAGES = {
    "room": "course.classroom.config.urls.room",
    "desk": "course.classroom.config.urls.desk",
}
POLICY = (
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
)


class Doors:
    """Passes each connection to what is behind the door that it came by."""

    def __init__(self, room, desk):
        self.behind = {"room": room, "desk": desk}

    async def __call__(self, scope, receive, send):
        door = door_of(scope)
        await self.behind[door](scope | {"door": door}, receive, send)


def door_of(scope):
    """Return "desk" if a connection begins and ends on this machine, at the desk's port."""
    local, port = scope["server"]
    client, _ = scope["client"]
    is_desk = (local, client, port) == (HOST, HOST, this.desk_port)
    return "desk" if is_desk else "room"


def only_static(folder, application):
    """Serve one folder of the static files, and pass all other paths on."""
    static = ASGIStaticFilesHandler(application)

    async def call(scope, receive, send):
        mine = scope["path"].startswith(f"/static/{folder}")
        await (static if mine else application)(scope, receive, send)

    return call


class Door:
    """Middleware: the pages of the door; those of the desk only with the token."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        door = request.scope["door"]
        request.urlconf = PAGES[door]
        if door == "desk" and not is_instructor(request.scope):
            # Once by a link; the browser then keeps the token, out of the projector's
            # sight.
            if not is_token(request.GET.get("token", "")) or not is_our_host(request):
                return HttpResponseNotFound("Not found", content_type="text/plain")
            response = HttpResponseRedirect(request.path)
            response.set_cookie(COOKIE, this.token, httponly=True, samesite="Strict")
            return response
        response = self.get_response(request)
        response["Content-Security-Policy"] = POLICY
        response["Referrer-Policy"] = "no-referrer"
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "no-store"
        return response


def is_our_host(request):
    """Tell whether a browser asked for this machine by its own name.

    A page of the web can give its name our address, but it can't hide the name.
    """
    return request.headers.get("host", "") in own_hosts()


def own_hosts():
    """Return the instructor's door as browsers write it."""
    return [f"{name}:{this.desk_port}" for name in (HOST, "localhost")]


def is_instructor(scope):
    """Tell whether a request has the token, and comes from one of our own pages."""
    headers = dict(scope["headers"])
    host = headers.get(b"host", b"").decode("latin1")
    origin = headers.get(b"origin", b"").decode("latin1")
    ours = origin in ("", f"http://{host}") and host in own_hosts()
    return ours and is_token(token_in(headers))


def token_in(headers):
    """Return the token that a browser or `course class show` sends, or an empty text."""
    kind, _, token = headers.get(b"authorization", b"").decode("latin1").partition(" ")
    if kind == "Bearer":
        return token
    try:
        cookies = SimpleCookie(headers.get(b"cookie", b"").decode("latin1"))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""


def is_token(text):
    """Compare in constant time."""
    return hmac.compare_digest(text.encode(), this.token.encode())

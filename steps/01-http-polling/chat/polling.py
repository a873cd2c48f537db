"""The chat over plain HTTP: a page gets new messages only by asking for them."""

import math

from django.core.exceptions import RequestDataTooBig
from django.http import JsonResponse
from django.views.decorators.http import require_http_methods

from chat import history
from chat.messages import LARGEST_INTEGER, BadMessage, read_message
from chat.server import server_label

LONGEST_WAIT = 25  # seconds; many proxies drop a request after 30 without an answer


@require_http_methods(["GET", "POST"])
def messages(request, room_name):
    """Return the messages of a room (GET), or store a new one (POST)."""
    try:
        if request.method == "POST":
            answer, status = say(request, room_name), 201
        else:
            answer, status = listen(request, room_name), 200
    except BadMessage as problem:
        answer, status = {"error": str(problem)}, 400
    answer["server"] = server_label(request.get_port())
    response = JsonResponse(answer, status=status)
    # For the wire panel: a script can't see the headers that its browser sends.
    response["X-Request-Bytes"] = request_bytes(request)
    return response


def say(request, room_name):
    """Store a message in the room."""
    try:
        message = read_message(request.body)
    except RequestDataTooBig:
        raise BadMessage("This is far too long for a message.") from None
    server = server_label(request.get_port())
    stored = history.store(room_name, server, message)
    return {"id": stored.id}


def listen(request, room_name):
    """Return the messages after the id `after`, or the newest ones without `after`.

    With `wait`, this is a long poll: if there are no messages yet, hold the request
    until one arrives, for `wait` seconds at most.
    """
    after = read_number("after", request.GET.get("after"))
    wait = read_number("wait", request.GET.get("wait", 0))
    if after is None:
        found = history.find_newest(room_name)
    else:
        wait = min(wait, LONGEST_WAIT)
        found = history.wait_for_messages(room_name, after, wait)
    return {"messages": [message.as_json() for message in found]}


def read_number(name, typed):
    """Return a number from the query string, such as `?after=17&wait=25`."""
    if typed is None:
        return None
    try:
        number = float(typed)
    except ValueError:
        number = math.nan  # fails the comparison below
    if not 0 <= number <= LARGEST_INTEGER:
        raise BadMessage(f'"{name}" must be a non-negative number, not "{typed}".')
    return number


def request_bytes(request):
    """Return the size of a request in bytes: request line, headers and body."""
    first_line = f"{request.method} {request.get_full_path()} HTTP/1.1"
    headers = [f"{name}: {value}" for name, value in request.headers.items() if value]
    lengths = [len(line) + len("\r\n") for line in [first_line, *headers, ""]]
    return sum(lengths) + int(request.headers.get("Content-Length") or 0)

"""The chat over plain HTTP: whoever wants to hear something must ask."""

import math

from django.core.exceptions import RequestDataTooBig
from django.http import JsonResponse
from django.views.decorators.http import require_http_methods

from chat import history
from chat.messages import LARGEST_INTEGER, BadMessage, read_message
from chat.server import server_label

LONGEST_WAIT = 25  # seconds; many proxies give up on a silent request after 30


@require_http_methods(["GET", "POST"])
def messages(request, room_name):
    """Answer with the messages of a room, or take a new one."""
    try:
        if request.method == "POST":
            answer, status = say(request, room_name), 201
        else:
            answer, status = listen(request, room_name), 200
    except BadMessage as problem:
        answer, status = {"error": str(problem)}, 400
    answer["server"] = server_label(request.get_port())
    response = JsonResponse(answer, status=status)
    # For the wire panel: a page cannot see the headers that its browser sends.
    response["X-Request-Bytes"] = request_bytes(request)
    return response


def say(request, room_name):
    """Take a message into the room."""
    try:
        message = read_message(request.body)
    except RequestDataTooBig:
        raise BadMessage("This is far too long for a message.") from None
    server = server_label(request.get_port())
    stored = history.store(room_name, server, message)
    return {"id": stored.id}


def listen(request, room_name):
    """Return what came after the message `after`, if need be after a wait.

    Without `after`, return the newest messages. With `wait`, hold the request until
    there is something to tell, at most so many seconds: that is a long poll.
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
    """Return a number that stood in an address, as in `?after=17&wait=25`."""
    if typed is None:
        return None
    try:
        number = float(typed)
    except ValueError:
        number = math.nan
    if not 0 <= number <= LARGEST_INTEGER:
        raise BadMessage(f'"{name}" must be a number from 0 on, not "{typed}".')
    return number


def request_bytes(request):
    """Return how many bytes of request came: first line, headers and body."""
    first_line = f"{request.method} {request.get_full_path()} HTTP/1.1"
    headers = [f"{name}: {value}" for name, value in request.headers.items() if value]
    lengths = [len(line) + len("\r\n") for line in [first_line, *headers, ""]]
    return sum(lengths) + int(request.headers.get("Content-Length") or 0)

"""The pages of a class."""

import json

import segno
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render

from course.classroom import screens as all_screens
from course.classroom.current import this
from course.classroom.network import NOBODY_YET
from course.classroom.room import actions
from course.classroom.room.state import Refused
from course.servers import HOST
from course.steps import load_steps


def phone(request):
    """The page of everybody in the room: a name, who is here, the chats, the vote."""
    host = request.get_host().rpartition(":")[0]
    chats = [
        {
            "number": step.number,
            "title": step.title,
            "url": f"http://{host}:{step.port + this.shift}/chat/",
        }
        for step in load_steps()
    ]
    lessons = f"http://{host}:{8000 + this.shift}/"
    return render(request, "room/phone.html", {"chats": chats, "lessons": lessons})


def desk(request):
    """The instructor's page."""
    fleet = this.fleet
    context = {
        "this": this,
        "is_alone": this.address == HOST,
        "nobody": NOBODY_YET.format(url=this.room_url),
        "screens": screens(),
        "redis_url": fleet.shared_redis_url if fleet else "",
    }
    return render(request, "desk/desk.html", context)


async def do(request):
    """Do what `course class show NAME` asks for; say so in JSON."""
    if request.method != "POST":
        return HttpResponse("Send a POST request.", status=405)
    try:
        text = await actions.do(json.loads(request.body))
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"problem": "This is not a command."}, status=400)
    except Refused as problem:
        return JsonResponse({"problem": str(problem)}, status=409)
    return JsonResponse({"text": text or ""})


def screen(request, name):
    """The projector: how to join, or one of the screens."""
    context = {"this": this, "name": name, "is_alone": this.address == HOST}
    if name == "join":
        return render(request, "room/join.html", context | {"qr": qr(this.room_url)})
    if name not in {one["name"] for one in screens()}:
        raise Http404
    return render(request, "room/screen.html", context)


def notes(request, name):
    """The speaker notes of a screen, for the instructor's second window."""
    if name not in {one["name"] for one in screens()}:
        raise Http404
    screen = all_screens.find(name)
    context = {
        "screen": screen,
        "next": all_screens.after(name),
        "lesson": screen.lesson_at(f"http://{HOST}:{8000 + this.shift}/"),
    }
    return render(request, "room/notes.html", context)


def screens():
    """Return the screens that there are, as the desk lists them."""
    return [{"name": one.name, "title": one.title} for one in all_screens.all()]


def qr(url):
    """Return an address as a QR code, in SVG."""
    code = segno.make(url, error="m")
    return code.svg_inline(border=2, omitsize=True, dark="#000", light="#fff")

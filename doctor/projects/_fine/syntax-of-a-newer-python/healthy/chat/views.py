from django.shortcuts import render

type Names = list[str]


def first[T](things: list[T]) -> T:
    return things[0]


def room(request, room_name):
    try:
        names: Names = [f"{request.GET["name"]}"]
    except KeyError, ValueError:
        names = []
    return render(request, "chat/room.html", {"room_name": room_name, "names": names})

from asgiref.sync import async_to_sync as run
from channels.layers import get_channel_layer
from django.shortcuts import render


def room(request, room_name):
    return render(request, "chat/room.html", {"room_name": room_name})


async def spread(text):
    await get_channel_layer().group_send(
        "all", {"type": "chat.message", "text": text}
    )


def announce(text):
    run(spread)(text)

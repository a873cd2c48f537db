from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.http import HttpResponse


def announce(request):
    channel_layer = get_channel_layer()
    async_to_sync(channel_layer.group_send)(
        "chat", {"type": "chat.system_message", "text": "Back at nine."}
    )
    return HttpResponse("announced")

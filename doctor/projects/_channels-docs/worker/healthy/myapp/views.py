from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.http import HttpResponse


def upload(request):
    layer = get_channel_layer()
    async_to_sync(layer.send)("thumbnails-generate", {"type": "test.print", "text": "hi"})
    async_to_sync(layer.send)("thumbnails-delete", {"type": "thumbnail.delete", "id": 1})
    return HttpResponse("queued")

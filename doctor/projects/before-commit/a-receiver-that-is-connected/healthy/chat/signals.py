from functools import partial

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db.transaction import on_commit


def avisar(sender, instance, **kwargs):
    camada = get_channel_layer()
    grupo = f"room.{instance.room_id}"
    evento = {"type": "chat.message", "text": f"{instance.pk} foi apagada"}
    on_commit(partial(async_to_sync(camada.group_send), grupo, evento))

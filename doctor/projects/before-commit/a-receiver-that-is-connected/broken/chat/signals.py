from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer


def avisar(sender, instance, **kwargs):
    camada = get_channel_layer()
    grupo = f"room.{instance.room_id}"
    evento = {"type": "chat.message", "text": f"{instance.pk} foi apagada"}
    async_to_sync(camada.group_send)(grupo, evento)

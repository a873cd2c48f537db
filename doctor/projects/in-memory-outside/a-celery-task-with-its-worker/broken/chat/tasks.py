from asgiref.sync import async_to_sync
from celery import shared_task
from channels.layers import get_channel_layer


@shared_task
def avisar(texto):
    canal = get_channel_layer()
    async_to_sync(canal.group_send)("avisos", {"type": "chat.message", "text": texto})

from asgiref.sync import async_to_sync
from celery import shared_task
from channels.layers import get_channel_layer


@shared_task(bind=True)
def contar_palavras(self, texto):
    total = len(texto.split())
    camada = get_channel_layer()
    evento = {"type": "chat.message", "text": f"{total} palavras"}
    async_to_sync(camada.group_send)("turma", evento)

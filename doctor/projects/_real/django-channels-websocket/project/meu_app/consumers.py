import json
from channels.generic.websocket import AsyncWebsocketConsumer


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.nome_sala = self.scope["url_route"]["kwargs"]["nome"]
        self.grupo_sala = self.nome_sala
        await self.channel_layer.group_add(self.grupo_sala, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.grupo_sala, self.channel_name)

    async def receive(self, text_data):
        mensagem = json.loads(text_data)["mensagem"]
        await self.channel_layer.group_send(
            self.grupo_sala, {"type": "chat_message", "mensagem": mensagem}
        )

    async def chat_message(self, event):
        await self.send(text_data=json.dumps({"mensagem": event["mensagem"]}))

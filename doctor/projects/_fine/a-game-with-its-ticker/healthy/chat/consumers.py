import asyncio
import contextlib
import hashlib

from channels.generic.websocket import AsyncJsonWebsocketConsumer

TYPES = {"msg": "chat.message", "chat": "chat.message"}


class ChatConsumer(AsyncJsonWebsocketConsumer):
    relogio = None

    async def connect(self):
        sala = self.scope["url_route"]["kwargs"]["room_name"]
        self.grupo = f"sala.{hashlib.sha256(sala.encode()).hexdigest()[:32]}"
        await self.channel_layer.group_add(self.grupo, self.channel_name)
        await self.accept()
        self.relogio = asyncio.create_task(self.bater())

    async def disconnect(self, code):
        if self.relogio:
            self.relogio.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.relogio
        await self.channel_layer.group_discard(self.grupo, self.channel_name)

    async def bater(self):
        while True:
            await asyncio.sleep(1)
            await self.send_json({"tique": True})

    async def receive_json(self, content, **kwargs):
        tipo = content.get("tipo") if isinstance(content, dict) else None
        match tipo:
            case "msg" | "chat":
                await self.espalhar(TYPES[tipo], content.get("texto"))
            case "sair":
                await self.close()
            case _:
                await self.send_json({"erro": "tipo desconhecido"})

    async def espalhar(self, tipo, texto):
        evento = {"type": tipo, "texto": str(texto)}
        await self.channel_layer.group_send(self.grupo, evento)

    async def chat_message(self, event):
        await self.send_json({"text": event["texto"]})

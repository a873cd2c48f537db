from asgiref.sync import async_to_sync
from channels.generic.websocket import JsonWebsocketConsumer


class Saluda:
    saludo = "hola"

    def saludar(self):
        self.send_json({"text": self.saludo})


class ChatConsumer(Saluda, JsonWebsocketConsumer):
    groups = ["chat.todos"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.vistos = set()

    def connect(self):
        super().connect()
        self.saludar()

    def receive_json(self, contenido, **kwargs):
        if not isinstance(contenido, dict) or "text" not in contenido:
            return self.close(code=4000)
        async_to_sync(self.channel_layer.group_send)(
            "chat.todos", {"type": "chat.message", "text": str(contenido["text"])}
        )

    def chat_message(self, evento):
        if evento["text"] not in self.vistos:
            self.vistos.add(evento["text"])
            self.send_json({"text": evento["text"]})

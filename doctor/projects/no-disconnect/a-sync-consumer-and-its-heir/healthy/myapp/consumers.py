from channels.consumer import SyncConsumer
from channels.exceptions import StopConsumer


class EchoConsumer(SyncConsumer):
    def websocket_connect(self, message):
        self.send({"type": "websocket.accept"})

    def websocket_receive(self, message):
        self.send({"type": "websocket.send", "text": self.answer(message["text"])})

    def websocket_disconnect(self, message):
        raise StopConsumer()

    def answer(self, text):
        return text


class LoudConsumer(EchoConsumer):
    def answer(self, text):
        return text.upper()

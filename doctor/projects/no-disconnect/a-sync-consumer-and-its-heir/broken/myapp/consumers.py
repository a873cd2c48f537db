from channels.consumer import SyncConsumer


class EchoConsumer(SyncConsumer):
    def websocket_connect(self, message):
        self.send({"type": "websocket.accept"})

    def websocket_receive(self, message):
        self.send({"type": "websocket.send", "text": self.answer(message["text"])})

    def answer(self, text):
        return text


class LoudConsumer(EchoConsumer):
    def answer(self, text):
        return text.upper()

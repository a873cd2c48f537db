from channels.consumer import AsyncConsumer, SyncConsumer


class GenerateConsumer(SyncConsumer):
    def test_print(self, message):
        print("Test: " + message["text"])


class DeleteConsumer(AsyncConsumer):
    async def thumbnail_delete(self, message):
        print(f"Deleting {message['id']}")

import json

from channels.generic.http import AsyncHttpConsumer


class LongPollConsumer(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_headers(headers=[(b"Content-Type", b"application/json")])
        # Headers go out with the first part of the body.
        await self.send_body(b"", more_body=True)

    async def chat_message(self, event):
        await self.send_body(json.dumps(event).encode("utf-8"))

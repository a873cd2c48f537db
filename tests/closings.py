"""Routes to every end that a socket can have; tests put this file in the place of a step's."""

from channels.generic.websocket import AsyncWebsocketConsumer
from django.urls import path


class Closing(AsyncWebsocketConsumer):
    """Does with its socket what the address says, and prints what disconnect() gets."""

    async def connect(self):
        what = self.scope["url_route"]["kwargs"]["what"]
        if what == "raise":
            raise ValueError("before accept()")
        if what == "refuse":
            await self.close(code=4000)
        if what in {"refuse", "silent"}:
            return
        await self.accept()
        if what == "raise-later":
            raise ValueError("after accept()")
        word, _, code = what.partition("-")
        if word == "close":
            await self.close(int(code) if code else None, reason="because")

    async def disconnect(self, code):
        print(f"disconnect({code})", flush=True)


websocket_urlpatterns = [path("ws/<str:what>/", Closing.as_asgi())]

"""A WebSocket echo in bare ASGI, without Django or Channels.

https://asgi.readthedocs.io/en/latest/specs/www.html#websocket
"""


async def application(scope, receive, send):
    """Send every frame back, until the socket closes. Waiting here holds no thread."""
    if scope["type"] != "websocket":
        raise ValueError(f"This application speaks websocket, not {scope['type']}.")
    while True:
        event = await receive()
        if event["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        elif event["type"] == "websocket.receive":
            await send({**event, "type": "websocket.send"})
        elif event["type"] == "websocket.disconnect":
            return

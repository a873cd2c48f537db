"""A WebSocket in bare ASGI, without Channels: it sends back what it is sent.

https://asgi.readthedocs.io/en/latest/specs/www.html#websocket
"""


async def application(scope, receive, send):
    """Run for as long as one socket is open; while it waits, it holds no thread."""
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

"""A chat in python-socketio: one process, nothing stored.

uvicorn socketio_chat:application
"""

import socketio

server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
application = socketio.ASGIApp(server)


@server.event
async def connect(sid, environ, auth):
    await server.enter_room(sid, "class")


@server.event
async def chat(sid, message):
    await server.emit("chat", message, room="class")

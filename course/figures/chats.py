"""The chats that are compared: their names in a recording, and what pages call them."""

BASE = "tutorial-daphne"  # every ratio compares a chat with this one
STORING = "tutorial-daphne-storing"
DAPHNE, UVICORN = "05-daphne", "05-uvicorn"

NOTHING = "–"  # in a table, where nothing was measured

CHATS = {
    "01-short-8-threads": "01 short polling, 8 threads",
    "01-long-8-threads": "01 long polling, 8 threads",
    "01-long-128-threads": "01 long polling, 128 threads",
    "02-long": "02 long polling, ASGI",
    "02-events": "02 Server-Sent Events",
    "03": "03 WebSocket, in-memory layer",
    "04": "04 WebSocket, Redis layer",
    "05-daphne": "05 WebSocket, on Daphne",
    "05-uvicorn": "05 WebSocket, on uvicorn",
    "tutorial-daphne": "official tutorial on Daphne",
    "tutorial-uvicorn": "official tutorial on uvicorn",
    "tutorial-daphne-storing": "official tutorial, storing each message",
    "websockets": "plain websockets, nothing stored",
    "socketio": "python-socketio, nothing stored",
    "raw": "one frame for each member, nothing else",
    "raw-gather": "one frame for many messages, nothing else",
}


def label(chat: str) -> str:
    """Return what a chat is called in a page."""
    return CHATS.get(chat, chat)

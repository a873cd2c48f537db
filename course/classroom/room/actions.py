"""What the desk's buttons and the projector's keys do."""

import asyncio

from course.classroom.current import this
from course.classroom.room import consumers
from course.classroom.room.state import Refused, room
from course.classroom.screens import show
from course.errors import CourseError, for_this_system

UNIT_VERBS = {
    "start": "{} is up.",
    "stop": "{} has stopped.",
    "kill": "{} was killed.",
    "pause": "{} is paused: connections stay open, and nothing answers.",
    "resume": "{} goes on.",
    "restart": "{} has restarted; every connection was dropped.",
}
SHOW_VERBS = {"show", "next", "back", "run", "list"}


async def do(asked: dict) -> str | None:
    """Do one thing; return a sentence about it. Raises Refused with the reason."""
    verb = asked["do"]
    try:
        if verb in UNIT_VERBS:
            return await for_unit(verb, asked)
        if verb in SHOW_VERBS:
            return await drive(asked)
        if verb in OTHERS:
            return await OTHERS[verb](asked)
    except CourseError as problem:
        raise Refused(for_this_system(str(problem))) from None
    raise Refused(f'There is no button "{verb[:40]}".')


async def for_unit(verb: str, asked: dict) -> str:
    """Start a server, kill it, and so on."""
    unit = this.fleet[str(asked.get("unit"))]
    await asyncio.to_thread(getattr(unit, verb))
    return UNIT_VERBS[verb].format(unit.title)


async def drive(asked: dict) -> str | None:
    """Pass a command on to the projector's screens."""
    return await show.command(asked)


async def fill(asked: dict) -> str:
    """Let fifty people join a room of a step."""
    name, room_name = str(asked.get("unit")), room_of(asked)
    count = await asyncio.to_thread(this.crowd.fill, name, room_name)
    return f"{this.fleet[name].title}: {count} people of ours are in {room_name}."


async def send(asked: dict) -> str:
    """Send 150 messages into a room of a step."""
    name, room_name = str(asked.get("unit")), room_of(asked)
    count = await asyncio.to_thread(this.crowd.send, name, room_name)
    return f"{this.fleet[name].title}: {count} messages were sent to {room_name}."


async def empty(asked: dict) -> str:
    """Let the simulated people leave."""
    await asyncio.to_thread(this.crowd.leave)
    return "All people of ours have left."


def room_of(asked: dict) -> str:
    """Return the room that was typed."""
    return str(asked.get("room") or "").strip()[:100] or "class"


async def reset(asked: dict) -> str:
    """Bring everything back to the start, the projector too."""
    await drive({"do": "show", "name": "join"})
    await asyncio.to_thread(this.crowd.leave)
    this.crowd.forget_accounts()
    await asyncio.to_thread(this.fleet.reset)
    room.clear()
    await consumers.people_changed()
    await consumers.vote_opened_or_closed()
    return "Everything is as at the start: no messages, no votes, five chats."


async def hide(asked: dict) -> None:
    """Hide a name, or show it again."""
    room.hide(asked.get("person"), bool(asked.get("hidden")))
    await consumers.people_changed()


async def open_vote(asked: dict) -> str:
    """Ask the room a question of the instructor's own."""
    choices = [str(one)[:80] for one in asked.get("choices", []) if str(one).strip()]
    question = str(asked.get("question", "")).strip()[:200]
    if not question or not 2 <= len(choices) <= 6:
        raise Refused("A vote needs a question and two to six choices.")
    room.open_vote(question, choices)
    await consumers.vote_opened_or_closed()
    return "The vote is open."


async def close_vote(asked: dict) -> str:
    """End the vote."""
    room.close_vote()
    await consumers.vote_opened_or_closed()
    return "The vote is closed."


OTHERS = {
    "fill": fill,
    "send": send,
    "empty": empty,
    "reset": reset,
    "hide": hide,
    "open-vote": open_vote,
    "close-vote": close_vote,
}

"""What the routes of the chat and of the dice promise."""

import json
from urllib.parse import quote

from course.exercise.kit import NotYet, expect


def dice_path(room):
    """Return the path of the dice of a room."""
    return f"/ws/dice/{quote(room)}/"


async def throw(opens, room, frame):
    """Let Ana throw the dice of a room."""
    ana = await opens("Ana", path=dice_path(room))
    await ana.sends(frame)
    sentence = (
        f"The dice of the room {json.dumps(room, ensure_ascii=False)} should answer."
    )
    heard = await ana.hears(sentence)
    wrong = f"{sentence} Ana received {json.dumps(heard, ensure_ascii=False)} instead."
    expect(heard.get("dice") in range(1, 7), wrong)
    expect(heard.get("room") == room, wrong)
    await ana.leaves()


async def test_the_dice_answer(opens):
    """Ana throws the dice at /ws/dice/class/."""
    await throw(opens, "class", "{}")


async def test_they_answer_again_and_to_any_frame(opens):
    """Ana throws the dice twice, with frames of both kinds."""
    ana = await opens("Ana", path=dice_path("class"))
    for frame in ["throw!", b"throw!"]:
        await ana.sends(frame)
        sentence = "The dice should answer each frame."
        expect("dice" in await ana.hears(sentence), sentence)


async def test_any_room_name_works(opens):
    """Every room has dice, whatever its name."""
    for room in ["café", "sala 1", "AC/DC", "日本語", "chat", "dice"]:
        await throw(opens, room, "{}")


async def test_rooms_may_be_called_after_the_dice(opens):
    """The chat works in every room, even if it's called "dice" or "ws/dice/class"."""
    for room in ["class", "dice", "dice/class", "ws/dice/class", "AC/DC"]:
        ana = await opens("Ana", path=f"/ws/chat/{quote(room)}/")
        bia = await opens("Bia", path=f"/ws/chat/{quote(room)}/")
        await ana.says(text="hi", sender="Ana")
        sentence = f'Bia should have received Ana\'s message in the room "{room}".'
        await bia.hears(sentence, text="hi", sender="Ana", room=room)


async def test_an_unknown_url_is_told_so(opens):
    """At a URL that doesn't exist, the socket says so and closes with code 4404."""
    paths = ["nowhere/", "dice/", "dices/class/", "chat/", "dice/class", "dice/a//b/"]
    for path in [f"/ws/{path}" for path in paths] + ["/", "/dice/class/"]:
        sentence = (
            f"At {path}, Ana should get the error that there is nothing there, and then"
            " code 4404."
        )
        try:
            ana = await opens("Ana", path=path, sentence=sentence)
        except ValueError as problem:  # no route
            raise NotYet(sentence) from problem
        heard = await ana.hears(sentence)
        expect(
            "nothing" in str(heard.get("error")), f"{sentence} Ana received {heard}."
        )
        await ana.is_closed(sentence, code=4404)

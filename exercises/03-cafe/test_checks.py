"""What the room café promises."""

import builtins
import importlib
import sys
from pathlib import Path

import pytest

from course.exercise.kit import NotYet, expect

LONG = "The last lesson before the holidays, with cake, " * 6
PAIRS = [
    ("café", "cafe"),
    ("日本語", "😀😀😀"),
    ("sala 1", "sala-1"),
    ("sala 1", "sala_1"),
    ("AC/DC", "AC-DC"),
    ("Class", "class"),
    ("olá!", "olá?"),
    ("café", "caf.C3.A9"),
    ("café", "caf_e9"),
    ("plumless", "buckeroo"),  # they have the same CRC-32
]


async def talk(opens, room, *, shown=""):
    """Let Ana and Bia talk in a room."""
    name = shown or f'"{room}"'
    sentence = f"Ana should get into the room {name}."
    try:
        ana = await opens("Ana", room, sentence=sentence)
    except TypeError as problem:  # the layer refuses the group's name
        raise NotYet(sentence) from problem
    bia = await opens("Bia", room, sentence=f"Bia should get into the room {name}.")
    await ana.says(text="hi", sender="Ana")
    sentence = f"Bia should have received Ana's message in the room {name}."
    await bia.hears(sentence, text="hi", room=room)


async def kept_apart(opens, one, other, sentence):
    """Let Ana talk in one room, and Caio in another."""
    ana, caio = await opens("Ana", one), await opens("Caio", other)
    await ana.says(text="from Ana")
    await ana.hears("Ana should have received her own message.", text="from Ana")
    await caio.says(text="from Caio")
    await caio.hears(sentence, text="from Caio")
    await ana.leaves()
    await caio.leaves()


async def test_a_plain_name_works(opens):
    """Ana and Bia talk in the room "class"."""
    await talk(opens, "class")


async def test_accents_work(opens):
    """Ana and Bia talk in the room "café"."""
    await talk(opens, "café")


async def test_spaces_and_signs_work(opens):
    """Ana and Bia talk in rooms with spaces and punctuation in their names."""
    for room in ["sala 1", "AC/DC", "it's me!", "100 % sure?", "a_b-c.d~e", "#1"]:
        await talk(opens, room)


async def test_other_alphabets_work(opens):
    """Ana and Bia talk in rooms with names in other alphabets, and in emoji."""
    for room in ["日本語", "Москва", "قهوة", "😀😀😀", "👩‍🚀"]:
        await talk(opens, room)


async def test_two_names_are_two_rooms(opens):
    """Two different names are two rooms, even if they look alike."""
    for one, other in PAIRS:
        sentence = f'Caio, in "{other}", shouldn\'t receive what Ana sends in "{one}".'
        await kept_apart(opens, one, other, sentence)


async def test_long_names_work(opens):
    """Ana and Bia talk in a room with a long name."""
    for room in ["a" * 94, "a" * 95, "é" * 50, LONG + "again", "語" * 300]:
        await talk(
            opens, room, shown=f'"{room[:15]}…", whose name has {len(room)} characters'
        )


async def test_long_names_with_the_same_beginning_are_two_rooms(opens):
    """Two long names that differ only at the end are two rooms."""
    sentence = (
        "Caio's room and Ana's room have long names that differ only at the end. Caio shouldn't"
        " receive what Ana sends in hers."
    )
    await kept_apart(opens, LONG + "on Monday", LONG + "on Friday", sentence)


async def test_a_room_with_any_name_has_a_page(client):
    """The page of each room still opens, at the same URL."""
    for room in ["class", "café", "sala 1", "日本語", "AC/DC"]:
        answer = client.get(f"/chat/{room}/")
        expect(
            answer.status_code == 200,
            f'The page of the room "{room}" should open, at the same URL as before. Its'
            f" status is {answer.status_code}.",
        )


async def test_two_servers_agree(opens, monkeypatch):
    """People in the same room hear each other on two servers that share a layer."""
    await opens("Caio", "hallway")
    ana = await opens("Ana", "café 2")
    application = start_another_server(monkeypatch)
    bia = await opens("Bia", "café 2", app=application)
    await ana.says(text="hi", sender="Ana")
    await bia.hears(
        "Ana and Bia are in the same room, on two different servers, so Bia should have"
        " received Ana's message. The servers probably give the room two different group names.",
        text="hi",
    )


def start_another_server(monkeypatch):
    """Return the application as another process would load it: it remembers nothing.

    As in another process, hash() of a string is another number there.
    """
    here = Path.cwd()
    keep = {"chat", "config", "config.settings", "chat.rooms"}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).is_relative_to(here) and name not in keep:
            if "site-packages" not in Path(file).parts:
                monkeypatch.delitem(sys.modules, name)
    original = builtins.hash

    def another_hash(value):
        caller = Path(sys._getframe(1).f_code.co_filename)
        salted = isinstance(value, str) and caller.is_relative_to(here)
        return original(f"another process: {value}" if salted else value)

    monkeypatch.setattr(builtins, "hash", another_hash)
    return importlib.import_module("config.asgi").application


@pytest.fixture
def client():
    """Return a browser that gets pages."""
    from django.test import Client

    return Client(headers={"host": "localhost"})

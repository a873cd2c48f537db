"""chat/README.md is the map of the code: what it names exists."""

import ast
import re
from pathlib import Path

import pytest

CHAT = Path(__file__).parents[1] / "chat"
MAP = (CHAT / "README.md").read_text("utf-8")

STOPS = re.findall(r"^\d+\. `(\S+)` `(\S+)`:", MAP, re.MULTILINE)


def names_in(path):
    """Return the functions and methods in a file, as `name` or `Class.name`."""
    text = path.read_text("utf-8")
    if path.suffix == ".js":
        return set(
            re.findall(
                r"^(?:  |(?:export )?function )(\w+)\(.*\) \{$", text, re.MULTILINE
            )
        )
    names = set()
    for node in ast.parse(text).body:
        names.add(getattr(node, "name", None))
        if isinstance(node, ast.ClassDef):
            methods = [getattr(part, "name", None) for part in node.body]
            names |= {f"{node.name}.{name}" for name in methods}
    return names


def test_the_map_has_ten_stops():
    numbers = re.findall(r"^(\d+)\.", MAP, re.MULTILINE)
    assert len(STOPS) == len(numbers) == 10


@pytest.mark.parametrize(("file", "name"), STOPS, ids=lambda part: part)
def test_each_stop_exists(file, name):
    assert name in names_in(CHAT / file)


def test_what_it_says_about_failures_exists_too():
    places = re.findall(r"\(`(\S+)` `(\S+)`\)", MAP)
    assert len(places) == 4
    for file, name in places:
        names = names_in(CHAT / file)
        assert name in {known.rpartition(".")[2] for known in filter(None, names)}


def test_every_file_it_mentions_exists():
    for file in re.findall(r"`([\w/]+\.(?:py|js))`", MAP):
        assert (CHAT / file).is_file(), file


def test_a_name_that_is_not_there_would_be_noticed():
    assert "Hub.teleport" not in names_in(CHAT / "hub.py")
    assert "teleport" not in names_in(CHAT / "static/chat/room.js")

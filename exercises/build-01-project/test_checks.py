"""What the first page promises."""

from pathlib import Path
from urllib.parse import quote

from course.exercise import pages
from course.exercise.kit import expect

NAMES = ["hallway", "my-room", "café com leite", "日本語", "a.b_c~d", "C++ & C#?"]


def page_of(name):
    """Return the page of a room."""
    return pages.get(f"/chat/{quote(name, safe='')}/")


def test_there_is_a_project():
    """There is a project in this folder."""
    nested = next(Path().glob("*/manage.py"), None)
    expect(
        not nested,
        f"manage.py is in the folder {nested and nested.parent}, one too deep."
        " Delete that folder, and end the startproject command with a dot.",
    )
    expect(
        Path("manage.py").is_file(),
        "There is no manage.py in this folder yet: startproject creates it.",
    )
    expect(
        Path("chat/__init__.py").is_file(),
        "There is no app in a folder chat yet: startapp makes it.",
    )


def test_a_room_has_a_page():
    """The room "class" has a page with its name."""
    page = page_of("class")
    sentence = "/chat/class/ should answer with a page."
    expect(page.status == 200, f"{sentence} Its status is {page.status}.")
    expect("class" in page.text, "The page of the room class should show its name.")
    expect("<h1" in page.source.lower(), "The page should have an <h1>.")


def test_any_name_without_a_slash_will_do():
    """A room may have any name without a slash."""
    for name in NAMES:
        page = page_of(name)
        sentence = f"The room {name} should have a page."
        expect(page.status == 200, f"{sentence} Its status is {page.status}.")
        expect(name in page.text, f"The page of the room {name} should show its name.")


def test_a_name_is_shown_as_text():
    """A name with HTML in it is shown as text."""
    page = page_of("<i>class")
    sentence = "The room <i>class should have a page."
    expect(page.status == 200, f"{sentence} Its status is {page.status}.")
    expect(
        "<i>class" in page.text,
        "The page of the room <i>class should show this name as text,"
        " but the browser takes <i> for HTML.",
    )

"""What the page promises. The scripts are read, not run: there is no browser here."""

import re

from course.exercise import pages
from course.exercise.kit import expect

ELEMENTS = {
    "chat-status": None,
    "chat-log": None,
    "chat-problem": None,
    "chat-form": "form",
    "chat-sender-input": "input",
    "chat-message-input": "input",
    "chat-message-submit": None,
}
AS_HTML = [
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "setHTMLUnsafe",
]


def test_the_page_has_its_elements():
    """The page has a log, a form, and places for a status and a problem."""
    page = pages.get("/chat/class/")
    expect(page.status == 200, f"/chat/class/ should have a page, not {page.status}.")
    for name, tag in ELEMENTS.items():
        expect(name in page.ids, f"The page should have an element with the id {name}.")
        expect(
            tag in {None, page.ids[name]},
            f"{name} should be a <{tag}>, not a <{page.ids[name]}>.",
        )


def test_the_form_does_not_load_the_page_again():
    """The form doesn't load the page again."""
    page = pages.get("/chat/class/")
    kept = "preventDefault" in page.script or "return false" in page.script
    expect(
        kept,
        "Submitting the form would load the page again, and close the socket."
        " The script should call preventDefault().",
    )


def test_the_page_sends_json():
    """The page sends a message as JSON."""
    script = pages.get("/chat/class/").script
    expect(
        re.search(r"\.send\(", script), "The script should call the socket's send()."
    )
    expect(
        "JSON.stringify" in script,
        "The script should send JSON: the socket takes strings, not objects.",
    )
    for key in ("text", "sender"):
        expect(
            re.search(rf"\b{key}\b", script),
            f"The frame that the script sends should have the key {key}.",
        )


def test_the_page_shows_what_arrives():
    """The page shows messages and errors."""
    script = pages.get("/chat/class/").script
    expect(
        re.search(r"\bonmessage\b|[\"']message[\"']", script),
        "The script should listen to the socket's messages.",
    )
    expect("JSON.parse" in script, "The script should parse the JSON that arrives.")
    expect(
        re.search(r"\berror\b", script),
        "The script should show the `error` that may arrive.",
    )


def test_texts_are_shown_as_text():
    """What others write is shown as text, not as HTML."""
    script = pages.get("/chat/class/").script
    found = next((word for word in AS_HTML if word in script), None)
    expect(
        not found,
        f"The script uses {found}: a message with HTML in it could run a script in the"
        " page of everyone in the room.",
    )


def test_https_has_wss():
    """Over HTTPS, the socket is wss://, and over HTTP it's ws://."""
    script = pages.get("/chat/class/", secure=True).script
    expect(
        "wss" in script or not re.search(r"\bws:", script),
        "On a page that came over HTTPS, the browser refuses ws://: it should be wss://.",
    )
    expect(
        "wss:" not in script or re.search(r"https|protocol|origin|\bws:", script),
        "On a page that came over HTTP, as from runserver, the socket should be ws://.",
    )
    fixed = re.search(r"localhost|127\.0\.0\.1|:8000", script)
    expect(
        not fixed, f"The script contains {fixed and fixed[0]}: take it from location."
    )


async def test_the_socket_still_answers(opens):
    """The socket still answers."""
    ana = await opens("Ana")
    await ana.says(text="hi", sender="Ana")
    await ana.hears("Ana's message should be sent back.", text="hi", room="class")

"""The texts read as if they had been written by people who speak English all day."""

import re

import pytest
from readers import PAGES, SOURCES

from tools import prose
from tools.pages.notebooks import cells_of

# From the rules of the voice: how a sentence read before, and how it reads now.
BEFORE_AND_AFTER = {
    "a real subject": (
        "Whoever sends on and on is cut off.",
        "A client that keeps sending is disconnected.",
    ),
    "the usual word": (
        "A process hears nothing of what the others store.",
        "A process isn't notified of what the others store.",
    ),
    "what it is, not what it isn't": (
        "A name that is none gets an error.",
        "An invalid name gets an error.",
    ),
    "because": (
        "No line in any log says so, for nothing has failed.",
        "No log mentions it, because nothing failed.",
    ),
    "is": (
        "The reason stands in the log of the server.",
        "The reason is in the server's log.",
    ),
    "reconnect": (
        "Both pages come back, and Ana's page comes back first.",
        "Both pages reconnect, and Ana's page is the first.",
    ),
    "fixed": ("A fault mends when the server starts.", "A restart repairs it."),
    "verbs": (
        "The upper row is the way of a connection.",
        "A connection takes the upper route.",
    ),
    "no longer": (
        "A page that is closed gets no messages any more.",
        "A page that is closed no longer gets messages.",
    ),
    "two sentences": (
        "A message that Ana sends while her page is away from the server is kept by the"
        " page, marked as not yet sent, and sent again as soon as the page has found the"
        " server again, which it tries more and more rarely.",
        "While her page is offline, it keeps what Ana sends. It sends it on reconnecting.",
    ),
}


def faults(text):
    """Return what `tools prose` says about a text."""
    return prose.faults(prose.paragraphs(text))


@pytest.mark.parametrize("name", BEFORE_AND_AFTER)
def test_a_sentence_that_nobody_says_is_found_and_a_natural_one_is_not(name):
    before, after = BEFORE_AND_AFTER[name]
    assert faults(before) != []
    assert faults(after) == []


def test_a_fault_names_its_line_and_what_to_write_instead():
    text = "---\ndescription: Yes.\n---\n\n# Rooms\n\nGood.\n\nWhoever asks gets it."
    assert faults(text) == [
        '9: "Whoever": name the subject: a client that …, anyone who …'
    ]


@pytest.mark.parametrize(
    "text",
    [
        "```text\nwhoever\n```",
        "Type `whoever` into the box.",
        "::: code whoever.py",
        "> You may have read: whoever asks gets it.",
        "| whoever | 1 |",
    ],
)
def test_code_tables_and_quotations_are_not_judged(text):
    assert faults(text) == []


def test_a_sign_that_is_fine_once_is_counted_over_the_whole_page():
    once = "Give it some patience."
    assert faults(once) == []
    assert len(faults(f"{once}\n\n{once}")) == 2


def test_a_notebook_a_drawing_and_a_data_file_are_read_too(tmp_path):
    notebook = tmp_path / "1.ipynb"
    notebook.write_text(
        '{"cells": [{"cell_type": "markdown", "source": ["Whoever asks."]},'
        ' {"cell_type": "code", "source": ["# whoever"]}]}'
    )
    drawing = tmp_path / "1.svg"
    drawing.write_text("<svg><title>A</title><desc>Whoever asks.</desc></svg>")
    data = tmp_path / "1.toml"
    data.write_text('[[exhibit]]\nwhy = "Whoever asks."\nsays = ["Whoever asks."]')
    for path in (notebook, drawing, data):
        assert len(prose.faults(prose.paragraphs_of(path))) == 1, path.suffix


@pytest.mark.parametrize(
    "path",
    list(prose.texts()),
    ids=lambda path: path.relative_to(prose.ROOT).as_posix(),
)
def test_a_text_needs_no_other_pass(path):
    assert prose.faults(prose.paragraphs_of(path)) == []


def source(page):
    """Return the Markdown of a page of the site; of a notebook, its first cell."""
    text = (SOURCES / page).with_suffix(".md").read_text("utf-8")
    notebook = re.search(r"^::: notebook (\S+)$", text, re.MULTILINE)
    return "".join(cells_of(notebook[1])[0]["source"]) if notebook else text


@pytest.mark.parametrize("name", PAGES)
def test_a_page_begins_with_the_shortest_answer(name):
    title, answer = re.search(r"^# (.+)\n+(.+)$", source(name), re.MULTILINE).groups()
    assert answer.startswith("**In a hurry?** "), title
    answer = re.search(r"^\*\*In a hurry\?\*\* .+(?:\n.+)*", source(name), re.MULTILINE)
    assert len(answer[0].split()) <= 70

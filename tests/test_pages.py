"""What pages show of the code and of recorded runs, and that it cannot go stale."""

import json
import re

import pytest
from markdown import Markdown

from course import docs
from course.errors import CourseError
from tools.pages import glossary, measured, notebooks, notes, plots
from tools.pages.directives import expanded
from tools.pages.names import part

PAGES = sorted((docs.ROOT / "docs" / "en").rglob("*.md"))
COUNT = r"(?<![\w.:/-])\d[\d,.]*"
UNIT = r"( ?(ms|µs|us|KB|MB|GB|%|x|bytes?|times|seconds?|deliveries|requests?)\b|%)"


def shown(*lines):
    """Return what these lines of a page become."""
    return "\n".join(expanded(list(lines)))


def page(*lines):
    """Return these lines of a page as HTML."""
    extensions = ["attr_list", "md_in_html", "pymdownx.superfences", "tools.pages"]
    return Markdown(extensions=extensions).convert("\n".join(lines))


def test_a_listing_is_the_file_itself():
    source = docs.ROOT / "steps/03-inmemory-layer/chat/consumers.py"
    text = shown("::: code 03-inmemory-layer/chat/consumers.py")
    assert source.read_text("utf-8").strip() in text
    assert 'title="steps/03-inmemory-layer/chat/consumers.py"' in text


def test_a_part_of_a_file_is_found_by_its_name_and_keeps_the_comment_above_it():
    text = shown("::: code 04-redis-layer/config/settings.py CHANNEL_LAYERS")
    assert "RedisChannelLayer" in text
    assert "ROOT_URLCONF" not in text
    method = shown("::: code 03-inmemory-layer/chat/consumers.py ChatConsumer.connect")
    assert "\nasync def connect(self):\n" in method
    assert "disconnect" not in method


def test_a_part_of_a_script_ends_where_its_layout_says():
    script = (
        "const a = 1;\n\nexport function say(text) {\n  if (a) {\n  }\n}\nlet b = 2;"
    )
    assert part(script, ".js", "say")[-1] == "}"
    assert len(part(script, ".js", "say")) == 4
    assert part(script, ".js", "a") == ["const a = 1;"]
    methods = "class Line {\n  open() {\n    go();\n  }\n\n  close() {\n  }\n}"
    assert part(methods, ".js", "Line.open") == ["open() {", "  go();", "}"]


def test_a_docstring_can_be_shown_without_the_code_below_it():
    of_module = shown("::: code 05-final/chat/catch_up.py __doc__")
    assert '"""Catching up: what a page missed' in of_module
    assert "import" not in of_module
    of_class = shown("::: code 05-final/chat/sockets.py Socket.__doc__")
    assert "\nclass Socket(" in of_class
    assert of_class.rstrip("`\n").endswith('"""')


def test_the_text_below_a_heading_of_a_markdown_file_can_be_shown():
    text = shown("::: section 05-final/chat/README.md How a message travels")
    assert "\n1. `static/chat/outbox.js` `add`:" in text
    assert "\n10. `static/chat/room.js` `take`:" in text
    assert "#" not in text
    assert "Read the files" not in text


def test_a_diff_is_that_of_two_steps():
    text = shown("::: diff 03 04 config/settings.py CHANNEL_LAYERS")
    assert "-" in text
    assert '+        "BACKEND": "channels_redis' in text


def test_a_listing_may_stand_inside_a_box_and_is_left_alone_inside_a_fence():
    inside = shown("    ::: code 03-inmemory-layer/chat/routing.py")
    assert all(line.startswith("    ") for line in inside.splitlines() if line)
    fenced = ["```text", "::: code nothing.py", "{{ nothing at all }}", "```"]
    assert shown(*fenced) == "\n".join(fenced)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("::: code 03-inmemory-layer/chat/gone.py", "no file"),
        ("::: code 03-inmemory-layer/chat/consumers.py Gone", 'no "Gone"'),
        ("::: code 03-inmemory-layer/pytest.ini Gone", "not in .ini"),
        ("::: code 05-final/chat/models/room.py Room.Meta.__doc__", 'no "__doc__"'),
        ("::: section 05-final/chat/README.md Gone", 'no heading "Gone"'),
        ("::: diff 03 04 manage.py", "is the same"),
        ("::: diff 03 09 manage.py", 'no step "09"'),
        ("::: output gone", 'recorded as "gone"'),
        ("::: table steps gone p50_ms", 'measured in "gone"'),
        ("::: table steps listen-100 gone", 'no figure "gone"'),
        ("::: bars steps listen-100", "bars show one figure, and this names 0"),
        ("::: bars steps listen-100 rows=gone p50_ms", '"gone" was not measured'),
        ("{{ steps listen-100 gone p50_ms }}", "was not measured"),
        ("::: notebook gone", "no run of the notebook gone"),
        ("::: diagram gone", "no docs/diagrams/gone.svg"),
        ("::: gone", 'no "gone"'),
    ],
)
def test_what_is_not_there_stops_the_build_and_says_what(line, complaint):
    with pytest.raises(CourseError, match=re.escape(complaint)) as problem:
        shown(line)
    assert line.strip(":{} ").split()[0] in str(problem.value)


def test_a_table_shows_the_chats_that_a_lesson_has_met_in_its_order():
    text = shown("::: table steps listen-100 rows=03,01-short-8-threads p50_ms")
    cells = [line.split(" | ") for line in text.splitlines() if line.startswith("| 0")]
    assert [row[0] for row in cells] == [
        "| 03 WebSocket, in-memory layer",
        "| 01 short polling, 8 threads",
    ]


def test_a_note_is_a_number_on_its_line_and_nobody_copies_it():
    lines = [
        "::: code 03-inmemory-layer/chat/consumers.py ChatConsumer.connect",
        "1. `group_add`: before `accept`.",
        "2. `accept()`: answers the handshake.",
    ]
    html = page(*lines)
    numbers = '<span class="note" data-note="{}"></span>\n'.format
    assert re.search(f"group_add.*channel_name.*{numbers(1)}", html)
    assert re.search(f"accept.*{numbers(2)}", html)
    assert "<li><code>group_add</code>: before <code>accept</code>.</li>" in html
    assert not re.search("[\ue000-\uf8ff]", html)


def test_a_note_whose_line_is_gone_stops_the_build():
    with pytest.raises(CourseError, match='the text of the note "group_gone"'):
        shown(
            "::: code 03-inmemory-layer/chat/consumers.py ChatConsumer.connect",
            "1. `group_gone`: before `accept`.",
        )


def test_a_note_is_at_the_code_and_not_at_a_comment_with_the_same_words():
    code = ["", "``` { .python }", "# accept() comes last", "await accept()", "```", ""]
    lines = notes.marked(code, ["1. `accept()`: answers."])
    assert lines[2] == "# accept() comes last"
    assert lines[3] != "await accept()"


def test_a_listing_with_too_many_notes_stops_the_build():
    with pytest.raises(CourseError, match="can have 20 notes, not 21"):
        notes.marked([], ["1. `a`: b."] * 21)


def test_a_list_below_a_listing_is_no_note():
    text = shown(
        "::: code 03-inmemory-layer/chat/routing.py", "", "1. `first`", "2. two"
    )
    assert text.endswith("\n\n1. `first`\n2. two")


def test_a_command_of_the_course_is_written_for_each_system():
    text = shown("```text", "python3 -m course run 03", "```")
    assert text.index('===! "macOS, Linux"') < text.index(
        "    python3 -m course run 03"
    )
    assert text.index('=== "Windows"') < text.index("    py -m course run 03")
    nested = shown("    ```sh", "    python3 -m course run 03", "    ```")
    assert "\n        py -m course run 03\n" in nested


def test_tabs_below_a_command_are_a_group_of_their_own():
    text = shown("```sh", "python3 -m course redis", "```", "", '=== "macOS, Linux"')
    assert text.count('===! "macOS, Linux"') == 2


def test_two_tabs_that_a_page_writes_itself_are_one_group():
    lines = """\
=== "macOS, Linux"

    ```sh
    source .venv/bin/activate
    ```

=== "Windows"

    ```powershell
    .venv\\Scripts\\Activate.ps1
    ```
"""
    assert "===!" not in "\n".join(expanded(lines.splitlines()))


@pytest.mark.parametrize("line", ["pip install channels", "$ python3 --version"])
def test_other_commands_and_outputs_stay_as_they_are(line):
    fenced = ["```text", line, "```"]
    assert shown(*fenced) == "\n".join(fenced)


def test_a_tooltip_explains_a_term_where_a_page_first_uses_it():
    html = page(
        "# A coroutine in a heading",
        "",
        "A [coroutine](x.md) in a link, `coroutine` in code, **Coroutines** in bold,",
        "then a coroutine again, and coroutines.",
    )
    (found,) = re.findall(r"<abbr[^>]*>(.*?)</abbr>", html)
    assert found == "Coroutines"
    assert f'title="{glossary.terms()["coroutine"]}"' in html
    # A keyboard must be able to reach what a mouse shows.
    assert re.search('<abbr[^>]* tabindex="0"', html)


def test_the_glossary_itself_has_no_tooltips():
    html = page('<div class="glossary" markdown>', "", "a coroutine", "", "</div>")
    assert "<abbr" not in html


def test_no_tooltip_is_put_into_an_option_that_becomes_a_button():
    html = page('<div class="predict" markdown>', "", "1. a coroutine", "", "</div>")
    assert "<abbr" not in html


def test_every_definition_of_the_glossary_begins_with_a_sentence_that_stands_alone():
    assert len(glossary.terms()) > 30
    for term, meaning in glossary.terms().items():
        assert 15 < len(meaning) < 200, term
        assert meaning[-1] in ".!?", term


def test_goals_that_were_missed_are_said_in_words(monkeypatch):
    goal = {"goal": "fan-out", "wanted": 25, "unit": "x", "at_least": True}
    slow = goal | {"goal": "delay", "unit": "us", "at_least": False, "measured": 30.2}
    rows = [goal | {"measured": 21.01, "met": False}, slow | {"met": True}]
    monkeypatch.setattr(measured, "recorded", lambda name: {"goals": rows})
    assert shown("::: missed 05").split("\n")[1:4] == [
        "1 of 2 were missed:",
        "",
        "- **fan-out**: at least 25 times was wanted, and 21 times was reached.",
    ]
    rows[:] = [slow | {"met": False}]
    assert "**delay**: at most 25 µs was wanted, and 30.2 µs was" in shown(
        "::: missed 05"
    )
    rows[:] = [slow | {"met": True}]
    assert "Every goal was reached." in shown("::: missed 05")


def test_an_output_cannot_be_copied_with_its_prompt():
    assert "``` { .console .no-copy }" in shown("::: output 03-run-two")


def test_the_short_answer_of_a_page_gets_a_box():
    assert '<p class="hurry"><strong>In a hurry?' in page("**In a hurry?** Yes.")


def test_a_screenshot_is_a_link_to_itself():
    html = page("![Two windows](../assets/screenshots/a.webp#only-light){ width=960 }")
    assert (
        '<a class="enlarge" href="../assets/screenshots/a.webp#only-light"><img' in html
    )


def test_every_page_ends_with_the_versions_that_it_was_verified_with():
    html = page("# A page")
    assert re.search('<p class="verified"[^>]*>Verified with Python 3.+Django 5', html)


def test_a_figure_is_the_recorded_one_with_its_unit():
    rows = measured.recorded("steps")["medians"]
    (row,) = [
        row for row in rows if (row["scenario"], row["chat"]) == ("listen-100", "03")
    ]
    text = shown("It takes {{ steps listen-100 03 bytes_per_delivery }}.")
    assert text == f"It takes {row['bytes_per_delivery']:.0f} bytes."
    assert shown("{{ steps listen-100 03:03 p50_ms }}") == "1.0 times"


@pytest.mark.parametrize(
    ("value", "meaningful", "text"),
    [
        (3618.9, 2, "3,600"),
        (19.79, 2, "20"),
        (0.0104, 2, "0.010"),
        (169.6, 3, "170"),
        (101, measured.WHOLE, "101"),
        (0, 2, "0"),
    ],
)
def test_only_digits_that_mean_something_are_shown(value, meaningful, text):
    assert measured.digits(value, meaningful) == text


def test_the_outputs_of_other_code_are_not_shown(tmp_path, monkeypatch):
    name = "1-what-asking-costs"
    run = notebooks.recording_of(name)
    changed = tmp_path / f"{name}.json"
    changed.write_text(json.dumps(run | {"code": [*run["code"], "1"]}))
    monkeypatch.setattr(notebooks, "RECORDED", tmp_path)
    with pytest.raises(CourseError, match="has changed since its run"):
        shown(f"::: notebook {name}")


NOTEBOOKS_WITH_PLOTS = [
    "1-what-asking-costs",
    "2-wsgi-and-asgi-by-hand",
    "5-which-transport-when",
]


@pytest.mark.parametrize("name", NOTEBOOKS_WITH_PLOTS)
def test_a_plot_takes_the_colours_of_the_page(name):
    """No style attribute: a strict content security policy forbids them."""
    text = shown(f"::: notebook {name}")
    drawn = re.findall('<svg class="plot".*?</svg>', text, re.DOTALL)
    assert drawn
    for plot in drawn:
        assert not re.search(r"style=|#[0-9a-f]{6}|<metadata|<!--", plot)
        assert len(plot) < 10_000
    ids = re.findall(r'\bid="([^"]+)"', "".join(drawn))
    assert len(ids) == len(set(ids))


def test_a_plot_in_a_colour_that_the_page_does_not_know_stops_the_build():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'
        '<path d="M 0 0" style="stroke: #123456"/></svg>'
    )
    with pytest.raises(CourseError, match="#123456"):
        plots.inline(svg, "A line.", "plot-")


def test_no_measured_number_is_typed_into_a_page():
    """What costs how much stands in docs/data, and pages draw it from there."""
    typed = [
        f"{page.name}: {line}"
        for page in PAGES
        for line in costs_in(page.read_text("utf-8"))
        if re.search(COUNT + UNIT, re.sub(r"\{\{.*?\}\}|`[^`]*`", "", line))
    ]
    assert typed == []


def costs_in(text):
    """Return the lines that speak of what was measured."""
    if re.search("^# Measurements", text, re.MULTILINE):
        return text.splitlines()
    sections = re.split(r"^## ", text, flags=re.MULTILINE)
    return [
        line
        for section in sections
        if section.startswith("What it costs")
        for line in section.splitlines()
        if not line.startswith(":::")
    ]


def test_no_code_is_typed_into_a_page():
    """Code is included from where it runs; commands and protocol text are typed."""
    typed = [
        f"{page.name}: {line}"
        for page in PAGES
        for line in page.read_text("utf-8").splitlines()
        if re.match(
            r"\s*(```|~~~) *\{?[. ]*(py|python|js|javascript|html|css|django)\b", line
        )
    ]
    assert typed == []


@pytest.mark.parametrize("name", ["steps", "05"])
def test_the_figures_come_from_a_new_python(name):
    """From 3.12 on, mailboxes start eagerly: a third of the speed of step 05."""
    version = measured.recorded(name)["versions"]["python"]
    assert tuple(map(int, version.split(".")[:2])) >= (3, 12)

"""The doctor's report, as a person reads it."""

import io
import json
import re
import tomllib

import pytest
from markdown.extensions.toc import slugify

from channels_doctor import terminal
from channels_doctor.advice import ADVICE
from channels_doctor.examination import examine_folder
from channels_doctor.finding import Note
from channels_doctor.formats import as_json
from channels_doctor.report import Report, first_sentence
from channels_doctor.site import FOLDERS, url_of
from tests.doctor_scenes import (
    DOCTOR,
    ROOT,
    Stage,
    chat,
    find,
    finding,
    renaming,
    write,
)


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def report(folder, in_full=False, stream=None):
    """Return the report about a folder as text."""
    paint = terminal.Paint(stream or io.StringIO())
    return "\n".join(Report(examine_folder(folder), paint, in_full).lines())


def test_what_keeps_it_from_starting_comes_first_and_wrong_before_risk(
    tmp_path, monkeypatch
):
    find(
        monkeypatch,
        finding("late", stage=Stage.PRODUCTION),
        finding("lost", stage=Stage.MESSAGES),
        finding("perhaps", stage=Stage.START, level="risk"),
        finding("broken", stage=Stage.START, where="zoo.py:3"),
        finding("closed", stage=Stage.PAGE),
    )
    text = report(chat(tmp_path))
    assert re.findall(r"\[(\w+)\]", text) == [
        "broken",
        "perhaps",
        "closed",
        "lost",
        "late",
    ]
    assert re.findall(r"^What .+", text, re.MULTILINE) == [
        "What keeps the project from starting",
        "What keeps a page or a socket from working",
        "What loses messages, or shows them to others",
        "What will hurt in production",
    ]


def test_a_finding_shows_place_line_effect_reason_change_and_page(
    tmp_path, monkeypatch
):
    find(
        monkeypatch,
        lambda project: [
            finding(
                unseen="One process serves every tab.",
                page="errors/#in-memory",
                edits=(
                    project.sources["mysite/settings.py"].replace_text(2, "ana", "bia"),
                ),
            )
        ],
    )
    lines = report(chat(tmp_path)).splitlines()[3:]
    assert [line.replace("`py ", "`python3 ") for line in lines] == [
        "WRONG  mysite/settings.py:2  [in-memory]",
        '    | NAME = "ana"',
        "    Bia gets nothing. Ana doesn't notice.",
        "    Why it's silent today: One process serves every tab.",
        "    Change: Use Redis.",
        "        --- a/mysite/settings.py",
        "        +++ b/mysite/settings.py",
        "        @@ -1,2 +1,2 @@",
        '         SECRET_KEY = "***"',
        '        -NAME = "ana"',
        '        +NAME = "bia"',
        "    More: http://127.0.0.1:8000/errors.html#in-memory",
        "",
        "The pages are on your machine while `python3 -m course run lessons` runs in a",
        "clone of the course.",
        "1 thing that doesn't work.",
    ]


def test_production_is_folded_to_a_sentence_each_unless_all_is_asked_for(
    tmp_path, monkeypatch
):
    find(monkeypatch, finding(stage=Stage.PRODUCTION, level="risk"))
    folded, full = report(chat(tmp_path)), report(tmp_path, in_full=True)
    assert "Bia gets nothing." in folded
    assert "Ana doesn't notice." not in folded
    assert "--all" in folded
    assert "Ana doesn't notice." in full
    assert "--all" not in full


def test_the_same_on_other_lines_is_one_entry(tmp_path, monkeypatch):
    find(monkeypatch, *(finding(where=f"mysite/settings.py:{n}") for n in (10, 9, 1)))
    text = report(chat(tmp_path))
    assert text.count("Bia gets nothing") == 1
    assert "Also at mysite/settings.py:9, mysite/settings.py:10." in text
    assert "3 things that don't work." in text


def test_many_of_a_kind_are_folded_after_three(tmp_path, monkeypatch):
    many = [finding(where=f"a.py:{n}", what=f"No {n}. None.") for n in range(1, 6)]
    find(monkeypatch, *many)
    text = report(chat(tmp_path))
    assert text.count("None.") == 3
    assert "No 5." in text


def test_nothing_found_is_not_said_to_work(tmp_path, monkeypatch):
    find(monkeypatch)
    text = report(chat(tmp_path))
    assert text.startswith("Nothing found.")
    assert "no proof" in text


def test_what_is_not_known_is_apart_and_not_counted(tmp_path, monkeypatch):
    def unsure(project):
        project.notes.append(Note("mysite/settings.py", "DEBUG comes from elsewhere."))
        return []

    find(monkeypatch, unsure)
    text = report(chat(tmp_path))
    assert "- mysite/settings.py: DEBUG comes from elsewhere." in text
    assert text.endswith("it was only read.")


def test_ten_projects_get_a_line_each_and_shared_files_are_told_once(
    tmp_path, monkeypatch
):
    for number in range(10):
        chat(tmp_path / f"team{number}")
    write(tmp_path, {"requirements.txt": "channels\n"})

    def check(project):
        yield finding("shared", where="requirements.txt:1")
        if project.modules.root in ("team3/", "team7/"):
            yield finding("own", where=f"{project.modules.root}mysite/settings.py:1")

    find(monkeypatch, check)
    text = report(tmp_path)
    assert text.startswith("10 projects:")
    assert len(re.findall(r"^  team\d/ ", text, re.MULTILINE)) == 10
    assert text.count("nothing found") == 8
    assert text.count("[shared]") == 1
    assert text.count("[own]") == 2
    assert text.endswith("3 things that don't work.")


def test_a_quoted_error_and_a_diff_are_never_broken(tmp_path, monkeypatch):
    error = (
        "\"ValueError: No route found for path 'ws/chat/lobby/of/the/whole/school'.\""
    )
    long = f'NAME = "{"ana " * 30}"'
    monkeypatch.setenv("COLUMNS", "60")

    def check(project):
        edit = project.sources["long.py"].replace_text(1, "NAME", "NAMES")
        what = (
            f"The server's log says {error} and the page says nothing at all, for ever."
        )
        yield finding(what=what, edits=(edit,))

    find(monkeypatch, check)
    text = report(chat(tmp_path, **{"long.py": long + "\n"}))
    assert error in text
    assert f"-{long}" in text
    prose = text.partition("        ---")[0].splitlines()
    assert max(len(line) for line in prose if error not in line) <= 72


def test_colours_are_for_a_terminal_only_and_no_color_is_honoured(
    tmp_path, monkeypatch
):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("WT_SESSION", "1")
    find(monkeypatch, renaming)
    chat(tmp_path)
    assert "\x1b[32m" in report(tmp_path, stream=Terminal())
    assert "\x1b" not in report(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in report(tmp_path, stream=Terminal())


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("One. Two.", "One."),
        ('"A: b. C" stops it. Two.', '"A: b. C" stops it.'),
        ("Django 5.2 is there. Two.", "Django 5.2 is there."),
        ("Only one", "Only one"),
    ],
)
def test_the_first_sentence(text, first):
    assert first_sentence(text) == first


def anchors():
    """Return every page of the site with the anchors that its source gives."""
    pages = {}
    for path in (ROOT / "docs" / "en").rglob("*.md"):
        page = path.relative_to(ROOT / "docs" / "en").with_suffix("").as_posix()
        page = page.removesuffix("index").rstrip("/")
        text = path.read_text("utf-8")
        titles = re.findall(r"^#+ (.+?)(?: \{.*)?$", text, re.MULTILINE)
        named = set(re.findall(r"\{[^}]*#([\w-]+)[^}]*\}", text))
        pages[page] = named | {slugify(title, "-") for title in titles}
    museum = tomllib.loads((ROOT / "docs/data/museum.toml").read_text("utf-8"))
    pages["errors"] |= {exhibit["name"] for exhibit in museum["exhibit"]}
    return pages


def test_the_page_of_every_finding_is_there_with_its_anchor():
    known = anchors()
    lost = []
    for name, advice in ADVICE.items():
        page, _, anchor = advice.page.partition("#")
        page = page.rstrip("/")
        if page not in known or (anchor and anchor not in known[page]):
            lost.append((name, advice.page))
    assert lost == []


def test_a_published_site_can_be_named(monkeypatch):
    monkeypatch.setenv("CHANNELS_DOCTOR_SITE", "https://ana.example/chat")
    assert url_of("errors/#no-layer") == "https://ana.example/chat/errors.html#no-layer"


def test_the_pages_that_are_folders():
    docs = ROOT / "docs" / "en"
    found = {
        path.parent.relative_to(docs).as_posix() for path in docs.rglob("index.md")
    }
    assert set(FOLDERS) == found - {"."}
    assert url_of("playground/").endswith("/playground/")
    assert url_of("").endswith(":8000/")


def test_the_readme_names_every_key_of_the_json(tmp_path, monkeypatch):
    find(monkeypatch, renaming)
    data = json.loads(as_json(examine_folder(chat(tmp_path))))
    readme = (DOCTOR / "README.md").read_text("utf-8")
    named = set(re.findall(r"`(\w+)`", readme))
    assert set(data) | set(data["findings"][0]) | {"trial"} <= named

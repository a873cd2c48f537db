"""What the pages show of running steps is what a run shows now."""

import re
import sys
import threading
from collections import Counter

import pytest
from conftest import refuse
from PIL import Image

from course import compare
from course.processes import Process
from course.steps import ROOT, find_step
from tools.pages.listings import OUTPUTS as FOLDER
from tools.record import command
from tools.record.natural import HOME, Natural
from tools.record.pictures import COLOURS, SCHEMES, with_few_colours
from tools.record.scenes import FILMS, MEASURED, MISTAKES, OUTPUTS, SCREENSHOTS
from tools.record.stage import MissingProgram, Stage
from tools.record.tap import frames_as_text
from tools.record.terminal import READY, Terminal

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the pages show what Linux prints"
)

PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in sorted((ROOT / "docs" / "en").rglob("*.md"))
}


@pytest.fixture(scope="module")
def stage():
    """One stage for all scenes."""
    with Stage() as stage:
        yield stage


def recorded(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text("utf-8")


def shown(pattern: str) -> Counter:
    """Return what the pages name, and how often."""
    return Counter(
        name
        for text in PAGES.values()
        for name in re.findall(pattern, text, re.MULTILINE)
    )


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_recorded_output_is_what_a_run_prints_now(stage, name):
    try:
        printed = OUTPUTS[name](stage)
    except MissingProgram as problem:
        refuse(str(problem))
    again = f"Record it again: python3 -m tools record {name}"
    now, before = printed + "\n", recorded(name)
    if name in MEASURED:
        now, before = (re.sub(r"\d+(\.\d+)?", "N", text) for text in (now, before))
    assert now == before, again


@pytest.mark.parametrize("name", SCREENSHOTS)
def test_a_screenshot_can_still_be_made_and_is_small(stage, name):
    try:
        with SCREENSHOTS[name](stage) as view:
            assert view.photograph("dark").width > 400
    except MissingProgram as problem:
        refuse(str(problem))
    for path in command.paths_of(name):
        assert path.stat().st_size <= command.LARGEST


@pytest.mark.parametrize("name", FILMS)
def test_a_film_can_still_be_made_and_is_small_and_short(stage, name):
    try:
        planned = [milliseconds for _, milliseconds in FILMS[name](stage)]
    except MissingProgram as problem:
        refuse(str(problem))
    assert 8_000 < sum(planned) < 15_000
    files = [path for paths in command.films_of(name) for path in paths]
    assert set(command.ASSETS.glob(f"{name}-*.webp")) == set(files)
    assert sum(path.stat().st_size for path in files) <= command.LARGEST_FILM


@pytest.mark.parametrize("name", FILMS)
def test_a_film_ends_with_its_still(name):
    for film, still in command.films_of(name):
        with Image.open(film) as moving, Image.open(still) as last:
            assert moving.n_frames > 10
            moving.seek(moving.n_frames - 1)
            assert moving.size == last.size


def test_every_output_is_shown_and_whatever_is_shown_has_a_scene():
    assert set(shown(r"^ *::: output (\S+)$")) == set(OUTPUTS)
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(OUTPUTS)


def test_every_screenshot_is_shown_once_in_light_and_once_in_dark_with_the_same_text():
    pictures = r"^ *!\[(.+)\]\(\S*screenshots/(\S+)-{0}\.webp#only-{0}\)\{{.+\}}$"
    light, dark = (shown(pictures.format(scheme)) for scheme in SCHEMES)
    assert light == dark
    assert sorted(name for _, name in light.elements()) == sorted(SCREENSHOTS)
    files = {path for name in SCREENSHOTS for path in command.paths_of(name)}
    assert set(command.SCREENSHOT_FOLDER.glob("*.webp")) == files


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_can_be_made_and_the_lesson_says_how(name, tmp_path):
    number, edit = MISTAKES[name]
    step = find_step(number)
    edit.make(compare.copy(step, tmp_path))
    lesson = PAGES[f"docs/en/lessons/{step.folder}.md"]
    assert f"`{edit.file}`" in lesson
    assert f"`{edit.old}` to `{edit.new}`" in lesson


def test_a_text_is_written_naturally(tmp_path):
    natural = Natural({7123: 8001}, tmp_path)
    first = natural(
        f'7123 (pid 99) and 7123 (pid 7), "sent_at": 1700000000000, {tmp_path}'
    )
    assert first == (
        f'8001 (pid 4242) and 8001 (pid 4243), "sent_at": 1795251600000, {HOME}'
    )
    assert natural("pid 7") == "pid 4243"


def test_what_a_server_says_late_at_the_start_is_shown_where_it_usually_is(tmp_path):
    said = ["Starting …", "", "  02", "", READY, "8002 | Serving on …"]
    command = [sys.executable, "-c", f"print(*{said}, sep='\\n')"]
    natural = Natural({}, tmp_path)
    with Terminal(
        "run 02", command, tmp_path, natural, tmp_path / "log", {}
    ) as terminal:
        shown = terminal.started("Serving on").text()
    assert shown.splitlines() == ["$ run 02", said[0], said[-1], *said[1:-1]]


def test_what_a_process_has_said_counts_though_it_is_read_after_its_end(tmp_path):
    is_gone, heard = threading.Event(), []

    class Watched(Process):
        def has_ended(self):
            ended = super().has_ended()
            if ended:
                is_gone.set()
            return ended

    def read_late(line):
        is_gone.wait(30)
        heard.append(line)

    command = [sys.executable, "-c", "print('ready')"]
    with Watched("it", command, tmp_path, tmp_path / "log", echo=read_late) as process:
        process.wait_until(lambda: heard)


def test_the_frames_of_a_library_are_left_out_of_a_traceback(tmp_path):
    natural = Natural({}, tmp_path)
    ours = (
        f'  File "{tmp_path}/steps/03/chat/consumers.py", line 1, in receive\n    oi()'
    )
    theirs = '  File "/usr/lib/x.py", line 1, in x\n    y()\n    ^^^'
    text = f"Traceback (most recent call last):\n{theirs}\n{theirs}\n{ours}\nE: no"
    assert natural(text).splitlines() == [
        "Traceback (most recent call last):",
        "  …",
        f'  File "{HOME}/steps/03/chat/consumers.py", line 1, in receive',
        "    oi()",
        "E: no",
    ]


def test_frames_are_written_as_rfc_6455_shows_them(tmp_path):
    hello = bytes.fromhex("818537fa213d7f9f4d5158")  # section 5.7: a masked "Hello"
    line = [(True, hello), (False, b"\x81\x05Hello")]
    assert frames_as_text(line, Natural({}, tmp_path), 2).splitlines() == [
        "> 81 85  mask 37 fa 21 3d",
        "> Hello",
        "< 81 05",
        "< Hello",
    ]


def test_a_frequent_colour_stays_as_it_is_and_a_rare_one_becomes_the_nearest():
    picture = Image.new("RGB", (100, 60), (238, 240, 245))
    for x in range(COLOURS):
        picture.putpixel((x, 0), (5 * x, 0, 0))
    picture.paste((10, 0, 1), (60, 0, 61, 1))
    (reduced,) = with_few_colours([picture])
    assert len(reduced.getcolors()) == COLOURS
    assert reduced.getpixel((0, 59)) == (238, 240, 245)
    assert reduced.getpixel((60, 0)) in [(10, 0, 0), (10, 0, 1)]


def test_an_unknown_scene_gets_a_sentence():
    with pytest.raises(command.CourseError, match='There is no scene "bia"'):
        command.record(["bia"])

"""Plans for a class: the blocks of docs/data/plans.toml as timetables that add up."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache

from course.errors import CourseError
from course.exercise import catalogue
from course.steps import DATA, ROOT, find_step
from tools.pages.exercises import page_of
from tools.pages.manifest import lesson, line

PAGES = ROOT / "docs" / "en"
UP = "../"  # from docs/en/teaching/, where the plans are, to the folder of all pages
SHEETS = "run-sheets.md"
COMMAND = "python3 -m course"
# In the head of a chapter: "15 to run it, 40 to read it", "30 to write a program".
CHAPTER_MINUTES = re.compile(r"(\d+) to (run|read|write) (?:it|a)\b")
QUIET = {"break", "set-up"}  # what a teacher looks for on the sheet
PAUSE = re.compile(r"^(Break|Set-up)")
SHORTER = re.compile("^Exercise: |, on the projector$| and break it$")  # for a week
CHAPTER_WORDS = {"run": "run it and break it", "read": "read it", "write": "write it"}


@dataclass(frozen=True)
class Block:
    """One row of a timetable: what the class does, and for how long."""

    kind: str
    text: str
    minutes: int
    lesson: str = ""


def read() -> dict:
    """Return what plans.toml says."""
    return tomllib.loads((DATA / "plans.toml").read_text("utf-8"))


def load_plans() -> list[dict]:
    """Return the plans in their order."""
    return read()["plan"]


def plan(name: str) -> list[str]:
    """Return one plan: a timetable for each day, or one row for each week."""
    found = next((one for one in load_plans() if one["name"] == name), None)
    if found is None:
        raise CourseError(f'there is no plan "{name}" in plans.toml')
    parts = found["part"]
    if all("start" in part for part in parts):
        body = [row for part in parts for row in timetable(part)]
    else:
        body = weeks(parts)
    kind = "plan" if "start" in parts[0] else "plan weeks"
    return [
        "",
        f'<div class="{kind}" markdown>',
        "",
        f"## {found['title']} {{ #{name} }}",
        "",
        found["about"],
        "",
        *body,
        "",
        "</div>",
        "",
    ]


def timetable(part: dict) -> list[str]:
    """Return a day with the time at which each block starts."""
    now = clock(part["start"])
    rows = [["Starts", "Minutes", "What"], ["---:", "---:", "---"]]
    for one in added_up(part):
        text = PAUSE.sub(r"**\1**", one.text) if one.kind in QUIET else one.text
        rows.append([shown(now), str(one.minutes), text])
        now += one.minutes
    rows.append([shown(now), "", "The end"])
    title = [f"### {part['title']}", ""] if "title" in part else []
    body = [*title, *map(line, rows), "", total(part)]
    return ['<div class="day" markdown>', "", *body, "", "</div>", ""]


def weeks(parts: list[dict]) -> list[str]:
    """Return one row for each week: what the class does, and what is done at home."""
    rows = [["Week", "Subject", "In class", "At home"], ["---:", "---", "---", "---"]]
    for number, part in enumerate(parts, 1):
        here, there = added_up(part), blocks_at_home(part)
        rows.append([str(number), part["title"], summed(here), summed(there)])
    in_class = sum(part["target"] for part in parts)
    at_home = sum(minutes_of(blocks_at_home(part)) for part in parts)
    together = (
        f"All numbers are minutes. Together: {in_class} in class, {at_home} at home."
    )
    return [*map(line, rows), "", together]


def summed(blocks: list[Block]) -> str:
    """Return some blocks in one line, with their minutes, and the sum of these."""
    pieces = [f"{SHORTER.sub('', one.text)} {one.minutes}" for one in blocks]
    return f"{' · '.join(pieces)} = **{minutes_of(blocks)}**" if blocks else ""


def blocks_at_home(part: dict) -> list[Block]:
    """Return what a week asks for at home."""
    return [block(**one) for one in part.get("home", [])]


def total(part: dict) -> str:
    """Return the sum of a timetable, and how it is divided."""
    parts = {}
    for one in added_up(part):
        name = {"set-up": "set-up", "break": "breaks"}.get(one.kind)
        name = name or (f"lesson {one.lesson}" if one.lesson else "the rest")
        parts[name] = parts.get(name, 0) + one.minutes
    order = sorted(parts, key=lambda name: (name == "the rest", name == "breaks"))
    pieces = ", ".join(f"{name} {parts[name]}" for name in order)
    return f"**Together {part['target']} minutes:** {pieces}."


def added_up(part: dict) -> list[Block]:
    """Return the blocks of a part; raise CourseError unless they fill it exactly."""
    blocks = [block(**one) for one in part["blocks"]]
    if minutes_of(blocks) != part["target"]:
        where = part.get("title", "the plan")
        raise CourseError(
            f"{where} has {minutes_of(blocks)} minutes and should have {part['target']}"
        )
    return blocks


def minutes_of(blocks: list[Block]) -> int:
    """Return the minutes of some blocks together."""
    return sum(one.minutes for one in blocks)


def block(*, how: str = "", **words) -> Block:
    """Return a block of plans.toml with its text, its minutes and its lesson."""
    kind = next((one for one in KINDS if one in words), None)
    if kind is None:
        raise CourseError(f"a block is one of {', '.join(KINDS)}, not {words}")
    text, minutes, lesson = KINDS[kind](words.pop(kind), **words)
    return Block(kind, f"{text}: {how}" if how else text, minutes, lesson)


def demo_block(name: str) -> tuple[str, int, str]:
    """Return a demo, with a link to its run sheet."""
    found = find_demo(name)
    text = f"Demo: [{found['title']}]({SHEETS}#{name})"
    return text, found["minutes"], found["lesson"]


def idea_block(number: str) -> tuple[str, int, str]:
    """Return the idea of a lesson, projected."""
    step = find_step(number)
    place = "the-path-of-one-message" if number == "05" else "the-idea"
    text = f"The idea of [{number}]({UP}{lesson(step)}#{place}), on the projector"
    return text, read()["ideas"][number], number


def exercise_block(name: str) -> tuple[str, int, str]:
    """Return an exercise, with a link to its box."""
    one = known_exercises().get(name)
    if one is None:
        raise CourseError(f'there is no exercise "{name}"')
    place = f"{UP}{page_of(one) or 'exercises.md'}#{one.name}"
    track = one.track if one.track.isdigit() else ""
    return f"Exercise: [{one.title}]({place})", one.minutes, track


@cache
def known_exercises() -> dict[str, catalogue.Exercise]:
    """Return all exercises by their names."""
    return {one.name: one for one in catalogue.load()}


def chapter_block(number: int, part: str) -> tuple[str, int, str]:
    """Return a part of a chapter of lesson 05, with the minutes that its head states."""
    folder = PAGES / "lessons" / find_step("05").folder
    page = next(folder.glob(f"{number}-*.md"), None)
    if page is None:
        raise CourseError(f"lesson 05 has no chapter {number}")
    stated = {
        word: int(minutes) for minutes, word in CHAPTER_MINUTES.findall(head(page))
    }
    if part not in stated:
        raise CourseError(f'the head of {page.name} has no minutes to "{part}" it')
    link = f"{UP}{page.relative_to(PAGES).as_posix()}"
    return f"[Chapter {number}]({link}): {CHAPTER_WORDS[part]}", stated[part], "05"


def head(page) -> str:
    """Return the line with the minutes in the head of a chapter."""
    lines = page.read_text("utf-8").splitlines()
    return lines[lines.index("Minutes") + 1]


def reading_block(number: str) -> tuple[str, int, str]:
    """Return the reading of a whole lesson."""
    step = find_step(number)
    return f"Read [{number}]({UP}{lesson(step)})", step.minutes["reading"], number


KINDS = {
    "set-up": lambda minutes: ("Set-up", minutes, ""),
    "break": lambda minutes: ("Break", minutes, ""),
    "talk": lambda text, minutes, lesson="": (text, minutes, lesson),
    "demo": demo_block,
    "idea": idea_block,
    "exercise": exercise_block,
    "chapter": chapter_block,
    "reading": reading_block,
}


def load_demos() -> list[dict]:
    """Return the demos; one without minutes has those of its lesson."""
    return [
        {"minutes": find_step(one["lesson"]).minutes["demo"]} | one
        for one in read()["demo"]
    ]


def find_demo(name: str) -> dict:
    """Return one demo."""
    found = next((one for one in load_demos() if one["name"] == name), None)
    if found is None:
        raise CourseError(f'there is no demo "{name}" in plans.toml')
    return found


def demos() -> list[str]:
    """Return the demos as one table, with links to their run sheets."""
    heads = ["Demo", "Minutes", "Alone", "With `class`", "Ask first", "What happens"]
    rows = [heads, ["---", "---:", "---", "---", "---", "---"]]
    for one in load_demos():
        rows.append(
            [
                f"[{one['title']}]({SHEETS}#{one['name']})",
                str(one["minutes"]),
                f"`{one['command']}`",
                f"`{one['screen']}`",
                one["ask"],
                one["answer"],
            ]
        )
    return ["", *map(line, rows), ""]


def clock(text: str) -> int:
    """Return the minutes since midnight of a time such as 09:30."""
    hours, minutes = text.split(":")
    return 60 * int(hours) + int(minutes)


def shown(minutes: int) -> str:
    """Return a time as people write it."""
    return f"{minutes // 60:02}:{minutes % 60:02}"

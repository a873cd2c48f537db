"""What the manifest of the steps says, as tables."""

import re

from course import compare
from course.exercise import catalogue
from course.steps import ROOT, Step, find_step, load_steps

PAGES = ROOT / "docs" / "en"
# A task to tick or a prediction, by the name under which a browser remembers it.
NAME = re.compile(r'data-(?:task|name)="([^"]+)"')

# The words for what a step can do; the keys are those of steps.toml.
ABILITIES = {
    "websocket": "carries messages over a WebSocket",
    "share": "is one chat over several server processes",
    "remember": "still has the messages after a reload",
    "login": "knows who is who",
}


def capabilities() -> list[str]:
    """Return what each step can do, as one table."""
    steps = load_steps()
    heads = [f"[{step.number}]({lesson(step)})" for step in steps]
    rows = [["The chat …", *heads], ["---", *[":-:" for _ in steps]]]
    for key in steps[0].can:
        marks = ["yes" if step.can[key] else "–" for step in steps]
        rows.append([ABILITIES[key], *marks])
    return ["", *(line(row) for row in rows), ""]


def lesson(step: Step) -> str:
    """Return the page of a step's lesson, from the folder of all pages."""
    page = f"lessons/{step.folder}.md"
    return page if (PAGES / page).is_file() else f"lessons/{step.folder}/index.md"


def practice(step: Step) -> tuple[int, int]:
    """Return how many exercises a lesson has, and their minutes together."""
    found = [one for one in catalogue.load() if one.track == step.number]
    return len(found), sum(one.minutes for one in found)


def lesson_head(number: str) -> list[str]:
    """Return the head of a lesson: its question, its minutes, what carries a message."""
    step = find_step(number)
    count, minutes = practice(step)
    return [
        "",
        '<div class="lesson-head" markdown>',
        "",
        "The question",
        f":   {step.question}",
        "",
        "Minutes",
        f":   demo {step.minutes['demo']}, reading {step.minutes['reading']},"
        f" {count} exercises {minutes}",
        "",
        "What carries a message",
        f":   {step.carries}",
        "",
        "</div>",
        "",
    ]


def lessons(up: str = "") -> list[str]:
    """Return the lessons with their questions and minutes, as one table.

    `up` leads from the folder of the page to that of all pages, such as "../".
    """
    heads = ["Lesson", "The question", "Demo", "Reading", "Exercises"]
    rows = [heads, ["---", "---", "---:", "---:", "---:"]]
    for step in load_steps():
        _, minutes = practice(step)
        rows.append(
            [
                f"[{step.number} {step.title}]({up}{lesson(step)}){progress(step)}",
                step.question,
                *(f"{part} min" for part in (*step.minutes.values(), minutes)),
            ]
        )
    return ["", *(line(row) for row in rows), ""]


def progress(step: Step) -> str:
    """Return the place where learning.js writes how much of a lesson is done."""
    pages = (PAGES / "lessons").rglob("*.md")
    names = {name for page in pages for name in NAME.findall(page.read_text("utf-8"))}
    count = sum(name.startswith(f"{step.number}-") for name in names)
    return f'<small data-progress="{step.number}" data-of="{count}"></small>'


def changes(before: str, after: str) -> list[str]:
    """Return the files that a step adds, changes and drops, each with its lines."""
    old, new = find_step(before), find_step(after)
    before_files, after_files = compare.files_of(old), compare.files_of(new)
    rows = [["File", "It is", "Lines"], ["---", "---", "---:"]]
    for path in compare.changed_files(old, new):
        if path == "README.md":
            continue
        was, now = before_files.get(path), after_files.get(path)
        word = "new" if was is None else "gone" if now is None else "changed"
        rows.append([f"`{path}`", word, size(compare.diff_lines(path, was, now))])
    return ["", *(line(row) for row in rows), ""]


def size(lines: list[str]) -> str:
    """Return how many lines a diff adds and removes."""
    body = lines[2:]
    added = sum(one.startswith("+") for one in body)
    removed = sum(one.startswith("-") for one in body)
    return " ".join(
        sign + str(count) for sign, count in (("+", added), ("−", removed)) if count
    )


def line(cells: list[str]) -> str:
    """Return one row of a Markdown table."""
    return f"| {' | '.join(cells)} |"

"""The exercises as boxes in a lesson: the same texts that the terminal shows."""

from course import compare
from course.errors import CourseError
from course.exercise import catalogue, copies
from course.exercise.catalogue import KINDS, Exercise
from course.playground_content import names
from tools.pages.commands import for_each_system
from tools.pages.listings import fenced, folded

COMMAND = "python3 -m course exercise"
# What the terminal replaces by the student's own Python, and by their folder.
PYTHON = "python"


def exercise(name: str) -> list[str]:
    """Return the box of one exercise: task, time, command, hints, solution."""
    return box(catalogue.find(name))


def exercises(track: str) -> list[str]:
    """Return the boxes of all exercises of a track."""
    found = [one for one in catalogue.load() if one.track == track]
    if not found:
        raise CourseError(f'there is no track "{track}" with exercises')
    return [line for one in found for line in box(one)]


def track(name: str) -> list[str]:
    """Return the exercises of a track as a table, with links to their boxes."""
    found = next((one for one in catalogue.load_tracks() if one.name == name), None)
    if found is None or not found.exercises:
        raise CourseError(f'there is no track "{name}" with exercises')
    rows = ["", "| exercise | kind | minutes | difficulty |", "|---|---|---|---|"]
    known = {one.name: one for one in catalogue.load()}
    for one in map(known.get, found.exercises):
        rows.append(
            f"| [{one.title}]({page_of(one)}#{one.name}) | {KINDS[one.kind]} | {one.minutes} |"
            f" {one.difficulty} of 3 |"
        )
    return [*rows, ""]


def page_of(one: Exercise) -> str:
    """Return the page that has an exercise's box, as the page of all exercises links it."""
    return PAGES.get(one.name) or PAGES.get(one.track, "")


# Where the boxes are, by the track or by the exercise; "" is the page of all exercises.
FINAL = "lessons/05-final"
PAGES = {
    "01": "lessons/01-http-polling.md",
    "02": "lessons/02-wsgi-vs-asgi.md",
    "03": "lessons/03-inmemory-layer.md",
    "04": "lessons/04-redis-layer.md",
    "05-private-room": f"{FINAL}/1-people-and-rooms.md",
    "05-notification": f"{FINAL}/1-people-and-rooms.md",
    "05-catch-up": f"{FINAL}/2-history-and-catch-up.md",
    "05-lazy-query": f"{FINAL}/2-history-and-catch-up.md",
    "05-before-commit": f"{FINAL}/2-history-and-catch-up.md",
    "05-presence": f"{FINAL}/3-presence-and-typing.md",
    "05-budget": f"{FINAL}/4-hostile-input-and-limits.md",
    "05-reconnect": f"{FINAL}/6-failure-drills.md",
    "05-test-catch-up": f"{FINAL}/8-testing.md",
    "assignment-1": "teaching/assignment-1.md",
    "assignment-2": "teaching/assignment-2.md",
}


def box(one: Exercise) -> list[str]:
    """Return the lines of one exercise's box."""
    kind = KINDS[one.kind].capitalize()
    level = f"difficulty {one.difficulty} of 3"
    lines = ["", f"### {one.title} {{ #{one.name} }}", ""]
    # Only the title is in the search: what fifty exercises ask and hint at would be
    # found before the pages that explain it. A section and not a div: the theme's index
    # ends what it leaves out at the first end tag of the same name.
    lines += ['<section class="exercise" data-search-exclude="" markdown>', ""]
    lines += [f"**{kind} · {one.minutes} minutes · {level}**", ""]
    command = ["```text", f"{COMMAND} {one.name}", "```"]
    lines += [*filled(one, one.task), "", *for_each_system(command), ""]
    lines += in_the_browser(one)
    for number, hint in enumerate(one.hints, 1):
        lines += folded("tip", f"Hint {number}", filled(one, hint))
    if one.solution:
        lines += folded("success", "Solution", solution(one))
        lines += folded("failure", "What the wrong ones teach", lessons(one))
    return [*lines, "</section>", ""]


def in_the_browser(one: Exercise) -> list[str]:
    """Return a link to the playground, if the exercise can be solved there."""
    if one.name not in names()["exercise"]:
        return []
    up = "../" * page_of(one).count("/")
    place = f"{up}playground/index.md?exercise={one.name}"
    return [f"Or [solve it in your browser]({place}), with nothing installed.", ""]


def solution(one: Exercise) -> list[str]:
    """Return the published solution as a diff, and its reason."""
    copy = copies.Copy(one)
    before, after = copy.fresh_files(), copy.solved_files()
    lines = filled(one, one.reason)
    for path in sorted(before | after):
        if before.get(path) != after.get(path):
            change = compare.diff_lines(path, before.get(path), after.get(path))
            lines += fenced("diff", change[2:], path)
    return lines


def lessons(one: Exercise) -> list[str]:
    """Return what each wrong solution teaches, as a list."""
    return [f"- *{variant.about}* {variant.teaches}" for variant in one.wrong.values()]


def filled(one: Exercise, text: str) -> list[str]:
    """Return the lines of a text, without what only the terminal knows."""
    folder = f"my-work/{one.folder}"
    return text.replace("{python}", PYTHON).replace("{folder}", folder).splitlines()

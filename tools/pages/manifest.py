"""What the manifest of the steps says, as tables."""

from course import compare
from course.steps import find_step, load_steps

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
    heads = [f"[{step.number}](lessons/{step.folder}.md)" for step in steps]
    rows = [["The chat …", *heads], ["---", *[":-:" for _ in steps]]]
    for key in steps[0].can:
        marks = ["yes" if step.can[key] else "–" for step in steps]
        rows.append([ABILITIES[key], *marks])
    return ["", *(line(row) for row in rows), ""]


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

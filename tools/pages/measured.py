"""Figures out of docs/data, as the bench has written them: tables, bars, sentences.

Two digits that mean something are shown, three of counts and bytes: one run more would
change the others.
"""

import functools
import html
import json
import math

from course import environment
from course.errors import CourseError
from course.figures.chats import NOTHING, label
from course.figures.goals import in_words, lines_of
from course.figures.medians import Figures
from course.steps import DATA
from tools.pages.manifest import line

WHOLE = 0  # digits of what is counted in ones
ROWS = "rows="  # before the chats that a table or a chart shows
# What a reader has to compare with their own project.
VERIFIED = ("django", "channels", "channels-redis", "daphne")

# Key in a row: heading, unit, digits that mean something.
COLUMNS = {
    "bytes_per_delivery": ("bytes for each delivery", "bytes", 3),
    "caught_up_s": ("all caught up", "s", 2),
    "connects_per_s": ("connections each second", "", 2),
    "cpu_ms_per_connection": ("CPU for each connection", "ms", 2),
    "deliveries_per_s": ("deliveries each second", "", 2),
    "deliveries_ratio": ("against the tutorial's chat", "x", 2),
    "cpu_ratio": ("less CPU than the tutorial's chat", "x", 2),
    "frames_per_delivery": ("frames for each delivery", "", 2),
    "ghosts": ("ghosts", "", WHOLE),
    "grown_mb": ("the server grows by", "MB", 2),
    "kb_per_connection": ("memory for each listener", "KB", 2),
    "lost_percent": ("lost", "%", 2),
    "p50_ms": ("seen after (median)", "ms", 2),
    "p95_ms": ("seen after (95 %)", "ms", 2),
    "p99_ms": ("seen after (99 %)", "ms", 2),
    "redis_us_per_delivery": ("CPU of Redis for each delivery", "µs", 2),
    "requests_per_delivery": ("requests for each delivery", "", 2),
    "server_percent": ("server busy", "%", 2),
    "server_us_per_delivery": ("CPU for each delivery", "µs", 2),
    "server_us_per_message": ("CPU for each message", "µs", 2),
    "stalled_missed": ("missed by the slow client", "", WHOLE),
    "still_missing": ("still missing", "", WHOLE),
    "threads": ("threads", "", WHOLE),
}

# What the course is made of, as its owner names it.
STACK = {
    "django": "Django",
    "channels": "Channels",
    "channels-redis": "channels-redis",
    "redis": "redis-py",
    "daphne": "Daphne",
    "jupyterlab": "JupyterLab",
    "mkdocs-material": "Material for MkDocs",
    "pytest": "pytest",
}


@functools.lru_cache
def read(path, changed: float) -> dict:
    """Return a recorded run; `changed` lets a new recording be seen."""
    return json.loads(path.read_text("utf-8"))


def recorded(name: str) -> dict:
    """Return what was measured last: `steps`, or `05`."""
    path = DATA / f"bench-{name}.json"
    if not path.is_file():
        raise CourseError(f'nothing was recorded as "{name}"; there is no {path}')
    return read(path, path.stat().st_mtime)


def figures_of(name: str) -> Figures:
    """Return the medians of a recorded run."""
    return Figures(recorded(name)["medians"])


def rows_of(name: str, scenario: str) -> list[dict]:
    """Return what was measured of each chat in a scenario."""
    found = [row for row in recorded(name)["medians"] if row["scenario"] == scenario]
    if not found:
        raise CourseError(f'nothing was measured in "{scenario}"')
    return found


def column(key: str) -> tuple[str, str, int]:
    """Return heading, unit and digits of a figure."""
    if key not in COLUMNS:
        raise CourseError(f'there is no figure "{key}"')
    return COLUMNS[key]


def chosen(name: str, scenario: str, words: tuple[str]) -> tuple[list[dict], list[str]]:
    """Return the rows that `rows=CHAT,CHAT` names, in that order, and the other words.

    Without it, every chat that was measured.
    """
    rows = rows_of(name, scenario)
    named = [word.removeprefix(ROWS) for word in words if word.startswith(ROWS)]
    keys = [word for word in words if not word.startswith(ROWS)]
    if not named:
        return rows, keys
    by_chat = {row["chat"]: row for row in rows}
    wanted = [chat for names in named for chat in names.split(",")]
    if unknown := [chat for chat in wanted if chat not in by_chat]:
        known = ", ".join(by_chat)
        raise CourseError(f'"{unknown[0]}" was not measured there. There are: {known}.')
    return [by_chat[chat] for chat in wanted], keys


def table(name: str, scenario: str, *words: str) -> list[str]:
    """Return figures of the chats in a scenario, and where they come from."""
    chats, keys = chosen(name, scenario, words)
    heads = ["Chat", *(heading(key) for key in keys)]
    rows = [heads, ["---", *["---:" for _ in keys]]]
    for row in chats:
        rows.append([label(row["chat"]), *(written(row.get(key), key) for key in keys)])
    return ["", *(line(row) for row in rows), "", source_of(name), ""]


def bars(name: str, scenario: str, *words: str) -> list[str]:
    """Return one figure of the chats in a scenario as bars, each with its number."""
    chats, keys = chosen(name, scenario, words)
    if len(keys) != 1:
        raise CourseError(f"bars show one figure, and this names {len(keys)}")
    (key,) = keys
    rows = [row for row in chats if row.get(key) is not None]
    longest = max(row[key] for row in rows)
    # With a class, the theme leaves the table alone.
    lines = ["", '<figure class="bars">', '<table class="drawn">']
    lines.append(f"<caption>{html.escape(heading(key))}</caption>")
    for row in rows:
        width = 100 * row[key] / longest
        lines.append(
            f'<tr><th scope="row">{html.escape(label(row["chat"]))}</th>'
            f'<td class="bar"><span style="width: {width:.1f}%"></span></td>'
            f"<td>{written(row[key], key)}</td></tr>"
        )
    return [*lines, "</table>", "</figure>", "", source_of(name), ""]


def figure(name: str, scenario: str, chat: str, key: str) -> str:
    """Return one figure with its unit; of two chats, how many times the first has."""
    above, _, below = chat.partition(":")
    figures = figures_of(name)
    values = [
        figures.of(scenario, one, key) for one in (above, *([below] if below else []))
    ]
    if None in values:
        raise CourseError("this was not measured")
    if not below:
        return written(values[0], key)
    if not values[1]:
        raise CourseError(f"{below} has nothing to compare with: {values[1]}")
    return f"{digits(values[0] / values[1], 2)} times"


def goals(name: str) -> list[str]:
    """Return the goals beside what was reached."""
    heads, *cells = lines_of(recorded(name)["goals"])
    rows = [["Goal", "Wanted", "Reached", "Met?", "Official tutorial"]]
    rows.append(["---", "---:", "---:", "---", "---:"])
    rows += [[cell or " " for cell in row] for row in cells]
    return ["", *(line(row) for row in rows), "", source_of(name), ""]


def missed(name: str) -> list[str]:
    """Return the goals that weren't reached, in words, one item for each."""
    rows = recorded(name)["goals"]
    items = [f"- {in_words(row)}" for row in rows if row["met"] is False]
    if not items:
        return ["", "Every goal was reached.", ""]
    return ["", f"{len(items)} of {len(rows)} were missed:", "", *items, ""]


def machine(name: str) -> list[str]:
    """Return on what a run was made, with the versions of everything."""
    run = recorded(name)
    rows = [["What", "Version"], ["---", "---"]]
    rows += [[f"`{package}`", version] for package, version in run["versions"].items()]
    return ["", source_of(name), "", *(line(row) for row in rows), ""]


def versions() -> list[str]:
    """Return what the course was last verified with, in one sentence.

    The versions are those of the lock, which is what every test runs with.
    """
    locked = dict(environment.locked_versions())
    named = [f"{title} {locked[name]}" for name, title in STACK.items()]
    run = recorded("05")
    text = f"Python {run['versions']['python']}, {', '.join(named)}."
    return ["", f"{text} Measured with the same on {run['date'][:10]}.", ""]


def verified() -> list[str]:
    """Return the last line of each page: the versions that its experiments ran with.

    Not for the search: every page would be found by "Django".
    """
    locked = dict(environment.locked_versions())
    named = ", ".join(f"{STACK[name]} {locked[name]}" for name in VERIFIED)
    python = recorded("05")["versions"]["python"]
    text = f"Verified with Python {python}, {named}."
    return ["", text, '{: .verified data-search-exclude="" }', ""]


def source_of(name: str) -> str:
    """Return when, how and on what a run was made."""
    run = recorded(name)
    command = "python3 -m course bench" + ("" if name == "steps" else f" {name}")
    machine = run["machine"]
    return (
        f"*Recorded on {run['date'][:10]} by `{command}`: {machine['cores']} cores,"
        f" {machine['processor'].strip()}, Python {run['versions']['python']}.*"
        "{ .recorded }"
    )


def heading(key: str) -> str:
    """Return the heading of a figure; its unit stands beside each number."""
    return column(key)[0]


def written(value: float | None, key: str) -> str:
    """Return a figure with its unit."""
    _, unit, meaningful = column(key)
    if value is None:
        return NOTHING
    text = digits(value, meaningful)
    if unit in {"x", "%"}:
        return text + unit
    return f"{text} {unit}" if unit else text


def digits(value: float, meaningful: int) -> str:
    """Return a number with so many digits that mean something; 0 is a whole number."""
    if not value or not meaningful:
        return f"{value:,.0f}"
    places = meaningful - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    return f"{rounded:,.{max(0, places)}f}"

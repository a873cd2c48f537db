"""What is on a projector's screen for one part of a break, as rows of a given width."""

import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from course.breaks.exhibits import Exhibit, blocks_of, in_full, pattern_of
from course.servers import HOST
from course.steps import FIRST_PORT

BOLD, DIM, GOOD, BAD = "1", "2", "32", "31"  # as ANSI's codes
LEFT_OUT = "…"
FEWEST = 3  # rows of the terminal's output that a result shows


@dataclass(frozen=True)
class Row:
    """One row of a screen, and how it's drawn."""

    text: str = ""
    style: str = ""


GAP = Row()


def wrapped(text: str, width: int, style: str = "", indent: str = "") -> list[Row]:
    """Return a paragraph as rows; `indent` is for all of them but the first."""
    lines = textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False)
    return [Row(line, style) for line in lines or [""]]


def kept(line: str, width: int, style: str = "", indent: str = "  ") -> list[Row]:
    """Return a line of code or of a terminal as rows, with its white space kept."""
    line = line.expandtabs(4)
    first = len(line) - len(line.lstrip())
    lines = textwrap.wrap(
        line,
        width,
        subsequent_indent=line[: min(first, width // 2)] + indent,
        drop_whitespace=False,
        break_on_hyphens=False,
    )
    return [Row(one.rstrip(), style) for one in lines or [""]]


def fits(rows: list[Row], height: int) -> bool:
    """Tell whether rows fit on a screen."""
    return len(rows) <= height


# ---- The four parts ---------------------------------------------------------------------


def change(
    exhibit: Exhibit, diff: Callable[[int], list[str]], width: int, height: int
) -> list[Row]:
    """Return what is changed, with as many lines around it as there is room for.

    `diff(3)` returns the change with three lines around it.
    """
    if not exhibit.changes:
        text = f"Step {exhibit.step} as it is: nothing is changed."
        return wrapped(text, width)
    tries = [diff(context) for context in (3, 2, 1, 0)]
    for lines in [*tries, without_imports(tries[-1])]:
        rows = list(rows_of_diff(lines, width))
        if fits(rows, height):
            return rows
    return list(rows_of_diff(diff(1), width))


def without_imports(diff: list[str]) -> list[str]:
    """Return a diff without the imports of new files, and the empty lines after them."""
    lines = []
    for line in diff:
        is_import = re.match(r"\+(from|import) ", line)
        is_empty = line == "+" and (not lines or lines[-1].startswith("@@"))
        if not (is_import or is_empty):
            lines.append(line)
    return lines


def rows_of_diff(lines: list[str], width: int) -> Iterator[Row]:
    """Yield a diff without its technicalities: the file, then … between distant lines."""
    styles = {"+": GOOD, "-": BAD}
    is_first = starts = True
    for line in lines:
        if line.startswith("--- "):
            continue
        if line.startswith("+++ "):
            if not is_first:
                yield GAP
            yield Row(line.removeprefix("+++ ").removeprefix("b/"), BOLD)
            is_first, starts = False, True
        elif line.startswith("@@"):
            if not starts:
                yield Row(f"  {LEFT_OUT}", DIM)
            starts = False
        else:
            sign, code = line[:1], line[1:]
            indent = " " * min(len(code) - len(code.lstrip()), width // 2)
            for number, row in enumerate(kept(code, width - 2)):
                text = row.text if number == 0 else indent + row.text.lstrip()
                yield Row(f"{sign} {text}".rstrip(), styles.get(sign, ""))


def prediction(exhibit: Exhibit, width: int) -> list[Row]:
    """Return the question, and the answers to choose from."""
    rows = [*wrapped(exhibit.ask, width, BOLD), GAP]
    for letter, choice in exhibit.lettered.items():
        rows += [*wrapped(f"{letter}   {choice}", width, indent="    "), GAP]
    return rows


def happening(told: list[str], width: int, height: int) -> list[Row]:
    """Return what is being done while a break runs: the newest lines."""
    rows = [row for line in told for row in kept(line, width)]
    return [*rows[-(height - 1) :], Row(LEFT_OUT, DIM)]


def result(
    exhibit: Exhibit, outcomes: list[str], printed: list[str], width: int, height: int
) -> list[Row]:
    """Return the title, what people got, which answer it is, and what was printed."""
    rows = [*wrapped(exhibit.title, width, BOLD), GAP]
    for outcome in outcomes:
        rows += wrapped(in_full(outcome), width, indent="    ")
    answer = f"{exhibit.right}   {exhibit.lettered[exhibit.right]}"
    rows += [GAP, *wrapped(f"✓ {answer}", width, GOOD, indent="      ")]
    if not exhibit.says:
        rows += [GAP, *wrapped("The terminal shows no error.", width, DIM)]
    elif printed:
        rows += [GAP, *wrapped(f"The terminal ({LEFT_OUT}: more lines):", width, DIM)]
        room = max(height - len(rows), FEWEST)
        rows += excerpt(printed, exhibit.says, width, room)
    return rows


def excerpt(lines: list[str], says: list[str], width: int, room: int) -> list[Row]:
    """Return the lines that matter, and those before them that there is room for."""
    wanted = {at for text in says for at in last_place_of(text, lines)}
    chosen = wanted or {len(lines) - 1}
    rows = rows_of(lines, chosen, says, width)
    for distance in range(1, len(lines)):
        for at in sorted(chosen):
            more = chosen | {max(at - 1, 0)}
            if more != chosen and fits(rows_of(lines, more, says, width), room):
                chosen, rows = more, rows_of(lines, more, says, width)
        if distance > room:
            break
    return rows


def last_place_of(text: str, lines: list[str]) -> list[int]:
    """Return the number of the last line that has a text of `says`, in a list."""
    found = [at for at, line in enumerate(lines) if pattern_of(text).search(line)]
    return found[-1:]


def rows_of(
    lines: list[str], chosen: set[int], says: list[str], width: int
) -> list[Row]:
    """Return the chosen lines as rows, with … where others are left out."""
    rows = []
    before = -1
    for at in sorted(chosen):
        if at != before + 1:
            rows.append(Row(LEFT_OUT, DIM))
        matters = any(pattern_of(text).search(lines[at]) for text in says)
        if lines[at].strip() != LEFT_OUT or rows[-1:] != [Row(LEFT_OUT, DIM)]:
            rows += kept(lines[at], width, BOLD if matters else "")
        before = at
    if before < len(lines) - 1:
        rows.append(Row(LEFT_OUT, DIM))
    return rows


def everything(told: list[str], printed: list[str], width: int) -> list[Row]:
    """Return all that was done, and all that was printed."""
    rows = [Row("What was done", BOLD)]
    rows += [row for line in told for row in kept(line, width)]
    rows += [GAP, Row(f"The terminal ({LEFT_OUT} replaces lines of libraries)", BOLD)]
    rows += [row for line in printed for row in kept(line, width)]
    return rows


def why(exhibit: Exhibit, width: int) -> list[Row]:
    """Return the cause, the fix, and where to read it again."""
    rows = []
    for title, text in (("Why", exhibit.why), ("Fix", exhibit.fix)):
        rows.append(Row(title, BOLD))
        for language, block in blocks_of(text):
            if language:
                rows += [
                    row for line in block.splitlines() for row in code(line, width)
                ]
            else:
                rows += wrapped(without_links(block), width)
            rows.append(GAP)
    address = f"http://{HOST}:{FIRST_PORT}/errors.html#{exhibit.name}"
    return [*rows, *kept(address, width, DIM)]


def code(line: str, width: int) -> list[Row]:
    """Return a line of a fix's code as rows: green if it's added, red if it's removed."""
    style = {"+": GOOD, "-": BAD}.get(line[:1], "")
    return [Row(f"  {row.text}", row.style) for row in kept(line, width - 2, style)]


def without_links(text: str) -> str:
    """Return a text of the museum whose links are only their words."""
    return re.sub(r"\[([^\]]+)\]\([^)\s]+\)", r"\1", text)


# ---- Pages ------------------------------------------------------------------------------


def pages(rows: list[Row], height: int) -> list[list[Row]]:
    """Return rows as pages, cut at an empty row if there's one in the last third."""
    found = []
    while rows and rows[-1] == GAP:
        rows = rows[:-1]
    while not fits(rows, height):
        cut = height
        for at in range(height, max(height * 2 // 3, 1) - 1, -1):
            if rows[at] == GAP:
                cut = at
                break
        found.append(rows[:cut])
        rows = rows[cut:]
        while rows and rows[0] == GAP:
            rows = rows[1:]
    return [*found, rows]

"""The report that a person reads: the fault that matters most first, each with its change."""

import sys
from collections.abc import Iterable, Iterator
from itertools import groupby

from channels_doctor import edits
from channels_doctor.examination import Examination
from channels_doctor.finding import Finding, Note, Stage
from channels_doctor.secrets import hide
from channels_doctor.site import LOCAL, url_of
from channels_doctor.terminal import Paint, safe, wrapped

HEADINGS = {
    Stage.START: "What keeps the project from starting",
    Stage.PAGE: "What keeps a page or a socket from working",
    Stage.MESSAGES: "What loses messages, or shows them to others",
    Stage.PRODUCTION: "What will hurt in production",
}
MOST_OF_A_KIND = 3  # shown in full; more of the same teach nothing new
INDENT = "    "
PYTHON = "py" if sys.platform == "win32" else "python3"

NOTHING = "Nothing found by reading."
READ_ONLY = "Nothing found. That's no proof that the project works: it was only read."


class Report:
    """Writes an examination as lines of text."""

    def __init__(self, seen: Examination, paint: Paint, in_full: bool = False) -> None:
        self.seen = seen
        self.paint = paint
        self.in_full = in_full
        self.folded = 0

    def lines(self, trial: Iterable[str] = ()) -> Iterator[str]:
        """Yield the report, with what happened when the project was started."""
        if len(self.seen.patients) > 1:
            yield from self.of_many()
        else:
            yield from self.of_one(self.seen.findings)
        trial = list(trial)
        yield from self.of_trial(trial)
        yield from self.of_notes(self.seen.notes)
        yield from self.ending(NOTHING if trial else READ_ONLY)

    def of_many(self) -> Iterator[str]:
        """Yield a line for each project, then the details of those with findings."""
        patients = self.seen.patients
        longest = max(len(safe(patient.root) or "./") for patient in patients)
        yield f"{len(patients)} projects:"
        for patient in patients:
            place = safe(patient.root) or "./"
            yield f"  {place:{longest}}  {counts(patient.findings) or 'nothing found'}"
        if self.seen.shared:
            yield f"  and in files that they share: {counts(self.seen.shared)}"
        yield ""
        for patient in patients:
            if patient.findings:
                yield from self.titled(safe(patient.root) or "./", patient.findings)
        if self.seen.shared:
            yield from self.titled("Files that they share", self.seen.shared)

    def titled(self, title: str, findings: list[Finding]) -> Iterator[str]:
        """Yield the findings of one of several projects."""
        yield self.paint("bold", f"==== {title} ====")
        yield ""
        yield from self.of_one(findings)

    def of_one(self, findings: list[Finding]) -> Iterator[str]:
        """Yield the findings of one project, grouped by what they do."""
        for stage, found in groupby(findings, lambda finding: finding.stage):
            yield self.paint("bold", HEADINGS[stage])
            yield self.paint("bold", "-" * len(HEADINGS[stage]))
            is_folded = stage == Stage.PRODUCTION and not self.in_full
            show = self.folded_all if is_folded else self.unfolded
            yield from show(found)
            yield ""

    def folded_all(self, findings: Iterable[Finding]) -> Iterator[str]:
        """Yield a line for each finding."""
        yield ""
        for one in findings:
            yield from self.folded_one(one)

    def folded_one(self, one: Finding) -> Iterator[str]:
        """Yield the place of a finding, and its first sentence."""
        self.folded += 1
        yield f"{safe(one.where)}  [{one.name}]"
        yield from wrapped(first_sentence(one.what), INDENT)

    def unfolded(self, findings: Iterable[Finding]) -> Iterator[str]:
        """Yield findings in full; the same one elsewhere as a place."""
        kinds: dict[str, dict[tuple[str, str], list[Finding]]] = {}
        for one in findings:
            kinds.setdefault(one.name, {}).setdefault((one.what, one.do), []).append(
                one
            )
        for kind in kinds.values():
            for number, (first, *others) in enumerate(kind.values()):
                yield ""
                if number >= MOST_OF_A_KIND and not self.in_full:
                    yield from self.folded_one(first)
                else:
                    yield from self.fully(first)
                if others:
                    places = ", ".join(safe(one.where) for one in others)
                    yield from wrapped(f"Also at {places}.", INDENT)

    def fully(self, one: Finding) -> Iterator[str]:
        """Yield all that there is to say about one finding."""
        word = self.paint("red", "WRONG") if one.level == "wrong" else "RISK"
        place = self.paint("cyan", safe(one.where))
        yield f"{word}  {place}  [{one.name}]"
        if one.line:
            yield f"{INDENT}| {safe(one.line)}"
        yield from wrapped(one.what, INDENT)
        if one.unseen:
            yield from wrapped(one.unseen, INDENT, f"{INDENT}Why it's silent today: ")
        yield from wrapped(one.do, INDENT, f"{INDENT}Change: ")
        yield from self.change(one)
        if one.page:
            yield f"{INDENT}More: {url_of(one.page)}"

    def change(self, one: Finding) -> Iterator[str]:
        """Yield the change as a diff, without its secrets."""
        for line in diff_of(one, self.seen.texts):
            colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
            line = f"{INDENT}{INDENT}{safe(line)}"
            yield self.paint(colour, line) if colour else line

    def of_trial(self, lines: list[str]) -> Iterator[str]:
        """Yield what happened when the project was really started."""
        if lines:
            title = "What happened when it was started"
            yield self.paint("bold", title)
            yield self.paint("bold", "-" * len(title))
            yield from (safe(line) for line in lines)
            yield ""

    def of_notes(self, notes: list[Note]) -> Iterator[str]:
        """Yield what isn't known; it counts for nothing."""
        if notes:
            yield self.paint("bold", "Not known, or left out")
            for note in notes:
                place = f"{safe(note.where)}: " if note.where else ""
                yield from wrapped(place + note.text, "  ", "- ")
            yield ""

    def ending(self, nothing: str) -> Iterator[str]:
        """Yield the counts, and how to see more."""
        findings = self.seen.findings
        if any(one.page for one in findings) and url_of("").startswith(LOCAL):
            yield from wrapped(
                f"The pages are on your machine while `{PYTHON} -m course run lessons`"
                " runs in a clone of the course.",
                "",
            )
        if self.folded:
            yield from wrapped("See what was cut short in full: add --all.", "")
        if any(one.is_certain for one in findings):
            yield from wrapped(
                "To make the changes that are certain, one by one: add --fix.", ""
            )
        yield f"{counts(findings)}." if findings else nothing


def diff_of(one: Finding, texts: dict[str, str]) -> list[str]:
    """Return the lines of a finding's change, without secrets; none if it has none."""
    if not one.edits:
        return []
    # Not splitlines(): a form feed in a line of code ends no line of a diff.
    return hide(edits.diff(texts, one.edits)).split("\n")


def counts(findings: Iterable[Finding]) -> str:
    """Return "1 thing that doesn't work, 2 risks"; empty if there is nothing."""
    levels = [finding.level for finding in findings]
    wrong, risks = levels.count("wrong"), levels.count("risk")
    parts = []
    if wrong:
        does = "thing that doesn't" if wrong == 1 else "things that don't"
        parts.append(f"{wrong} {does} work")
    if risks:
        parts.append(f"{risks} risk{'s' * (risks > 1)}")
    return ", ".join(parts)


def first_sentence(text: str) -> str:
    """Return a text up to its first full stop that isn't inside a quotation."""
    is_quoted = False
    for place, letter in enumerate(text):
        is_quoted ^= letter == '"'
        if letter in ".:;" and text[place + 1 : place + 2] == " " and not is_quoted:
            return f"{text[:place]}."
    return text

"""`--fix`: the changes that are right in every project, each shown and confirmed."""

import sys
from collections.abc import Callable
from pathlib import Path

from channels_doctor import edits
from channels_doctor.errors import DoctorError
from channels_doctor.examination import Examination, examine_folder
from channels_doctor.finding import Finding
from channels_doctor.report import Report, counts
from channels_doctor.safekeeping import Safekeeping
from channels_doctor.terminal import Paint, safe
from channels_doctor.writing import CannotChange, change

NO_TERMINAL = (
    "--fix asks before each change, so it needs a terminal. Without one, make the changes"
    " that the report shows as diffs."
)


def fix(folder: Path, ask: Callable[[str], str] | None = None) -> bool:
    """Offer every certain change; return whether something still doesn't work."""
    if ask is None:
        if not sys.stdin.isatty():
            raise DoctorError(NO_TERMINAL)
        ask = input
    seen = examine_folder(folder)
    fixer = Fixer(folder, ask)
    while found := fixer.next_of(seen):
        if not fixer.offer(seen, found):
            break
        if fixer.has_changed:  # what is left may stand on other lines now
            seen = examine_folder(folder)
    print(fixer.ending(seen))
    return seen.is_wrong


class Fixer:
    """Asks about one finding after the other, and remembers the answers."""

    def __init__(self, folder: Path, ask: Callable[[str], str]) -> None:
        self.folder = folder
        self.ask = ask
        self.keeping = Safekeeping(folder)
        self.asked: set[tuple[str, ...]] = set()
        self.changes = 0
        self.has_changed = False

    def next_of(self, seen: Examination) -> Finding | None:
        """Return the first finding with a certain change that wasn't asked about yet."""
        for one in seen.findings:
            if one.is_certain and one.edits and key_of(one) not in self.asked:
                return one
        return None

    def offer(self, seen: Examination, one: Finding) -> bool:
        """Show a change, make it if the answer is yes; return False to quit."""
        self.asked.add(key_of(one))
        self.has_changed = False
        for line in Report(seen, Paint(sys.stdout)).fully(one):
            print(line)
        try:
            answer = self.ask("Make this change? [y/N/q] ").strip().lower()
        except EOFError:
            answer = "q"
        if answer in ("y", "yes"):
            try:
                self.make(seen, one)
            except CannotChange as problem:
                print(f"Not changed: {problem}")
        print()
        return answer not in ("q", "quit")

    def make(self, seen: Examination, one: Finding) -> None:
        """Make the change of a finding, with a way back."""
        files = {edit.file for edit in one.edits}
        if said := self.keeping.keep(files):
            print(said)
        change(self.folder, seen.texts, edits.apply(seen.texts, one.edits))
        self.has_changed = True
        self.changes += 1
        print(f"Changed {', '.join(map(safe, sorted(files)))}.")

    def ending(self, seen: Examination) -> str:
        """Return what was changed, what is left, and the way back."""
        if not self.asked:
            said = "There is no change that is certain to be right, so --fix has none to offer."
        else:
            said = f"{self.changes} change{'s' * (self.changes != 1)} made."
        left = counts(seen.findings) or "nothing"
        said = f"{said} Left: {left}."
        return f"{said}\n{self.keeping.way_back}" if self.changes else said


def key_of(one: Finding) -> tuple[str, ...]:
    """Return what stays the same about a finding when lines above it change."""
    return one.name, one.file, one.line, one.what

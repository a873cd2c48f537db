"""Reads how a run of the checks went, from the lines that `inside` has written.

It needs no process: the page that runs checks in a browser reads them with it too.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

LIMIT = 60  # seconds for all checks of an exercise
STILL_RUNNING = "still running when the check's time was up. Does it loop forever?"
MOST_PRINTED = 2000  # characters
PLACE = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+) in (?P<function>\S+)')


@dataclass
class Result:
    """How one check went. `says` is the sentence for the student; empty if it passed."""

    name: str
    sentence: str
    state: str = "waiting"  # passed, failed, or waiting if it wasn't reached
    says: str = ""
    trace: str = ""
    printed: str = ""


@dataclass
class Outcome:
    """How all checks of one run went."""

    results: list[Result] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    trouble: str = ""  # what kept the checks themselves from running

    @property
    def is_solved(self) -> bool:
        """Tell whether every check passed."""
        states = [result.state for result in self.results]
        return not self.trouble and set(states) == {"passed"} and len(states) > 1

    @property
    def first_failure(self) -> Result | None:
        """Return the failure to look at first."""
        return next((one for one in self.results if one.state == "failed"), None)

    @property
    def printed(self) -> str:
        """Return what the solution printed during the checks, cut to a readable length."""
        text = "".join(result.printed for result in self.results)
        return text if len(text) <= MOST_PRINTED else f"…{text[-MOST_PRINTED:]}"


def read(lines: list[str], folder: Path, code: int | None) -> Outcome:
    """Return the outcome that the lines of a run describe."""
    outcome = Outcome()
    known: dict[str, Result] = {}
    dump = []
    running = None
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            dump.append(line)  # a traceback that faulthandler wrote
            continue
        match event["event"]:
            case "plan":
                for one in event["checks"]:
                    known[one["name"]] = Result(**one)
            case "begin":
                running = known.setdefault(
                    event["name"], Result(event["name"], event["sentence"])
                )
            case "end":
                running = None
                result = known[event["name"]]
                result.says, result.trace = event["says"], event["trace"]
                result.printed = event["printed"]
                result.state = "failed" if result.says else "passed"
            case "note":
                if event["text"] not in outcome.notes:
                    outcome.notes.append(event["text"])
            case "broken":
                outcome.trouble = f"The checks can't be loaded:\n{event['trace']}"
    if running is not None:
        running.state = "failed"
        running.says, running.trace = how_it_ended(dump, folder, code)
    outcome.results = list(known.values())
    return outcome


def how_it_ended(dump: list[str], folder: Path, code: int | None) -> tuple[str, str]:
    """Return why the process ended in the middle of a check, and the traceback."""
    if dump:
        for line in dump:
            found = PLACE.search(line)
            if found and Path(found["file"]).is_relative_to(folder.resolve()):
                file = Path(found["file"]).relative_to(folder.resolve()).as_posix()
                where = f"{file}, line {found['line']}, in {found['function']}"
                return f"{where}: {STILL_RUNNING}", "\n".join(dump)
        return "This check was still waiting when its time was up.", "\n".join(dump)
    if code is None:
        return f"The checks were still running after {LIMIT} seconds.", ""
    return (
        f"Your code ended the whole process during this check (exit code {code}).",
        "",
    )

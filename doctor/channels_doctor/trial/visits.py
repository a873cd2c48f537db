"""Opening the pages of a running project, and saying what happened."""

import re
import time
from pathlib import Path

from channels_doctor.trial.browser import LONGEST_ANSWER, Answer, get
from channels_doctor.trial.places import Place, Values
from channels_doctor.trial.processes import Server, wait_until
from channels_doctor.trial.report import Step
from channels_doctor.trial.tracebacks import Failure, find_failure

MOST_PAGES = 30
LONGEST_VISITS = 90  # seconds for all pages
LONGEST_LOG = 5  # seconds until an error that there must be is in the log

# What a project may raise because the database is empty, or because we made a value up.
GUESSED = {
    "DoesNotExist",
    "IndexError",
    "IntegrityError",
    "JSONDecodeError",
    "KeyError",
    "MultiValueDictKeyError",
    "ValidationError",
    "ValueError",
}
NO_CONNECTION = "channels-doctor lets a trial connect to no other machine"
DATABASE = {
    "DatabaseError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
}


class Log:
    """What the server prints from now on."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.start = server.size

    def failure(self) -> Failure | None:
        """Return the last error in it."""
        return find_failure(self.server.output(self.start), self.folder)

    def awaited_failure(self) -> Failure | None:
        """Return the error that must be on its way."""
        wait_until(lambda: self.failure() is not None, LONGEST_LOG)
        return self.failure()


class Visitor:
    """Opens pages and sockets, first as a stranger, then logged in."""

    def __init__(
        self,
        server: Server,
        folder: Path,
        login: str,
        other_database: str,
        why_no_sockets: str = "",
    ) -> None:
        self.server = server
        self.folder = folder
        self.login = login
        self.other_database = other_database  # which SQLite stands in for; "" if none
        self.is_late = False
        self.cookies: list[str] = []
        self.values: Values = {}
        self.why_no_sockets = why_no_sockets
        self.until = time.monotonic() + LONGEST_VISITS

    def log(self) -> Log:
        """Begin to listen to what the server prints."""
        return Log(self.server, self.folder)

    @property
    def cookie(self) -> str:
        """What shows that Ana is logged in."""
        return self.cookies[0] if self.cookies else ""

    def open_page(self, place: Place) -> Step | None:
        """Open a page; None if there is nothing to say about it."""
        path = place.path(self.values)
        self.is_late = time.monotonic() > self.until
        if not path or self.is_late:
            return None
        log = self.log()
        answer = get(self.server.port, path, self.cookie)
        if answer.status in (405, 426):
            return None
        if answer.status == 500 or answer.problem == "closed":
            return self.failed_page(place, path, answer, log.awaited_failure())
        if answer.problem == "timeout":
            what = f"{path} is still busy after {LONGEST_ANSWER} seconds: a stream?"
            return Step("page", "unknown", what, path=path)
        if answer.status < 400:
            target = f" ({answer.status} to {answer.location})" * answer.is_redirect
            return Step("page", "ok", f"{path} opens{target}", path=path + target)
        return Step(
            "page",
            "unknown",
            f"{path}: {answer.status}{self.why(answer, place)}",
            path=path,
        )

    def why(self, answer: Answer, place: Place) -> str:
        """Return a guess at what a status means, after a comma."""
        if answer.status == 404 and place.varies:
            return ", maybe because the database has nothing of that name"
        return {401: ", without a login", 403: ", without the permission"}.get(
            answer.status, ""
        )

    def failed_page(
        self, place: Place, path: str, answer: Answer, failure: Failure | None
    ) -> Step:
        """Say that a page ends in an error."""
        status = (
            f"answers {answer.status}" if answer.status else "closes the connection"
        )
        error, where = (failure.error, failure.where) if failure else ("", "")
        if failure and self.is_ours(failure, place.varies):
            what = f"{path} {status}, maybe because of {self.excuse(failure)}:"
            return Step("page", "unknown", what, error, where, path)
        return Step("page", "wrong", f"{path} {status}:", error, where, path)

    def excuse(self, failure: Failure) -> str:
        """Return what about the trial may be the cause of an error."""
        if NO_CONNECTION in failure.error:
            return "the network, which a trial doesn't use"
        if self.other_database and failure.kind in DATABASE:
            return f"SQLite in place of {self.other_database}"
        return "the data that the trial made up"

    def is_ours(self, failure: Failure, is_guess: bool) -> bool:
        """Tell whether the trial itself may be the cause of an error."""
        if self.other_database and failure.kind in DATABASE:
            return True
        if NO_CONNECTION in failure.error:
            return True
        if failure.message.startswith(("No handler for", "No route found")):
            return False
        return is_guess and failure.kind in GUESSED

    def needs_login(self, step: Step | None) -> bool:
        """Tell whether a page would look different to somebody who is logged in."""
        if step is None:
            return False
        redirect = re.search(r"\(30\d to ([^?)]*)", step.path)
        to_login = redirect and ("login" in redirect[1] or redirect[1] == self.login)
        return bool(to_login) or bool(re.search(r": 40[134]\b", step.what))

"""Questions before something is deleted or given away."""

import sys

from course.errors import CourseError


def confirm(question: str, yes: bool) -> None:
    """Return if the student says yes; raise CourseError if not."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise CourseError(
            f"{question} There is no terminal to answer in: add --yes if you mean it."
        )
    try:
        answer = input(f"{question} [y/N] ").strip().lower()
    except EOFError:
        answer = ""
    if answer not in {"y", "yes"}:
        raise CourseError("OK, nothing has changed.")

"""What can go wrong through no fault of the program, and how a person is told."""

import errno
import os
import sys
from collections.abc import Callable


class CourseError(Exception):
    """Something that a person can put right.

    The text says what happened, where, and what to do next; it is shown as it is,
    without a traceback.
    """


def reported(work: Callable[[], int]) -> int:
    """Do the work of a command; return its exit code. Errors are printed as sentences."""
    try:
        code = work()
        sys.stdout.flush()  # a pipe that has closed is noticed here, not at the end
        return code
    except CourseError as problem:
        print(f"\n{for_this_system(str(problem))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `course diff 03 04 | head`
        forget_output()
        return 0
    except OSError as problem:
        if problem.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        forget_output()
        where = f", while writing {problem.filename}" if problem.filename else ""
        advice = "Free some space and try again."
        print(f"\nThe disk is full{where}. {advice}", file=sys.stderr)
        return 1


def for_this_system(text: str) -> str:
    """Return a text whose commands work here: on Windows, `py` starts Python.

    There, `python3` may be a stub that opens Microsoft's shop.
    """
    return text.replace("python3 -m ", "py -m ") if os.name == "nt" else text


def forget_output() -> None:
    """Drop what is not printed yet; else Python complains when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

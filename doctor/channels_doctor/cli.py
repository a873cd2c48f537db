"""`channels-doctor FOLDER`: what is wrong in a Django project that uses Channels."""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from channels_doctor import __version__, fixing, formats
from channels_doctor.errors import DoctorError
from channels_doctor.examination import examine_folder
from channels_doctor.report import Report
from channels_doctor.terminal import Paint

WRONG, USAGE, STOPPED = 1, 2, 130

ENDING = """\
The exit code is 0 if nothing is wrong (there may be risks), 1 if something doesn't work,
and 2 if there is no project to examine.
"""


def main(arguments: list[str] | None = None) -> int:
    """Examine the folder on the command line; return the exit code."""
    options = make_parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console that doesn't know "→", say
            stream.reconfigure(errors="replace")
    try:
        return examine_and_tell(options)
    except DoctorError as problem:
        print(problem, file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("\nStopped before the end.", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="channels-doctor",
        description="Finds the fault in a Django project that uses Channels. It reads the"
        " files, and runs none of them unless you ask for it.",
        epilog=ENDING,
    )
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {__version__}"
    )
    parser.add_argument(
        "folder",
        nargs="?",
        default=".",
        metavar="FOLDER",
        type=Path,
        help="the folder that contains manage.py; by default, this one",
    )
    add_options(parser)
    return parser


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options; the course's own `doctor` has the same."""
    parser.add_argument(
        "--fix",
        action="store_true",
        help="make the changes that are certain, and ask before each one",
    )
    parser.add_argument(
        "--run",
        action="store_true",
        help="start a copy of the project too, open its pages and sockets, and tell what"
        " happens",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="show every finding in full, those for production too",
    )
    parser.add_argument(
        "--format",
        choices=["text", "json", "github"],
        default="text",
        help="text for people (the default), JSON, or GitHub's annotations",
    )
    parser.add_argument(
        "--timing", action="store_true", help="tell how long the examination took"
    )


def examine_and_tell(options: argparse.Namespace) -> int:
    """Examine, print in the format that was asked for, and return the exit code."""
    if options.fix:
        return WRONG if fixing.fix(options.folder) else 0
    start = time.perf_counter()
    seen = examine_folder(options.folder)
    if options.timing:
        took = time.perf_counter() - start
        print(f"examined {len(seen.texts)} files in {took:.2f} s", file=sys.stderr)
    trial = run(options) if options.run else None
    if options.format == "json":
        print(formats.as_json(seen, trial))
    elif options.format == "github":
        for line in formats.as_github(seen, trial):
            print(line)
    else:
        lines = trial.lines if trial else ()
        for line in Report(seen, Paint(sys.stdout), options.all).lines(lines):
            print(line)
    sys.stdout.flush()  # a broken pipe shows here, and not when Python ends
    return WRONG if seen.is_wrong or (trial and trial.has_failed) else 0


def run(options: argparse.Namespace) -> Any:
    """Start a copy of the project, and tell on the way what is being done."""
    from channels_doctor import trial

    return trial.run(
        options.folder, lambda line: print(line, file=sys.stderr, flush=True)
    )

"""The verbs of `python3 -m tools`, for the people who develop the course."""

import argparse
import time
from pathlib import Path

from course import environment
from course.cli import (
    add_bench_options,
    find_bench_step,
    positive,
    speak_any_language,
)
from course.errors import reported

EXAMPLES = """\
examples:
  python3 -m tools lint                  everything that CI checks without running it
  python3 -m tools prose docs/en/errors.md   phrases that nobody says
  python3 -m tools verify 03-typing      its checks, on right and wrong solutions
  python3 -m tools carry steps/03-inmemory-layer/chat/server.py
  python3 -m tools site --out site       the site, as it is published
  python3 -m tools book                  the whole course as one PDF
  python3 -m tools record 03-run-two     one output of a running step, for the pages
  python3 -m tools record-notebooks      the outputs of the five notebooks
  python3 -m tools record-bench 05       the figures of step 05; keep the machine quiet
  python3 -m tools lighthouse            speed and accessibility of three pages
"""


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    speak_any_language()
    options = make_parser().parse_args(arguments)
    return reported(lambda: options.verb(options))


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tools",
        description="What the people who develop the course run.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(metavar="COMMAND", required=True)

    verb = verbs.add_parser(
        "lint", help="check code, formatting, templates and workflows"
    )
    verb.set_defaults(verb=lint)

    verb = verbs.add_parser(
        "prose", help="find signs of a text that needs another pass"
    )
    verb.set_defaults(verb=prose)
    verb.add_argument("files", nargs="*", help="what to read; else every text")

    verb = verbs.add_parser(
        "verify", help="try an exercise's checks on its right and wrong solutions"
    )
    verb.set_defaults(verb=verify)
    verb.add_argument("name", nargs="?", help="an exercise; else all of them")
    verb.add_argument("variant", nargs="?", help="write out one solution, or `start`")

    verb = verbs.add_parser("carry", help="carry a fix in a file into the later steps")
    verb.set_defaults(verb=carry)
    verb.add_argument("file", help="the changed file, in the earliest step that has it")

    verb = verbs.add_parser("site", help="build the site of the lessons")
    verb.set_defaults(verb=site)
    verb.add_argument(
        "--out", metavar="FOLDER", help="where to write it; build/site by default"
    )

    verb = verbs.add_parser("book", help="write the whole course as one PDF")
    verb.set_defaults(verb=book)
    verb.add_argument(
        "--out", metavar="FILE", default="build/course.pdf", help="where to write it"
    )

    verb = verbs.add_parser("lighthouse", help="measure three pages with Lighthouse")
    verb.set_defaults(verb=lighthouse)
    verb.add_argument(
        "--runs", type=positive, default=3, help="runs of each page; the median counts"
    )

    verb = verbs.add_parser(
        "record", help="record again the outputs and screenshots that the pages show"
    )
    verb.set_defaults(verb=record)
    verb.add_argument("names", nargs="*", help="only these, such as 03-run-two")

    verb = verbs.add_parser(
        "record-notebooks", help="run notebooks and keep their outputs"
    )
    verb.set_defaults(verb=notebooks)
    verb.add_argument("names", nargs="*", help="only these")

    verb = verbs.add_parser(
        "record-bench", help="record the figures that the pages show"
    )
    verb.set_defaults(verb=bench)
    add_bench_options(verb)
    return parser


def lint(options: argparse.Namespace) -> int:
    """Run every check that needs no test."""
    environment.enter("lint", "tools")
    from tools.lint import lint

    return lint()


def prose(options: argparse.Namespace) -> int:
    """Print the signs that a text needs another pass."""
    from tools import prose

    return prose.prose(options.files)


def verify(options: argparse.Namespace) -> int:
    """Try the checks of an exercise on its solutions."""
    environment.enter("test", "tools")
    from tools.exercises import command

    return command(options.name, options.variant)


def carry(options: argparse.Namespace) -> int:
    """Carry a fix into the later steps."""
    from tools.carry import carry

    return carry(options.file)


def site(options: argparse.Namespace) -> int:
    """Build the site."""
    environment.enter("docs", "tools")
    from course import docs
    from course.lessons import SITE

    folder = Path(options.out) if options.out else SITE
    print("Building the site …", flush=True)
    began = time.monotonic()
    docs.build(folder)
    took = time.monotonic() - began
    print(f"The site is in {folder}. The build took {took:.0f} s.")
    return 0


def book(options: argparse.Namespace) -> int:
    """Write all pages as one PDF."""
    environment.enter("test", "tools")
    from tools.book import write

    target = Path(options.out)
    target.parent.mkdir(parents=True, exist_ok=True)
    print("Building and printing the pages …", flush=True)
    write(target)
    print(f"The course is in {target}.")
    return 0


def lighthouse(options: argparse.Namespace) -> int:
    """Measure three pages with Lighthouse, which npm installs."""
    environment.enter("docs", "tools")
    from tools.lighthouse.run import main

    return main(options.runs)


def record(options: argparse.Namespace) -> int:
    """Record again what the pages show of the running steps."""
    environment.enter("test", "tools")
    from tools.record.command import record

    return record(options.names)


def notebooks(options: argparse.Namespace) -> int:
    """Run the notebooks, and keep their outputs for the pages."""
    environment.enter("notebooks", "tools")
    from tools.record.notebooks import record

    return record(options.names)


def bench(options: argparse.Namespace) -> int:
    """Measure everything at full length, and keep the figures for the pages."""
    step = find_bench_step(options.step)
    environment.enter("bench", "tools")
    from course.bench.command import bench
    from course.steps import DATA

    return bench(step, False, str(DATA), None, None, options.rounds)

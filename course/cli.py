"""The commands of `python3 -m course`, for students and instructors."""

import argparse
import sys
from pathlib import Path

from course import compare, environment
from course.errors import CourseError, for_this_system, reported
from course.steps import FIRST_PORT, Step, find_step, load_steps

EXAMPLES = """\
examples:
  python3 -m course run                  the lessons and five chats, until Ctrl-C
  python3 -m course run lessons          the lessons alone
  python3 -m course run 03 --servers 2   one step, on two server processes
  python3 -m course run 02 --wsgi --threads 4
  python3 -m course test                 every test
  python3 -m course exercise             learn by doing, checked at each save
  python3 -m course diff 03 04           what step 04 changes
  python3 -m course doctor ../my-chat    what is wrong in a project of your own
  python3 -m course break no-layer       one mistake, in a copy of a step
  python3 -m course reset 05             an empty chat again
  python3 -m course bench --quick        what each transport costs
  python3 -m course redis                a Redis to explore, on port 6379
  python3 -m course class                teach: phones join, one desk drives everything
  python3 -m course playground           Django in the browser: fetch its 7 MB
  python3 -m course notebooks            five notebooks that do it all by hand
"""


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    speak_any_language()
    parser = make_parser()
    options, rest = parser.parse_known_args(arguments)
    if options.verb is hold_class and not any(word.startswith("-") for word in rest):
        options.words += rest  # words after an option, which argparse leaves over
        rest = []
    if rest and options.verb is not test:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return reported(lambda: options.verb(options, rest))


def speak_any_language() -> None:
    """Let no character of ours be an error on a console that doesn't know it."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog=for_this_system("python3 -m course"),
        description="Real-time Django, step by step: one chat, five times.",
        epilog=for_this_system(EXAMPLES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(metavar="COMMAND", required=True)

    verb = verbs.add_parser("run", help="serve the lessons and the chats, or one step")
    verb.set_defaults(verb=run)
    verb.add_argument(
        "step", nargs="?", help="a step, such as 03, or lessons; else everything"
    )
    verb.add_argument("--servers", type=positive, metavar="N", help="server processes")
    verb.add_argument("--port", type=port, help="the first port to use")
    verb.add_argument(
        "--wsgi", action="store_true", help="steps 01 and 02: serve over WSGI"
    )
    verb.add_argument(
        "--threads", type=positive, metavar="N", help="threads of the WSGI server"
    )
    verb.add_argument("--no-browser", action="store_true", help="open no browser")
    verb.add_argument(
        "--from",
        dest="kit",
        type=Path,
        metavar="FOLDER",
        help="install from an offline kit, without the network",
    )

    verb = verbs.add_parser("test", help="run every test, or one step's")
    verb.set_defaults(verb=test)
    verb.add_argument("step", nargs="?", help="a step, such as 03; else everything")
    verb.add_argument("-k", metavar="EXPRESSION", help="only tests whose names match")
    verb.add_argument(
        "--all", action="store_true", help="run the slow tests too; always so in CI"
    )

    verb = verbs.add_parser(
        "exercise", help="learn by doing: exercises that are checked at each save"
    )
    verb.set_defaults(verb=exercise)
    verb.add_argument(
        "words",
        nargs="*",
        metavar="NAME",
        help="an exercise, or one of: list, check, hint, open, diff, solution, reset,"
        " report; without a name, continue where you stopped",
    )
    verb.add_argument(
        "--all", action="store_true", help="check: all that you have started"
    )
    verb.add_argument("--trace", action="store_true", help="check: show the traceback")
    verb.add_argument(
        "--yes", action="store_true", help="solution, reset: don't ask, do it"
    )
    verb.add_argument("--name", help="report: your name, as your teacher knows it")
    verb.add_argument("--no-browser", action="store_true", help="open: open no browser")

    verb = verbs.add_parser("list", help="list the steps")
    verb.set_defaults(verb=list_steps)

    verb = verbs.add_parser("diff", help="show what changes from one step to another")
    verb.set_defaults(verb=diff)
    verb.add_argument("before", help="a step, such as 03")
    verb.add_argument("after", help="a step, such as 04")
    verb.add_argument("files", nargs="*", help="only these, such as chat/consumers.py")

    verb = verbs.add_parser("doctor", help="check this machine, or your own project")
    verb.set_defaults(verb=doctor)
    verb.add_argument(
        "folder", nargs="?", metavar="FOLDER", help="the folder of a Django project"
    )
    add_doctor_options(verb)

    verb = verbs.add_parser(
        "break", help="make a mistake in a copy of a step, and show its effect"
    )
    verb.set_defaults(verb=break_step)
    verb.add_argument(
        "name", nargs="?", help="a break, such as no-layer; else list all"
    )
    verb.add_argument(
        "--keep", action="store_true", help="leave the broken copy running until Ctrl-C"
    )
    verb.add_argument(
        "--pause",
        action="store_true",
        help="for a projector: the change, a prediction, the result and why, one at a time",
    )

    verb = verbs.add_parser(
        "reset", help="delete what was typed and stored in the steps"
    )
    verb.set_defaults(verb=reset)
    verb.add_argument("step", nargs="?", help="a step, such as 03; else all of them")
    verb.add_argument(
        "--code", action="store_true", help="undo your changes to the code too"
    )
    verb.add_argument("--yes", action="store_true", help="don't ask, do it")

    verb = verbs.add_parser("bench", help="measure the steps, or compare step 05")
    verb.set_defaults(verb=bench)
    add_bench_options(verb)
    verb.add_argument("--quick", action="store_true", help="less exact, in minutes")
    verb.add_argument("--out", metavar="FOLDER", help="where the figures are written")
    verb.add_argument(
        "--scenario", metavar="NAMES", help="only these; `list` lists them"
    )
    verb.add_argument("--only", metavar="CHATS", help="only these chats")

    verb = verbs.add_parser("redis", help="start a Redis, or send a command to one")
    verb.set_defaults(verb=redis)
    verb.add_argument(
        "command",
        nargs=argparse.REMAINDER,
        metavar="COMMAND",
        help='a Redis command, such as keys "*"; without one, a Redis is started',
    )
    verb.add_argument("--port", type=port, help="its port; else 6379")
    verb.add_argument(
        "-n",
        type=int,
        default=0,
        metavar="N",
        help="its database, 0 by default; step 04 uses 4, step 05 uses 5",
    )

    verb = verbs.add_parser(
        "class", help="teach: the chats for a room full of phones, a desk, a projector"
    )
    verb.set_defaults(verb=hold_class)
    verb.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="nothing; or show NAME, for the projector; or pack FOLDER, an offline kit",
    )
    verb.add_argument(
        "--address", metavar="IP", help="which of this machine's addresses"
    )
    verb.add_argument("--port", type=port, help="the first port; all others follow")
    verb.add_argument("--no-browser", action="store_true", help="open no browser")
    verb.add_argument(
        "--python",
        action="append",
        metavar="VERSION",
        help="pack: for this Python, such as 3.13; several times for several",
    )
    verb.add_argument(
        "--for",
        dest="systems",
        action="append",
        metavar="SYSTEM",
        help="pack: for windows, macos or linux; several times for several",
    )

    verb = verbs.add_parser(
        "playground", help="fetch what the site's playground runs on: Python in a page"
    )
    verb.set_defaults(verb=playground)

    verb = verbs.add_parser("notebooks", help="open the notebooks in JupyterLab")
    verb.set_defaults(verb=notebooks)
    verb.add_argument("--no-browser", action="store_true", help="open no browser")

    return parser


def add_doctor_options(verb: argparse.ArgumentParser) -> None:
    """Add what `channels-doctor` takes; a test holds the two together."""
    verb.add_argument(
        "--fix", action="store_true", help="make the certain changes, after asking"
    )
    verb.add_argument(
        "--run", action="store_true", help="start a copy of the project, and watch it"
    )
    verb.add_argument("--all", action="store_true", help="show every finding in full")
    verb.add_argument(
        "--format",
        choices=["text", "json", "github"],
        default="text",
        help="for people, for programs, or for GitHub's pull requests",
    )
    verb.add_argument(
        "--timing", action="store_true", help="tell how long the examination took"
    )


def doctor_options(options: argparse.Namespace) -> list[str]:
    """Return those options as they were typed."""
    flags = [name for name in ("fix", "run", "all", "timing") if getattr(options, name)]
    words = [f"--{name}" for name in flags]
    if options.format != "text":
        words += ["--format", options.format]
    return words


def add_bench_options(verb: argparse.ArgumentParser) -> None:
    """Add what a short benchmark and a recorded one have in common."""
    verb.add_argument("step", nargs="?", help="05; else the five steps")
    verb.add_argument(
        "--rounds",
        type=positive,
        metavar="N",
        help="repeat all chats N times, in turns",
    )


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """Serve the lessons and the chats, or one step."""
    only_lessons = options.step == "lessons"
    step = find_step(options.step) if options.step and not only_lessons else None
    if step is None and (options.servers or options.wsgi or options.threads):
        raise CourseError(
            "--servers, --wsgi and --threads need a step. Try:"
            " python3 -m course run 03 --servers 2"
        )
    threads = threads_of(step, options) if step else None
    environment.enter("run", kit=options.kit)
    from course import playground
    from course.run import run_everything, run_lessons, run_step

    if options.kit:
        playground.take_from(options.kit)
    browser = not options.no_browser
    if only_lessons:
        return run_lessons(options.port or FIRST_PORT, browser)
    if step is None:
        return run_everything(options.port or FIRST_PORT, browser)
    return run_step(step, options.port, options.servers or 1, threads, browser)


def threads_of(step: Step, options: argparse.Namespace) -> int | None:
    """Return the number of WSGI threads that the options ask for; None for none."""
    if not options.wsgi and options.threads is None:
        return None
    if "wsgi" not in step.servers:
        raise CourseError(
            f"Step {step.number} uses WebSockets, which WSGI does not support."
            " Steps 01 and 02 can: python3 -m course run 02 --wsgi"
        )
    if not options.wsgi and step.servers[0] != "wsgi":
        raise CourseError(
            "--threads is for the WSGI server. An ASGI server does not use one thread"
            " per request. Try:"
            f" python3 -m course run {step.number} --wsgi --threads {options.threads}"
        )
    return options.threads or 4  # as many as waitress has by itself


def test(options: argparse.Namespace, rest: list[str]) -> int:
    """Run every test, or one step's."""
    step = find_step(options.step) if options.step else None
    environment.enter("test")
    from course.testing import run_tests

    words = (["-k", options.k] if options.k else []) + rest
    return run_tests(step, words, everything=options.all)


def exercise(options: argparse.Namespace, rest: list[str]) -> int:
    """Work on an exercise, or do what one of its verbs says."""
    environment.enter("exercise")
    from course.exercise.command import exercise

    return exercise(options.words, options)


def list_steps(options: argparse.Namespace, rest: list[str]) -> int:
    """Print the steps, each with its question and what carries a message."""
    for step in load_steps():
        times = ", ".join(f"{what} {minutes}" for what, minutes in step.minutes.items())
        print(f"{step.folder}  (minutes: {times})")
        print(f"    {step.question}")
        print(f"    {step.carries}")
    return 0


def diff(options: argparse.Namespace, rest: list[str]) -> int:
    """Print what changes from one step to another."""
    before, after = find_step(options.before), find_step(options.after)
    return compare.show_diff(before, after, options.files)


def doctor(options: argparse.Namespace, rest: list[str]) -> int:
    """Say what is missing on this machine, or wrong in a project."""
    words = doctor_options(options)
    if options.folder is None and words:
        raise CourseError(
            f"{words[0]} needs the folder of a project."
            f" Try: python3 -m course doctor ../my-chat {' '.join(words)}"
        )
    if options.folder is None or options.run:
        environment.enter_if_made()  # what is installed there needn't be installed anew
    from course.doctor import examine_machine, examine_project

    if options.folder is None:
        return examine_machine()
    return examine_project(options.folder, words)


def break_step(options: argparse.Namespace, rest: list[str]) -> int:
    """Make a mistake in a copy of a step, and show what comes of it."""
    environment.enter("run")
    from course.breaks.command import list_all, show

    if options.name:
        return show(options.name, options.keep, options.pause)
    if options.pause or options.keep:
        word = "--pause" if options.pause else "--keep"
        raise CourseError(
            f"{word} needs the name of a break. Try: python3 -m course break no-layer {word}"
        )
    return list_all()


def reset(options: argparse.Namespace, rest: list[str]) -> int:
    """Delete what was typed and stored, and undo changes on request."""
    environment.enter_if_made()
    from course.reset import reset

    return reset(options.step, code=options.code, yes=options.yes)


def bench(options: argparse.Namespace, rest: list[str]) -> int:
    """Measure what the chats cost."""
    step = find_bench_step(options.step)
    environment.enter("bench")
    from course.bench.command import bench

    return bench(
        step,
        options.quick,
        options.out,
        options.scenario,
        options.only,
        options.rounds,
    )


def find_bench_step(name: str | None) -> Step | None:
    """Return the step that is measured beside other chats; None for all five steps."""
    step = find_step(name) if name else None
    if step is not None and step.number != "05":
        raise CourseError(
            f"Step {step.number} is measured together with the other steps, and step 05 with"
            " other chats. Try: python3 -m course bench, or python3 -m course bench 05"
        )
    return step


def redis(options: argparse.Namespace, rest: list[str]) -> int:
    """Start a Redis to look into, or send a command to one."""
    environment.enter("run")
    from course.redis_shell import main
    from course.steps import LOGS

    return main(options.command, options.port, options.n, LOGS)


def hold_class(options: argparse.Namespace, rest: list[str]) -> int:
    """Hold a class, or do what belongs to one."""
    environment.enter("class")
    from course.classroom.command import hold_or

    return hold_or(options)


def playground(options: argparse.Namespace, rest: list[str]) -> int:
    """Fetch what the playground needs, with a Node.js from PyPI if there is none."""
    from course.lessons import SITE
    from course.playground import NO_NODE, can_be_fetched, fetch_and_tell

    if can_be_fetched():
        environment.enter("run")
    else:
        print(NO_NODE, flush=True)
        environment.enter("playground")
    return fetch_and_tell(SITE)


def notebooks(options: argparse.Namespace, rest: list[str]) -> int:
    """Open the notebooks in JupyterLab."""
    environment.enter("notebooks")
    from course.notebook.running import open_lab

    return open_lab(not options.no_browser)


def positive(text: str) -> int:
    """Return a number of processes, threads or rounds."""
    number = int(text)
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("must be from 1 to 64")
    return number


def port(text: str) -> int:
    """Return the number of a port that anybody may use."""
    number = int(text)
    if not 1024 <= number <= 65000:
        raise argparse.ArgumentTypeError("must be from 1024 to 65000")
    return number

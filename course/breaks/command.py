"""The verb `break`: list what can be broken, or break one thing and show what comes of it."""

import textwrap
from itertools import groupby

from course import run
from course.breaks.exhibits import Exhibit, blocks_of, find, in_full, load
from course.breaks.lecture import Lecture
from course.breaks.scenes import SCENES
from course.breaks.stage import Stage
from course.breaks.terminal import Terminal
from course.compare import coloured
from course.errors import CourseError, for_this_system
from course.run import say
from course.servers import HOST
from course.steps import FIRST_PORT

WIDTH = 88


def show(name: str, keep: bool, pause: bool = False) -> int:
    """Break a copy of a step, and show what comes of it; with `keep`, leave it running.

    With `pause`, one thing at a time, for a class that predicts what comes.
    """
    exhibit = find(name)
    if exhibit.absent:
        raise CourseError(
            f'"{name}" cannot be shown: {exhibit.absent}\n\n{advice_of(exhibit)}'
        )
    if pause:
        return present(exhibit, keep)
    with run.served() as ending:
        stage = ending.enter_context(Stage(exhibit, lambda text: say(f"  {text}")))
        say(f"{name}: {exhibit.does}\n")
        say_changes(exhibit, stage)
        say("What is done:\n")
        outcomes = SCENES[exhibit.scene](stage)
        stage.wait_for(exhibit.says)
        say(f"\n{exhibit.title}\n\nWhat people get:\n")
        for outcome in outcomes:
            say(f"  {in_full(outcome)}")
        say_printed(stage)
        say(f"\n{advice_of(exhibit)}")
        if keep:
            leave_running(stage)
    return 0


def present(exhibit: Exhibit, keep: bool) -> int:
    """Show a break one part at a time: on a screen of its own, or one after the other."""
    with run.served() as ending:
        lecture = Lecture(exhibit)
        lecture.stage = stage = ending.enter_context(Stage(exhibit, lecture.tell))
        if Terminal.is_there():
            with Terminal() as terminal:
                lecture.hold(terminal)
        else:
            lecture.print_all()
        if keep and lecture.has_run:
            leave_running(stage)
    return 0


def say_changes(exhibit: Exhibit, stage: Stage) -> None:
    """Print what is different in the copy."""
    if not exhibit.changes:
        say(f"Step {exhibit.step} as it is; nothing is changed.\n")
        return
    say(f"In a copy of step {exhibit.step}:\n")
    for line in exhibit.diff(stage.folder):
        say(coloured(line))
    say("")


def say_printed(stage: Stage) -> None:
    """Print what the terminal shows; of a traceback, only the step's own lines."""
    say("\nWhat the terminal shows (… replaces lines of libraries):\n")
    for line in stage.readable():
        say(f"  {line}")


def advice_of(exhibit: Exhibit) -> str:
    """Return why it happens, what to do, and where to read about it."""
    lines = []
    for title, text in (("Why", exhibit.why), ("Fix", exhibit.fix)):
        lines += [title, textwrap.indent(laid_out(text), "  "), ""]
    address = f"http://{HOST}:{FIRST_PORT}/errors.html#{exhibit.name}"
    return "\n".join([*lines, f"{address}, while `python3 -m course run` runs"])


def laid_out(text: str) -> str:
    """Return a text of the museum with its paragraphs wrapped and its code indented."""
    return "\n\n".join(
        textwrap.indent(block, "    ")
        if language
        else textwrap.fill(block, WIDTH - 2, break_on_hyphens=False)
        for language, block in blocks_of(text)
    )


def leave_running(stage: Stage) -> None:
    """Show what the servers print from now on, until Ctrl-C."""
    running = [one for one in stage.servers if not one.process.has_ended()]
    if not running:
        say("\nNo server runs that could be kept.")
        return
    printer = run.printer([server.port for server in running])
    for server in running:
        server.process.echo = lambda line, port=server.port: printer(port, line)
        say(f"\n  http://{HOST}:{server.port}{page_of(stage.exhibit.path)}")
    say(f"  runs in {stage.folder}\n\nCtrl-C stops everything.")
    run.watch(running)


def page_of(path: str) -> str:
    """Return the page to which the address of a socket belongs, or the lobby."""
    return path.removeprefix("/ws") if path.startswith("/ws/") else "/chat/"


def list_all() -> int:
    """Print what can be broken, in the order in which a student meets it."""
    exhibits = [exhibit for exhibit in load() if exhibit.scene]
    width = max(len(exhibit.name) for exhibit in exhibits)
    for section, members in groupby(exhibits, lambda exhibit: exhibit.section):
        print(f"Step {section}" if section.isdigit() else section.capitalize())
        for exhibit in members:
            print(f"  {exhibit.name:{width}}  {exhibit.does}")
    print(
        for_this_system(
            "\nShow one:             python3 -m course break no-layer\n"
            "One part at a time:   python3 -m course break no-layer --pause\n"
            "The errors they cause, with their fixes:"
            f" http://{HOST}:{FIRST_PORT}/errors.html, while `python3 -m course run` runs"
        )
    )
    return 0

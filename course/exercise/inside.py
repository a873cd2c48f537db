"""The process that runs the checks of one exercise; `checking` starts it.

    python -m course.exercise.inside CHECKS RESULTS [OPTIONS OF PYTEST]

in the student's folder.

It writes one JSON object per line into RESULTS, at once, so nothing is lost if a solution
ends the process. What the solution prints goes elsewhere.
"""

import contextlib
import faulthandler
import gc
import importlib
import json
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

# Seconds for one check: more than any of them waits for an event (see kit.PATIENCE).
LIMIT = 4 + float(os.environ.get("EXERCISE_PATIENCE", 2))

# Seconds for loading the libraries and the project: the first run is slow.
STARTING = 20
# Links an error outside the student's files to the check in which it came up.
DURING = " (while checking: "

HERE = Path.cwd()

# Loaded before the project, so that Python keeps their bytecode and not the student's:
# theirs may change twice within the second that it tells changes by.
LIBRARIES = ["pytest", "pytest_asyncio.plugin"]
PROJECT_LIBRARIES = [
    "pytest_django.plugin",
    "django.test",
    "django.contrib.staticfiles.handlers",
    "channels.generic.websocket",
    "channels.testing",
    "daphne.server",
]


def main() -> int:
    """Run the checks; return pytest's exit code."""
    checks, results, *options = sys.argv[1:]
    checks, results = Path(checks), Path(results)
    sys.path[:] = [
        str(HERE),
        *(path for path in sys.path if path not in {"", str(HERE)}),
    ]
    with results.open("a", encoding="utf-8") as out:
        reporter = Reporter(out, checks)
        if not starts(reporter):
            return 1
        return run_pytest(checks, reporter, options)


def starts(reporter: "Reporter") -> bool:
    """Tell whether the project can be loaded at all; if not, say why."""
    is_project = Path("manage.py").is_file()
    title = "The project starts." if is_project else "Every Python file can be read."
    reporter.begin("starts", title, STARTING)
    try:
        load_project()
    except BaseException as problem:  # SystemExit too: a settings file may exit
        reporter.end("starts", sentence_of(problem), trace_of(problem))
        return False
    reporter.end("starts")
    return True


def load_project() -> None:
    """Load what a server loads: the settings, the apps, the URLs, the ASGI application."""
    is_project = Path("manage.py").is_file()
    for name in LIBRARIES + PROJECT_LIBRARIES * is_project:
        importlib.import_module(name)
    sys.dont_write_bytecode = True
    for path in sorted(HERE.rglob("*.py")):
        if {".venv", "venv", "node_modules"}.isdisjoint(path.parts):
            compile_file(path)
    if not is_project:
        return
    if not Path("config", "settings.py").is_file():
        raise AssertionError(
            "There is a manage.py, but no config/settings.py:"
            " the project must be called config."
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.conf import settings

    with explained("INSTALLED_APPS in config/settings.py names {name}"):
        django.setup()
    urls = getattr(settings, "ROOT_URLCONF", None)
    if not urls:
        raise AssertionError("config/settings.py should define ROOT_URLCONF.")
    with explained(f"ROOT_URLCONF in config/settings.py names {urls}"):
        importlib.import_module(urls)
    application = getattr(settings, "ASGI_APPLICATION", None)
    if application:
        load_application(application)


def compile_file(path: Path) -> None:
    """Raise SyntaxError, with the file and the line, if a file isn't valid Python."""
    source = path.read_bytes()
    if b"\0" in source:  # as from `echo > file` in Windows PowerShell: UTF-16
        sentence = f"{place(str(path))} isn't plain text. Save it again, in UTF-8."
        raise AssertionError(sentence)
    compile(source, str(path), "exec")


def load_application(path: str) -> None:
    """Load the ASGI application, whose dotted path is in ASGI_APPLICATION."""
    names = f"ASGI_APPLICATION in config/settings.py names {path}"
    module, _, name = path.rpartition(".")
    if not module:
        raise AssertionError(f"{names}, but it should look like module.name.")
    with explained(names):
        loaded = importlib.import_module(module)
    if not hasattr(loaded, name):
        raise AssertionError(f"{names}, but the module {module} has no {name}.")


@contextlib.contextmanager
def explained(names: str) -> Iterator[None]:
    """Say which setting names what can't be imported, because Python won't."""
    try:
        yield
    except ImportError as problem:
        if any(is_students(frame.filename) for frame in frames_of(problem)):
            raise  # an import in the student's own code: the file and the line say more
        if isinstance(problem, ModuleNotFoundError):
            name = problem.name
            sentence = f"{names.format(name=name)}, but there is no module {name}."
        else:
            sentence = f"{names.format(name='something that is missing')}: {problem}"
        raise AssertionError(sentence) from None


def run_pytest(checks: Path, reporter: "Reporter", options: list[str]) -> int:
    """Run the checks with pytest, without the plugins that they don't need."""
    import pytest

    plugins = ["pytest_asyncio.plugin", "course.exercise.kit"]
    plugins += ["no:cacheprovider", "no:faulthandler"]
    settings = checks.parent.parent / "pytest.ini"
    words = ["-q", "-c", str(settings), f"--rootdir={HERE}"]
    # Python's own tracebacks: pytest's can fail on a deep one, and nobody sees them.
    words += ["--tb=native", *options]
    if Path("manage.py").is_file():
        plugins.append("pytest_django.plugin")
        words += ["--ds=config.settings", "--no-migrations"]
    words += [f"-p{name}" for name in plugins]
    # What is loaded now stays to the end. pytest collects garbage again and again, and
    # looking through all of it takes a quarter of a run.
    gc.freeze()
    return pytest.main([*words, str(checks)], plugins=[reporter])


class Reporter:
    """A pytest plugin that writes down how each check went."""

    def __init__(self, out, checks: Path) -> None:
        self.out = out
        self.checks = checks
        self.failed = {}
        self.printed = {}

    def write(self, **event: object) -> None:
        """Write one event, at once."""
        self.out.write(f"{json.dumps(event)}\n")
        self.out.flush()

    def begin(self, name: str, sentence: str, limit: float = LIMIT) -> None:
        """Note that a check begins; if it hangs, say where, and end the process."""
        self.write(event="begin", name=name, sentence=sentence)
        faulthandler.dump_traceback_later(limit, exit=True, file=self.out)

    def end(
        self, name: str, says: str = "", trace: str = "", printed: str = ""
    ) -> None:
        """Note how a check ended; `says` is empty if it passed."""
        faulthandler.cancel_dump_traceback_later()
        self.write(event="end", name=name, says=says, trace=trace, printed=printed)

    def pytest_collection_modifyitems(self, items: list) -> None:
        """Note which checks there are."""
        plan = [{"name": item.name, "sentence": title_of(item)} for item in items]
        self.write(event="plan", checks=plan)

    def pytest_collectreport(self, report) -> None:
        """Note a file of checks that can't be loaded."""
        if report.failed:
            self.write(event="broken", trace=str(report.longrepr))

    def pytest_runtest_protocol(self, item) -> None:
        """Note that a check begins."""
        self.failed.pop(item.name, None)
        self.begin(item.name, title_of(item))

    def pytest_runtest_makereport(self, item, call) -> None:
        """Keep the first reason why a check failed."""
        if call.excinfo and item.name not in self.failed:
            problem = call.excinfo.value
            self.failed[item.name] = (
                sentence_of(problem, title_of(item)),
                trace_of(problem, self.checks),
            )

    def pytest_runtest_logreport(self, report) -> None:
        """Note how a check ended, once its fixtures have ended too."""
        name = report.nodeid.partition("::")[2]
        self.printed[name] = report.capstdout
        if report.when == "teardown":
            says, trace = self.failed.get(name, ("", ""))
            self.end(name, says, trace, self.printed.pop(name))

    def pytest_warning_recorded(self, warning_message, nodeid: str) -> None:
        """Note a coroutine that was never awaited: Python itself only warns."""
        text = str(warning_message.message)
        if "was never awaited" in text:
            coroutine = text.split("'")[1]
            self.write(
                event="note",
                text=f"Python says that the coroutine {coroutine} was never awaited."
                " Is an `await` missing?",
            )


def title_of(item) -> str:
    """Return the first line of a check's docstring: what works if it passes."""
    return (item.function.__doc__ or item.name).strip().splitlines()[0]


def sentence_of(problem: BaseException, title: str = "") -> str:
    """Return in one sentence what went wrong."""
    if isinstance(problem, SyntaxError):
        return f"{place(problem.filename)}, line {problem.lineno}: {problem.msg}."
    text = str(problem).strip().partition("\nassert ")[0].strip()
    frames = [frame for frame in frames_of(problem) if is_students(frame.filename)]
    if isinstance(problem, AssertionError) and not frames:
        said = text.partition("\n")[0] if text else title
        reason = problem.__cause__ and sentence_of(problem.__cause__)
        return f"{said} {reason}" if reason else said
    kind = type(problem).__name__
    said = f"{kind}: {text.partition(chr(10))[0]}" if text else kind
    if isinstance(problem, ModuleNotFoundError | ImportError) and not frames:
        return f"{said}. Is the file where the task wants it?"
    if frames:
        return f"{place(frames[-1].filename)}, line {frames[-1].lineno}: {said}"
    return f"{said}{DURING}{title.rstrip('.')})" if title else said


def frames_of(problem: BaseException) -> list[traceback.FrameSummary]:
    """Return the frames of a traceback, outermost first."""
    return list(traceback.extract_tb(problem.__traceback__))


def is_students(filename: str) -> bool:
    """Tell whether a file lies in the student's folder."""
    path = Path(filename)
    return path.is_relative_to(HERE) and "site-packages" not in path.parts


def place(filename: str | None) -> str:
    """Return a file as the student knows it."""
    path = Path(filename or "?")
    return path.relative_to(HERE).as_posix() if path.is_relative_to(HERE) else path.name


def trace_of(problem: BaseException, checks: Path | None = None) -> str:
    """Return the traceback, from the check or the student's file on, without the kit."""
    frames = frames_of(problem)
    ours = [
        number
        for number, frame in enumerate(frames)
        if is_students(frame.filename) or Path(frame.filename) == checks
    ]
    kept = frames[ours[0] :] if ours else frames
    kept = [frame for frame in kept if Path(frame.filename).name != "kit.py"]
    cause = problem.__cause__
    lines = [f"{trace_of(cause, checks)}\nwhich led to this:\n\n"] if cause else []
    lines += ["Traceback (most recent call last):\n", *traceback.format_list(kept)]
    return "".join([*lines, *traceback.format_exception_only(problem)])


if __name__ == "__main__":
    sys.exit(main())

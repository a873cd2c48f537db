"""pip, with a progress line while it works and a reason when it fails."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from course.errors import CourseError

QUIET = 2  # seconds; what takes longer shows a line
SHOWN = 10  # lines of pip's own words, after ours

# What pip prints while it works, and what we show of it.
STAGES = [
    (
        re.compile(r"^(?:Collecting|Requirement already satisfied:) ([\w.-]+)"),
        "finding",
    ),
    (re.compile(r"^\s*(?:Downloading|Using cached) ([\w.]+)-"), "downloading"),
    (re.compile(r"^Installing collected packages"), "unpacking (the longest part)"),
]

NO_NETWORK = re.compile(
    "NewConnectionError|ConnectTimeoutError|Failed to establish a new connection"
    "|getaddrinfo failed|Name or service not known|name resolution|ProxyError"
    "|Network is unreachable|ReadTimeoutError"
)
OFFLINE = """\
The packages could not be installed: this machine cannot reach the package index.
Connect to the internet and try again; finished downloads are kept.
If your instructor has an offline kit, on a USB stick for example, name its folder:
  python3 -m course run --from FOLDER
With a folder of wheels of your own, set two variables and repeat the command:
  macOS, Linux  export PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER
  PowerShell    $env:PIP_NO_INDEX = 1; $env:PIP_FIND_LINKS = 'FOLDER'"""
NOT_IN_THE_FOLDER = """\
The packages could not be installed: PIP_NO_INDEX is set, so pip looks only in
PIP_FIND_LINKS ({folder}), and not everything is there for this Python and system.
Correct PIP_FIND_LINKS, or unset both variables and connect to the internet."""
FULL = "The packages could not be installed: the disk is full. Free some space (about 750 MB)."
OTHER = "The packages could not be installed. What was installed stays; try again."

# What pip says where it finds no package at all, and would send a person the wrong way.
MISLEADING = re.compile(
    "conflicting dependencies|ResolutionImpossible|from versions: none"
    "|No matching distribution found"
)


class PipError(Exception):
    """What pip said when it failed."""


def pip_install(python: Path, words: list[str]) -> None:
    """Install with the pip of a Python; raise CourseError with a reason if it fails."""
    try:
        run_pip(python, ["install", *words])
    except PipError as problem:
        raise CourseError(reason(str(problem))) from None


def pip_install_from(wheels: Path, python: Path, words: list[str], lacks: str) -> None:
    """Install from a folder of wheels and nowhere else; `lacks` is for what isn't there."""
    # Nobody's own index or folder of wheels adds to these.
    alone = {"PIP_CONFIG_FILE": os.devnull}
    options = ["--isolated", "--no-index", "--find-links", str(wheels)]
    try:
        run_pip(python, ["install", *options, *words], alone)
    except PipError as problem:
        said = str(problem)
        why = FULL if "No space left" in said else lacks
        raise CourseError(with_words_of_pip(why, said)) from None


def run_pip(python: Path, words: list[str], env: dict[str, str] | None = None) -> None:
    """Run the pip of a Python and show its progress; raise PipError if it fails."""
    command = [str(python), "-m", "pip", *words, "--disable-pip-version-check"]
    command += ["--no-input", "--progress-bar", "off", "--retries", "1"]
    plain = {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=os.environ | plain | (env or {}),
            encoding="utf-8",
            errors="replace",
        ) as pip:
            show_progress(stages_in(pip.stdout))
        if pip.returncode:
            errors.seek(0)
            raise PipError(errors.read())


def stages_in(lines: Iterable[str]) -> Iterator[str]:
    """Yield what pip is doing, in a few words, each time it does something else."""
    seen = set()
    for line in lines:
        for pattern, stage in STAGES:
            if found := pattern.match(line):
                name = found[1] if pattern.groups else ""
                seen.add(name)
                yield f"{stage} {name} (package {len(seen)})" if name else stage


def show_progress(stages: Iterable[str]) -> None:
    """Show what is being done; on a terminal in one line, else now and then."""
    begun = last = time.monotonic()
    on_terminal = sys.stdout.isatty()
    for stage in stages:
        now = time.monotonic()
        if on_terminal and now - begun > QUIET:
            print(f"\r\033[K  {now - begun:.0f} s: {stage}", end="", flush=True)
        elif now - last > 10 * QUIET:
            print(f"  {now - begun:.0f} s: {stage}", flush=True)
            last = now
    if on_terminal:
        print("\r\033[K", end="", flush=True)


def reason(said: str) -> str:
    """Return why pip failed, what to do, and then the end of pip's own words."""
    if "No space left" in said:
        why = FULL
    elif os.environ.get("PIP_NO_INDEX"):
        folder = os.environ.get("PIP_FIND_LINKS") or "not set"
        why = NOT_IN_THE_FOLDER.format(folder=folder)
    elif NO_NETWORK.search(said):
        why = OFFLINE
        said = without_misleading_lines(said)
    else:
        why = OTHER
    return with_words_of_pip(why, said)


def without_misleading_lines(said: str) -> str:
    """Leave out what pip concludes from finding nothing; the network is the reason."""
    lines = said.splitlines()
    return "\n".join(line for line in lines if not MISLEADING.search(line))


def with_words_of_pip(why: str, said: str) -> str:
    """Return a reason, and then the end of pip's own words."""
    lines = [line for line in said.splitlines() if line.strip()][-SHOWN:]
    return "\n".join([why, "", "pip says:", *(f"  {line}" for line in lines)])

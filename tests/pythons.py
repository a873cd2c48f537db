"""The Pythons of this machine, for tests that must hold on more than one."""

import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 14)  # that the course supports


@functools.cache
def pythons() -> dict[tuple[int, int], str]:
    """Return the supported Pythons of this machine, from the oldest to the newest.

    They are looked for on the PATH, with pyenv, and where GitHub's runners have them.
    """
    here = sys.version_info[:2]
    # The Python that made our environment, not the environment's own.
    found = {here: str(Path(sys.base_prefix, "bin", f"python{here[0]}.{here[1]}"))}
    home = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    hosted = Path(os.environ.get("RUNNER_TOOL_CACHE") or "/opt/hostedtoolcache")
    for minor in range(OLDEST[1], NEWEST[1] + 1):
        name = f"python3.{minor}"
        places = [shutil.which(name)]
        places += sorted(map(str, home.glob(f"versions/3.{minor}.*/bin/python")))
        places += sorted(map(str, hosted.glob(f"Python/3.{minor}.*/*/bin/python")))
        for place in filter(None, places):
            # One of pyenv's shims may be there without a Python behind it.
            if version_of(place) == (3, minor):
                found.setdefault((3, minor), place)
    return {version: found[version] for version in sorted(found)}


def version_of(program: str) -> tuple[int, int] | None:
    """Return the version that a Python says it has, or None if it doesn't start."""
    result = subprocess.run([program, "--version"], capture_output=True, text=True)
    numbers = re.match(r"Python (\d+)\.(\d+)", result.stdout)
    return (int(numbers[1]), int(numbers[2])) if numbers else None


def named(version: tuple[int, int]) -> str:
    """Return a version as people write it: 3.13."""
    return ".".join(map(str, version))

"""The notebooks, and JupyterLab opened on them."""

import os
import subprocess
import sys

from course.steps import NOTEBOOKS, ROOT


def names() -> list[str]:
    """Return the names of the notebooks, in their order."""
    return sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))


def environment() -> dict[str, str]:
    """Return the variables of a kernel, which must find `course`."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": path}


def open_lab(browser: bool) -> int:
    """Become JupyterLab, opened on the notebooks; it asks nothing from outside."""
    command = [sys.executable, "-m", "jupyterlab", str(NOTEBOOKS)]
    # Else it looks for news and for newer versions of itself.
    command += ["--LabApp.news_url=None", "--LabApp.extension_manager=readonly"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += [] if browser else ["--no-browser"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # it refuses else, and a container has no other
    if os.name == "nt":  # there, no process can take another one's place
        return subprocess.run(command, env=environment()).returncode
    os.execve(sys.executable, command, environment())

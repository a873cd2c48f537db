"""Notebooks run from top to bottom, and JupyterLab opened on them."""

import datetime
import json
import os
import re
import subprocess
import sys
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from course.errors import CourseError
from course.pages.notebooks import NOTEBOOKS, RECORDED, code_of
from course.steps import ROOT

LONGEST_CELL = 300  # seconds
COLOUR = re.compile("\x1b\\[[0-9;]*m")  # for a terminal, in a traceback


def names() -> list[str]:
    """Return the names of the notebooks, in their order."""
    return sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))


def execute(name: str) -> list[list[dict]]:
    """Run a notebook; return what each of its code cells put out.

    Raises CourseError with the end of the traceback if a cell fails.
    """
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=LONGEST_CELL, kernel_name="python3")
    try:
        client.execute(cwd=str(NOTEBOOKS), env=environment())
    except CellExecutionError as problem:
        text = COLOUR.sub("", str(problem))
        raise CourseError(f"The notebook {name} fails:\n{text}") from None
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [put_out(cell) for cell in cells]


def environment() -> dict[str, str]:
    """Return the variables of a kernel, which must find `course`."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": path}


def put_out(cell) -> list[dict]:
    """Return the outputs of a cell: text, or a picture with its text."""
    outputs = []
    for output in cell.outputs:
        data = output.get("data", {})
        text = data.get("text/plain") or output.get("text", "")
        if svg := data.get("image/svg+xml"):
            outputs.append({"svg": svg, "text": text})
        elif outputs and "svg" not in outputs[-1]:
            outputs[-1]["text"] += text
        else:
            outputs.append({"text": text})
    return outputs


def record(wanted: list[str]) -> int:
    """Run notebooks and keep what they put out for the pages."""
    for name in wanted or names():
        if name not in names():
            raise CourseError(
                f'There is no notebook "{name}". There are: {", ".join(names())}.'
            )
        print(f"{name} …", flush=True)
        begun = time.monotonic()
        outputs = execute(name)
        run = {
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - begun),
            "code": code_of(name),
            "outputs": outputs,
        }
        RECORDED.mkdir(parents=True, exist_ok=True)
        text = json.dumps(run, indent=1, ensure_ascii=False)
        (RECORDED / f"{name}.json").write_text(text + "\n", "utf-8")
    return 0


def open_lab(browser: bool) -> int:
    """Become JupyterLab, opened on the notebooks; it asks nothing from outside."""
    command = [sys.executable, "-m", "jupyterlab", str(NOTEBOOKS)]
    # Else it looks for news and for newer versions of itself.
    command += ["--LabApp.news_url=None", "--LabApp.extension_manager=readonly"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += [] if browser else ["--no-browser"]
    if os.name == "nt":  # there, no process can take another one's place
        return subprocess.run(command, env=environment()).returncode
    os.execve(sys.executable, command, environment())

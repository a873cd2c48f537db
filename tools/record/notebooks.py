"""`tools record-notebooks`: run the notebooks, and keep their outputs for the pages."""

import datetime
import json
import re
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from course.errors import CourseError
from course.notebook.running import environment, names
from course.steps import NOTEBOOKS
from tools.pages.notebooks import RECORDED, code_of

LONGEST_CELL = 300  # seconds
COLOUR = re.compile("\x1b\\[[0-9;]*m")  # for a terminal, in a traceback


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

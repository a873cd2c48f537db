"""A notebook as a page: its text, its code, and what a recorded run of it put out."""

import base64
import html
import json
import re

from course.errors import CourseError
from course.steps import DATA, NOTEBOOKS, ROOT
from tools.pages.listings import fenced

RECORDED = DATA / "notebooks"


def page(name: str) -> list[str]:
    """Return a notebook as Markdown; its outputs are those of its recorded run."""
    run = recording_of(name)
    lines = []
    outputs = iter(run["outputs"])
    for cell in cells_of(name):
        source = "".join(cell["source"]).splitlines()
        if cell["cell_type"] == "markdown":
            lines += ["", *source, ""]
            if lines[1].startswith("# ") and len(lines) == len(source) + 2:
                lines += how_to_run(name, run)
        elif cell["cell_type"] == "code":
            lines += fenced("python", source)
            for output in next(outputs):
                lines += shown(output)
    return lines


def cells_of(name: str) -> list[dict]:
    """Return the cells of a notebook."""
    path = NOTEBOOKS / f"{name}.ipynb"
    if not path.is_file():
        raise CourseError(f"there is no notebook {path.relative_to(ROOT)}")
    return json.loads(path.read_text("utf-8"))["cells"]


def code_of(name: str) -> list[str]:
    """Return the source of each cell that runs."""
    return [
        "".join(cell["source"])
        for cell in cells_of(name)
        if cell["cell_type"] == "code"
    ]


def recording_of(name: str) -> dict:
    """Return the recorded run of a notebook; raise CourseError if it is of other code."""
    path = RECORDED / f"{name}.json"
    again = f"Record it: python3 -m tools record-notebooks {name}"
    if not path.is_file():
        raise CourseError(f"no run of the notebook {name} is recorded. {again}")
    run = json.loads(path.read_text("utf-8"))
    if run["code"] != code_of(name):
        raise CourseError(f"the notebook {name} has changed since its run. {again}")
    return run


def how_to_run(name: str, run: dict) -> list[str]:
    """Return how a reader runs it, and when this run was made."""
    return [
        f"*Run it yourself: `python3 -m course notebooks`, then open"
        f" `{name}.ipynb`. The outputs below were recorded on {run['date'][:10]}"
        f" in {run['seconds']:.0f} seconds.*"
        "{ .recorded }",
        "",
    ]


def shown(output: dict) -> list[str]:
    """Return one output: a picture, or text."""
    if "svg" in output:
        data = base64.b64encode(output["svg"].encode()).decode()
        text = html.escape(output["text"], quote=True)
        source = f"data:image/svg+xml;base64,{data}"
        width, height = size_of(output["svg"])
        size = f'width="{width}" height="{height}"'
        return ["", f'<img class="plot" {size} alt="{text}" src="{source}">', ""]
    return fenced("text .output", output["text"].rstrip("\n").splitlines())


def size_of(svg: str) -> tuple[int, int]:
    """Return width and height of a drawing in pixels; Matplotlib writes them in points."""
    points = re.search(r'<svg[^>]* width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    width, height = (round(float(size) * 4 / 3) for size in points.groups())
    return width, height

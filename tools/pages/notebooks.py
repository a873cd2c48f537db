"""A notebook as a page: its text, its code, and what a recorded run of it put out."""

import json

from course.errors import CourseError
from course.steps import DATA, NOTEBOOKS, ROOT
from tools.pages import plots
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
                lines += shown(output, prefix=f"plot-{len(lines)}-")
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


def shown(output: dict, prefix: str) -> list[str]:
    """Return one output: a plot, or text."""
    if "svg" in output:
        plot = plots.inline(output["svg"], output["text"], prefix)
        return ["", f'<figure class="plotted">{plot}</figure>', ""]
    return fenced("text .output", output["text"].rstrip("\n").splitlines())

"""The five steps, as their manifest describes them: steps/steps.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from course.errors import CourseError

ROOT = Path(__file__).resolve().parent.parent
STEPS = ROOT / "steps"
NOTEBOOKS = ROOT / "notebooks"
DATA = ROOT / "docs" / "data"  # what was recorded or collected, for pages and verbs
LOGS = ROOT / "build" / "logs"  # what the servers print

FIRST_PORT = 8000  # of the lessons; the steps follow


@dataclass(frozen=True)
class Step:
    """One step of the course; the keys are explained in steps/steps.toml."""

    number: str
    folder: str
    title: str
    question: str
    carries: str
    minutes: dict[str, int]
    servers: list[str]
    needs: list[str]
    can: dict[str, bool]
    changes: list[str]

    @property
    def path(self) -> Path:
        """The folder of the step."""
        return STEPS / self.folder

    @property
    def port(self) -> int:
        """The port where the step is served if nobody says otherwise."""
        return FIRST_PORT + int(self.number)


def load_steps() -> list[Step]:
    """Return the steps in their order."""
    manifest = tomllib.loads((STEPS / "steps.toml").read_text("utf-8"))
    return [Step(**entry) for entry in manifest["step"]]


def find_step(name: str) -> Step:
    """Return the step called `3`, `03` or `03-inmemory-layer`."""
    steps = load_steps()
    wanted = Path(name).name  # a folder typed with the help of the Tab key
    for step in steps:
        if wanted in {step.number, step.number.lstrip("0"), step.folder}:
            return step
    numbers = " ".join(step.number for step in steps)
    raise CourseError(f'There is no step "{name}". The steps are: {numbers}.')

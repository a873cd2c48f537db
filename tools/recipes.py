"""The recipes, and how one is laid over a copy of its step.

A recipe holds only what it adds to a step or changes there, so neither a test nor a
recording can run it where it is. Both lay it over a copy here, as a reader does with
`cp`: the step, then the parts that the recipe shares with others, then its own files.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from course import compare
from course.errors import CourseError
from course.steps import ROOT, find_step

RECIPES = ROOT / "recipes"
PARTS = RECIPES / "parts"
ABOUT = "recipe.toml"  # about the recipe, so no file of the project


@dataclass(frozen=True)
class Recipe:
    """One recipe; the keys are explained in recipes/README.md."""

    name: str
    step: str
    title: str
    changes: list[str]
    needs: list[str] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    python: str = ""
    parts: list[str] = field(default_factory=list)
    drops: dict[str, list[str]] = field(default_factory=dict)

    @property
    def layers(self) -> list[dict[str, bytes]]:
        """What is laid over the step, one after the other: its parts, and its own files."""
        folders = [*(PARTS / part for part in self.parts), RECIPES / self.name]
        layers = [compare.files_in(folder) for folder in folders]
        del layers[-1][ABOUT]
        return layers

    def files(self) -> dict[str, bytes]:
        """Return all of these files: path inside the step, and content."""
        return {
            path: content for layer in self.layers for path, content in layer.items()
        }

    def make(self, folder: Path) -> None:
        """Lay the recipe over a copy of its step that is there already.

        It has this name so that a stage takes a recipe as it takes any change to a step.
        """
        compare.write(self.files(), folder)

    def lay(self, folder: Path) -> Path:
        """Copy the step into a folder, and lay the recipe over it."""
        self.make(compare.copy(find_step(self.step), folder))
        return folder


def load() -> list[Recipe]:
    """Return all recipes, in the order of their names."""
    return [find(path.parent.name) for path in sorted(RECIPES.glob(f"*/{ABOUT}"))]


def find(name: str) -> Recipe:
    """Return a recipe by the name of its folder."""
    about = RECIPES / name / ABOUT
    if not about.is_file():
        raise CourseError(f'There is no recipe "{name}".')
    return Recipe(name, **tomllib.loads(about.read_text("utf-8")))

"""A way back from `--fix`: Git if all is committed there, otherwise a copy of the folder."""

import os
import shutil
import subprocess
from pathlib import Path

from channels_doctor.errors import DoctorError
from channels_doctor.reading import SKIPPED

# Settings in a project's own .git/config can name programs to run; these are not run.
GIT = (
    "git",
    "--no-optional-locks",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=",
)


class Safekeeping:
    """Sees to it that every change can be undone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.copy: Path | None = None
        self.is_clean: bool | None = (
            None  # everything was committed before the first change
        )

    def keep(self, files: set[str]) -> str:
        """Make a copy of the folder if Git doesn't hold these files; return what to say."""
        if self.is_clean is None:
            self.is_clean = self.git("status", "--porcelain", "--", ".") == ""
        if self.copy or (self.is_clean and all(map(self.is_in_git, files))):
            return ""
        self.copy = self.free_name()
        try:
            shutil.copytree(self.folder, self.copy, symlinks=True, ignore=not_written)
        except (OSError, shutil.Error) as error:
            text = f"The folder can't be copied to {self.copy}, so nothing was changed."
            raise DoctorError(f"{text} Commit your work with Git first.") from error
        return f"A copy of the folder as it is now: {self.copy}"

    @property
    def way_back(self) -> str:
        """Say how to undo everything."""
        if self.copy:
            return f"To undo: the files as they were are in {self.copy}"
        return f"To undo: git -C {self.folder} restore ."

    def is_in_git(self, file: str) -> bool:
        """Tell whether Git can give a file back; it can if there was none, too."""
        if not os.path.lexists(self.folder / file):
            return True
        return bool(self.git("ls-files", "--", f":(literal){file}"))

    def git(self, *words: str) -> str | None:
        """Return what a git command prints in that folder; None if it fails."""
        command = [*GIT, "-C", os.fspath(self.folder), *words]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace"
            )
        except OSError:  # no git
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    def free_name(self) -> Path:
        """Return a name beside the folder that nothing has."""
        folder = self.folder.resolve()
        first = folder.with_name(f"{folder.name}-before-doctor")
        name, number = first, 1
        while os.path.lexists(name):
            number += 1
            name = first.with_name(f"{first.name}-{number}")
        return name


def not_written(place: str, names: list[str]) -> set[str]:
    """Return what a copy doesn't need: environments, caches, Git's own folder, pipes."""
    left = {"migrations", "vendor"}  # those are a person's own
    skipped = {name for name in names if name in SKIPPED - left or name == ".git"}
    for name in names:
        path = os.path.join(place, name)
        is_environment = os.path.exists(os.path.join(path, "pyvenv.cfg"))
        is_special = not (
            os.path.isdir(path) or os.path.isfile(path) or os.path.islink(path)
        )
        if is_environment or is_special:
            skipped.add(name)
    return skipped

"""What to say when the folder on the command line isn't one that can be examined."""

import os
from pathlib import Path

ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".xz", ".7z", ".rar")
HOW_FAR_UP = 3


def why_no_folder(folder: Path) -> str:
    """Say why this isn't a folder, and which one to name."""
    if not os.path.lexists(folder):
        return f"There is no folder {folder}. Name the folder that contains manage.py."
    if folder.name.lower().endswith(ARCHIVES):
        return f"{folder} is an archive. Unpack it, then name the folder that you get."
    if os.path.isfile(folder):
        return f"{folder} is a file. Name its folder: {folder.parent}"
    return f"{folder} isn't a folder. Name the folder that contains manage.py."


def why_no_project(folder: Path, files: list[str]) -> str:
    """Say why there is nothing to examine, and where there might be."""
    nothing = (
        f"No manage.py in {folder} or below, so there is no Django project to check."
    )
    if above := project_above(folder):
        return f"{nothing} There is one in {above}: name that folder."
    names = [file.rpartition("/")[2].lower() for file in files]
    if "asgi.py" in names or "settings.py" in names:
        where = next(f for f in files if f.endswith(("asgi.py", "settings.py")))
        return (
            f"{nothing} But there is {where}: add the manage.py that"
            " `django-admin startproject` makes, because the doctor starts from it."
        )
    if archives := [name for name in names if name.endswith(ARCHIVES)]:
        return f"{nothing} Archives aren't opened: unpack {archives[0]} first."
    if any(name.endswith(".ipynb") for name in names):
        return f"{nothing} Notebooks aren't read; the doctor reads a project's files."
    return f"{nothing} Name the folder that contains manage.py."


def project_above(folder: Path) -> Path | None:
    """Return the nearest folder above that has a manage.py, a few levels up."""
    try:
        parents = folder.resolve().parents[:HOW_FAR_UP]
    except OSError:
        return None
    return next((one for one in parents if os.path.isfile(one / "manage.py")), None)

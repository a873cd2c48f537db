"""`--run`: really start a copy of the project, open its pages and sockets, say what happened.

The original is only read. The copy runs with its own environment, Redis and database, in a
temporary folder that is removed in the end, and nothing is sent beyond this machine but what
pip asks its index for. The project's code runs in processes of its own, never in this one.

Where to begin reading: `running`.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from channels_doctor.errors import DoctorError
from channels_doctor.examination import projects_in
from channels_doctor.project import Project
from channels_doctor.trial.processes import ended_by_signals
from channels_doctor.trial.report import Step, TrialReport
from channels_doctor.trial.running import Trial

__all__ = ["Step", "TrialReport", "run"]


def run(folder: Path, say: Callable[[str], None]) -> TrialReport:
    """Start the project in this folder, and report what worked; `say` gets the progress.

    Raises DoctorError unless there is exactly one project.
    """
    folder = Path(folder).resolve()
    project = the_project(folder)
    with (
        ended_by_signals(),
        tempfile.TemporaryDirectory(
            prefix="channels-doctor-", ignore_cleanup_errors=True
        ) as temp,
    ):
        return Trial(folder, project, Path(temp).resolve(), say).run()


def the_project(folder: Path) -> Project:
    """Return the one project in a folder."""
    projects = list(projects_in(folder)) if folder.is_dir() else []
    if not projects:
        raise DoctorError(
            f"There is no manage.py in {folder} or below, so nothing to run."
        )
    if len(projects) > 1:
        roots = sorted(project.modules.root or "." for project in projects)
        names = ", ".join(roots[:5]) + (", …" if len(roots) > 5 else "")
        raise DoctorError(
            f"There are {len(roots)} projects in {folder}: {names}. Name the folder of the"
            " one to run."
        )
    return projects[0]

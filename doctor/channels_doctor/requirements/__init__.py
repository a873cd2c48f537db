"""What a project asks to be installed, in whatever file and form it asks for it."""

import re
from collections.abc import Callable

from channels_doctor.requirements import other_files, pip_files, toml_files
from channels_doctor.requirements.need import Need, Version
from channels_doctor.requirements.together import (
    ChannelsVersion,
    Requirements,
    RequirementsFile,
)

__all__ = [
    "ChannelsVersion",
    "Need",
    "Requirements",
    "RequirementsFile",
    "Version",
    "reader_of",
]

Reader = Callable[[str, str], RequirementsFile | None]

# By the name of the file, in the order in which they are tried.
READERS: list[tuple[str, Reader]] = [
    (r"pyproject\.toml$", toml_files.read_pyproject),
    (r"pipfile$", toml_files.read_pipfile),
    (r"pipfile\.lock$", other_files.read_pipfile_lock),
    (r"(uv|poetry|pdm)\.lock$", toml_files.read_toml_lock),
    (r"(environment|conda|env)[^/]*\.ya?ml$", other_files.read_conda),
    (r"setup\.cfg$", other_files.read_setup_cfg),
    (r"setup\.py$", other_files.read_setup_py),
    (r"(\.python-version|runtime\.txt)$", other_files.read_python_version),
    (
        r"([^/]*(requi?re?ments?|requerim|requisit|dependenc)[^/]*|reqs?[^/]*|pip|freeze"
        r"|requirements/.+)\.(txt|in|pip)$",
        pip_files.read_pip_file,
    ),
    (
        r"(readme[^/]*|[^/]*dockerfile[^/]*|procfile[^/]*|[^/]*\.sh|compose[^/]*\.ya?ml"
        r"|docker-compose[^/]*\.ya?ml)$",
        other_files.read_commands,
    ),
]


def reader_of(file: str) -> Reader | None:
    """Return what reads a file of that name; None if no packages are asked for in it."""
    for name, reader in READERS:
        if re.search(rf"(^|/){name}", file, re.IGNORECASE):
            return reader
    return None

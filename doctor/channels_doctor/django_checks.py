"""The findings as messages of Django's system checks: `manage.py check --tag channels_doctor`.

An id is `channels_doctor.NAME`, which SILENCED_SYSTEM_CHECKS takes.
"""

import importlib
import re
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning

from channels_doctor.examination import examine_folder
from channels_doctor.finding import Finding
from channels_doctor.site import url_of
from channels_doctor.terminal import safe

TAG = "channels_doctor"


def examine_this_project(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Examine the project that is running, if the command line asks for this tag.

    An Error stops `runserver` and `migrate`, and they would read all files at each start.
    """
    folder = folder_of_this_project() if is_asked_for(sys.argv) else None
    if folder is None:
        return []
    seen = examine_folder(folder)
    messages = [message_of(finding) for finding in seen.findings]
    for note in seen.notes:
        messages.append(Info(note.text, obj=note.where or None, id=f"{TAG}.note"))
    return messages


def is_asked_for(arguments: list[str]) -> bool:
    """Tell whether a command line says `--tag channels_doctor`.

    Django runs every registered check, and doesn't tell it for which tags.
    """
    words = " ".join(arguments[1:])
    return bool(re.search(rf"(?<!\S)(--tag[ =]|-t ?){TAG}(?!\S)", words))


def message_of(one: Finding) -> CheckMessage:
    """Return a finding as Django's checks say it."""
    kind = Error if one.level == "wrong" else Warning
    what = f"{one.what}\n\t{safe(one.line)}" if one.line else one.what
    hint = f"{one.do} More: {url_of(one.page)}" if one.page else one.do
    return kind(what, hint=hint, obj=safe(one.where), id=f"{TAG}.{one.name}")


def folder_of_this_project() -> Path | None:
    """Return the folder with manage.py, above the settings; None if there is none."""
    file = importlib.import_module(settings.SETTINGS_MODULE).__file__
    for folder in Path(file or ".").resolve().parents:
        if (folder / "manage.py").is_file():
            return folder
    return None

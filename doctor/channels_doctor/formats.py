"""The report for programs: JSON, and annotations on a pull request at GitHub."""

import json
import os
from collections.abc import Iterator
from typing import Any

from channels_doctor.examination import Examination
from channels_doctor.finding import Finding
from channels_doctor.report import diff_of
from channels_doctor.secrets import hide
from channels_doctor.site import url_of
from channels_doctor.terminal import safe

SCHEMA = (
    1  # grows when a key changes its meaning or goes away; new keys may come any time
)


def as_json(seen: Examination, trial: Any = None) -> str:
    """Return everything as one JSON object; the README describes its keys."""
    levels = [finding.level for finding in seen.findings]
    described = {
        "schema": SCHEMA,
        "folder": safe(str(seen.folder)),
        "projects": [safe(patient.root) or "./" for patient in seen.patients],
        "findings": [finding_as_data(one, seen.texts) for one in seen.findings],
        "notes": [{"file": safe(at), "text": text} for at, text in seen.notes],
        "counts": {level: levels.count(level) for level in ("wrong", "risk")},
    }
    if trial is not None:
        described["trial"] = trial.as_data() | {"lines": list(trial.lines)}
    return json.dumps(described, indent=2)


def finding_as_data(one: Finding, texts: dict[str, str]) -> dict[str, Any]:
    """Return one finding with the keys of the README."""
    return {
        "name": one.name,
        "stage": one.stage.name.lower(),
        "level": one.level,
        "file": safe(one.file),
        "line": one.line_number or None,
        "code": one.line or None,
        "what": one.what,
        "unseen": one.unseen or None,
        "do": one.do,
        "diff": "\n".join(diff_of(one, texts)) or None,
        "certain": one.is_certain,
        "url": url_of(one.page) if one.page else None,
    }


def as_github(seen: Examination, trial: Any = None) -> Iterator[str]:
    """Yield workflow commands, which GitHub shows beside the lines of a pull request."""
    for one in seen.findings:
        kind = "error" if one.level == "wrong" else "warning"
        more = f"\n{url_of(one.page)}" if one.page else ""
        place = {"file": path_from_here(seen, one.file), "line": one.line_number or 1}
        yield command(kind, f"{one.what}\n{one.do}{more}", **place, title=one.name)
    for note in seen.notes:
        yield command(
            "notice", f"{note.where}: {note.text}".lstrip(": "), title="doctor"
        )
    if trial is not None and trial.has_failed:
        yield command("error", hide("\n".join(trial.lines)), title="--run")


def path_from_here(seen: Examination, file: str) -> str:
    """Return a path from the folder in which the job runs, which GitHub expects."""
    try:
        path = os.path.relpath(seen.folder / file)
    except ValueError:  # another drive of Windows
        path = str(seen.folder / file)
    return path.replace(os.sep, "/")


def command(kind: str, message: str, **properties: object) -> str:
    """Return one workflow command, escaped as GitHub's own toolkit escapes it."""
    parts = []
    for name, value in properties.items():
        text = escaped(safe(str(value))).replace(":", "%3A").replace(",", "%2C")
        parts.append(f"{name}={text}")
    return f"::{kind} {','.join(parts)}::{escaped(message)}"


def escaped(text: str) -> str:
    """Return a text in one line, as the runner reads it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

"""A check of the database's settings: do connections end under ASGI?"""

import ast
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.finding import Finding
from channels_doctor.project import Project
from channels_doctor.python_code import last_name
from channels_doctor.settings import UNKNOWN, value_of

URL_READERS = {"config", "parse", "db", "db_url", "dj_db_url", "database_url"}


def connections_end(project: Project) -> Iterator[Finding]:
    """Under ASGI, no database connection is kept for a thread that never comes back."""
    if not project.consumers:
        return
    for file in project.settings.files:
        for node in ast.walk(project.modules.trees[file]):
            for value in ages_in(node):
                number = value_of(value, project.settings.values)
                if (
                    number is not UNKNOWN
                    and number != 0
                    and not isinstance(number, str)
                ):
                    source = project.source_of(value)
                    shown = "None" if number is None else str(number)
                    edit = source.replace(value, "0")
                    yield say(
                        "conn-max-age", value, edit, number=shown, is_certain=True
                    )


def ages_in(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what is given for CONN_MAX_AGE, in a dict or in a call that reads a URL."""
    match node:
        case ast.Dict():
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "CONN_MAX_AGE":
                    yield value
        case ast.Assign(targets=[ast.Subscript(slice=ast.Constant("CONN_MAX_AGE"))]):
            yield node.value
        case ast.Call() if last_name(node.func) in URL_READERS | {"dict"}:
            for keyword in node.keywords:
                if keyword.arg in ("conn_max_age", "CONN_MAX_AGE"):
                    yield keyword.value


CHECKS = [connections_end]

"""Checks of the templates and the scripts: is typed text shown, and only shown?"""

import ast
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.pages_code import PAGES
from channels_doctor.project import Project
from channels_doctor.python_code import last_name

# Names that students give to what a person typed.
TYPED = r"\b(message|mensagem|msg|text|texto|content|data|sender|user|username)\b"
# The ways to make markup from text, and the expression up to its end.
MARKUP = re.compile(
    r"\.innerHTML\s*\+?=(?!=)([^;]*)"
    r"|\b(?:insertAdjacentHTML|document\.write|createContextualFragment)\(([^;]*)"
    r"|\.(?:append|prepend|html|after|before)\(\s*(['\"`]<[^;]*)"  # of jQuery
    r"|dangerouslySetInnerHTML=\{\{\s*__html:([^}]*)\}"
    r"|\bv-html=\"([^\"]*)\"|\{@html\s([^}]*)\}"
)
FIXED_TEXT = r"'[^'\n]*'|\"[^\"\n]*\"|`[^`$]*`"


def json_is_not_marked_safe(project: Project) -> Iterator[Finding]:
    """Data reaches a script by json_script, which knows about "</script>"."""
    for call in project.nodes(ast.Call):
        match call.args:
            case [ast.Call(func=inner)] if last_name(inner) == "dumps":
                if project.names.origin(call.file, call.func).endswith("mark_safe"):
                    yield say("mark-safe", call)


def typed_text_stays_text(project: Project) -> Iterator[Finding]:
    """What a person typed is put into a page as text, never as markup."""
    for found, where in project.search(PAGES, MARKUP.pattern):
        expression = found[found.lastindex or 0]
        # Of `<b>message ${text}</b>` only the text varies.
        varying = re.sub(r"[^`{}]*\$\{", " ${", expression)
        varying = re.sub(FIXED_TEXT, "", varying)
        is_cleaned = re.search("escape|sanitize|purify", varying, re.IGNORECASE)
        if re.search(TYPED, varying, re.IGNORECASE) and not is_cleaned:
            edits = as_text(project, found, where, expression)
            yield say("inner-html", where, *edits)


def as_text(
    project: Project, found: re.Match[str], where: str, expression: str
) -> list[Edit]:
    """Return the edit that shows the text, if there's no markup around it."""
    file = where.rpartition(":")[0]
    start = found.start() + 1
    is_there = project.sources[file].text[start:].startswith("innerHTML")
    if not is_there or "<" in expression or "\n" in expression.strip():
        return []
    return [Edit(file, start, start + len("innerHTML"), "textContent")]


CHECKS = [
    json_is_not_marked_safe,
    typed_text_stays_text,
]

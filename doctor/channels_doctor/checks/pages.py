"""Checks of the templates and the scripts: is typed text shown, and only shown?"""

import ast
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.finding import Finding
from channels_doctor.pages_code import PAGES
from channels_doctor.project import Project
from channels_doctor.python_code import dotted, last_name

# Names that students give to what a person typed.
TYPED = r"\b(message|mensagem|msg|text|texto|content|data|sender|user|username)\b"
# The three ways to make markup from text, and the expression up to its end.
MARKUP = r"(?:\.innerHTML\s*\+?=(?!=)|insertAdjacentHTML\(|document\.write\()([^;]*)"
FIXED_TEXT = r"'[^'\n]*'|\"[^\"\n]*\"|`[^`$]*`"


def templates_are_there(project: Project) -> Iterator[Finding]:
    """A view names a template that exists."""
    for name, node in templates(project):
        app, slash, _ = name.partition("/")
        # "account/login.html" may well come from an installed package.
        is_ours = not slash or any(f"templates/{app}/" in one for one in project.files)
        is_there = any(f"/{file}".endswith(f"/{name}") for file in project.files)
        if is_ours and not is_there:
            yield say("template-missing", node, template=name)


def templates(project: Project) -> Iterator[tuple[str, ast.AST]]:
    """Yield the templates that views name, and where."""
    for node in project.nodes(ast.Call, ast.Assign):
        match node:
            case ast.Call(func=function, args=[_, ast.Constant(value=str(name)), *_]):
                if name and last_name(function) == "render":
                    yield name, node
            case ast.Assign(targets=[target], value=ast.Constant(value=str(name))):
                if name and dotted(target) == "template_name":
                    yield name, node


def json_is_not_marked_safe(project: Project) -> Iterator[Finding]:
    """Data reaches a script by json_script, which knows about "</script>"."""
    for call in project.nodes(ast.Call):
        match call.args:
            case [ast.Call(func=inner)] if last_name(call.func) == "mark_safe":
                if last_name(inner) == "dumps":
                    yield say("mark-safe", call)


def typed_text_stays_text(project: Project) -> Iterator[Finding]:
    """What a person typed is put into a page as text, never as markup."""
    for found, where in project.search(PAGES, MARKUP):
        # Of `<b>message ${text}</b>` only the text varies.
        varying = re.sub(r"[^`{}]*\$\{", " ${", found[1])
        varying = re.sub(FIXED_TEXT, "", varying)
        is_cleaned = re.search("escape|sanitize|purify", varying, re.IGNORECASE)
        if re.search(TYPED, varying, re.IGNORECASE) and not is_cleaned:
            yield say("inner-html", where)


CHECKS = [
    templates_are_there,
    json_is_not_marked_safe,
    typed_text_stays_text,
]

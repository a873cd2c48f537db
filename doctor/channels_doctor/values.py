"""What kind of value an expression surely makes: can it go into JSON, or through Redis?"""

import ast

from channels_doctor.imported_names import ImportedNames

# Calls whose result is neither JSON nor anything that a channel layer can pack.
MAKES = {
    "datetime.date.today": "datetime.date",
    "datetime.datetime.now": "datetime.datetime",
    "datetime.datetime.today": "datetime.datetime",
    "datetime.datetime.utcnow": "datetime.datetime",
    "datetime.timedelta": "datetime.timedelta",
    "decimal.Decimal": "decimal.Decimal",
    "django.utils.timezone.localdate": "datetime.date",
    "django.utils.timezone.localtime": "datetime.datetime",
    "django.utils.timezone.now": "datetime.datetime",
    "set": "set",
    "uuid.uuid1": "UUID",
    "uuid.uuid4": "UUID",
}


def odd_value(node: ast.AST, imports: ImportedNames) -> str:
    """Return "datetime.datetime" for timezone.now(); "" for what may well be plain."""
    match node:
        case ast.Set() | ast.SetComp():
            return "set"
        case ast.Call(func=function):
            return MAKES.get(imports.full_name(function), "")
    return ""


def odd_values(node: ast.AST, imports: ImportedNames) -> dict[ast.AST, str]:
    """Return the odd values in a dictionary or list, at any depth."""
    parts: list[ast.AST] = []
    match node:
        case ast.Dict():
            parts = node.values
        case ast.List() | ast.Tuple():
            parts = node.elts
    found = {}
    for part in parts:
        if name := odd_value(part, imports):
            found[part] = name
        else:
            found |= odd_values(part, imports)
    return found


def plainly(name: str, code: str) -> str:
    """Return the code that makes a plain value of an odd one."""
    if name.startswith("datetime.d"):
        return f"{code}.isoformat()"
    if name == "datetime.timedelta":
        return f"{code}.total_seconds()"
    return f"list({code})" if name == "set" else f"str({code})"

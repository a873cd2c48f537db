"""Checks of events and transactions: nobody hears of what isn't in the database yet."""

import ast
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.channels_code import group_verb
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.functions import class_of, function_of, is_plain
from channels_doctor.project import Project
from channels_doctor.python_code import Function, ancestors_of, body_of, last_name

SIGNALS = {"m2m_changed", "post_delete", "post_save", "pre_delete", "pre_save"}
OF_ADMIN = {
    "delete_model",
    "delete_queryset",
    "save_formset",
    "save_model",
    "save_related",
}


def events_wait_for_the_commit(project: Project) -> Iterator[Finding]:
    """An event about a row is sent when other processes can see the row."""
    receivers = receivers_of(project)
    for call in project.nodes(ast.Call):
        function = function_of(call)
        if function is None or not (group_verb(call) or call.args or call.keywords):
            continue
        place = ""
        if group_verb(call) != "group_send":
            place = sends_at(project, call)
        if group_verb(call) == "group_send" or place:
            if reason := transaction_around(project, call, function, receivers):
                edits = after_commit(project, call)
                where = f", at {place}" if place else ""
                yield say("before-commit", call, *edits, reason=reason, place=where)


def receivers_of(project: Project) -> dict[Function, str]:
    """Return the functions that Django calls for a model's signal, and which one."""
    found: dict[Function, str] = {}
    for function in project.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        for decorator in function.decorator_list:
            match decorator:
                case ast.Call(func=name, args=[signals, *_]) if (
                    last_name(name) == "receiver"
                ):
                    listed = getattr(signals, "elts", [signals])
                    names = SIGNALS & {last_name(one) for one in listed}
                    if names:
                        found[function] = min(names)
    for call in project.nodes(ast.Call):
        match call:
            case ast.Call(
                func=ast.Attribute(value=signal, attr="connect"), args=[given, *_]
            ) if last_name(signal) in SIGNALS:
                if function := project.functions.meant_by(given):
                    found[function] = last_name(signal)
    return found


def sends_at(project: Project, call: ast.Call) -> str:
    """Return where a plain function of the project sends to a group, if it's that."""
    if not isinstance(call.func, ast.Name | ast.Attribute):
        return ""
    function = project.functions.meant_by(call.func)
    if is_plain(function):
        for node in body_of(function):
            if isinstance(node, ast.Call) and group_verb(node) == "group_send":
                return f"{node.file}:{node.lineno}"
    return ""


def transaction_around(
    project: Project, call: ast.Call, function: Function, receivers: dict[Function, str]
) -> str:
    """Return in which transaction a call is, if it may be in one."""
    for outer in ancestors_of(call):
        if isinstance(outer, ast.Lambda):
            return ""  # that runs later, maybe in on_commit
        if outer is function:
            break
        if isinstance(outer, ast.With) and any(
            is_atomic(project, item.context_expr) for item in outer.items
        ):
            return "inside transaction.atomic()"
    if any(is_atomic(project, one) for one in function.decorator_list):
        return "inside transaction.atomic()"
    if function in receivers:
        return f"in {receivers[function]}, which runs inside the transaction of save()"
    owner = class_of(call)
    if owner is not None and function.parent is owner:
        bases = {last_name(base) for base in owner.bases}
        if function.name in ("save", "delete") and owner.name in project.models.by_name:
            return f"in {function.name}(), which runs inside the caller's transaction"
        if function.name in OF_ADMIN and any("Admin" in base for base in bases):
            return "in the admin, which opens a transaction for each change"
    if is_view(function) and has_atomic_requests(project):
        return "in a view, which ATOMIC_REQUESTS runs inside a transaction"
    return ""


def is_atomic(project: Project, node: ast.expr) -> bool:
    """Tell whether it's django.db.transaction.atomic, called or not."""
    called = node.func if isinstance(node, ast.Call) else node
    return project.imported_names.path_of(called) == "django.db.transaction.atomic"


def is_view(function: Function) -> bool:
    """Tell whether a function is a view, or a method of one."""
    if isinstance(function, ast.AsyncFunctionDef):
        return False  # ATOMIC_REQUESTS raises RuntimeError for those
    names = [one.arg for one in function.args.args]
    is_open = any(
        last_name(getattr(one, "func", one)) == "non_atomic_requests"
        for one in function.decorator_list
    )
    is_method = names[:1] == ["self"] and function.name in (
        "form_valid",
        *("delete", "get", "patch", "perform_create", "perform_update", "post", "put"),
    )
    if is_method:
        return any("View" in last_name(base) for base in class_of(function).bases)
    return names[:1] == ["request"] and not is_open


def has_atomic_requests(project: Project) -> bool:
    """Tell whether each request is a transaction of the default database."""
    match project.settings.get("DATABASES"):
        case {"default": {"ATOMIC_REQUESTS": True}}:
            return True
    return False


def after_commit(project: Project, call: ast.Call) -> list[Edit]:
    """Return the edits that send the event after the commit.

    With partial(), because a lambda would look at the row only then: its pk is None after
    a delete, and the variable of a loop has moved on.
    """
    is_statement = isinstance(call.parent, ast.Expr)
    if not is_statement or isinstance(function_of(call), ast.AsyncFunctionDef):
        return []
    return [
        *as_partial(project, call, "transaction.on_commit(", ")"),
        *project.importing(call, "functools.partial"),
        *project.importing(call, "django.db.transaction"),
    ]


def as_partial(
    project: Project, call: ast.Call, before: str = "", after: str = ""
) -> list[Edit]:
    """Return the edits that make partial(f, x) of f(x)."""
    source = project.source_of(call)
    start, end = source.range_of(call)
    name_end = source.range_of(call.func)[1]
    bracket = source.text.index("(", name_end)
    has_arguments = bool(call.args or call.keywords)
    gap = source.text[bracket + 1 : end]
    comma = ", " if has_arguments and not gap.startswith(("\n", "\r")) else ","
    return [
        Edit(source.file, start, start, f"{before}partial("),
        Edit(source.file, name_end, bracket + 1, comma if has_arguments else ""),
        *([Edit(source.file, end, end, after)] if after else []),
    ]


def callbacks_keep_their_values(project: Project) -> Iterator[Finding]:
    """A callback made in a loop has the values of its own turn."""
    for call in project.nodes(ast.Call):
        match call:
            case ast.Call(args=[ast.Lambda() as later, *_]) if (
                last_name(call.func) == "on_commit"
            ):
                names = {n.id for n in ast.walk(later.body) if isinstance(n, ast.Name)}
                kept = {one.arg for one in later.args.args}
                for name in sorted((names - kept) & changed_around(call)):
                    yield say(
                        "late-callback", later, *bound_now(project, later), name=name
                    )
                    break


def changed_around(call: ast.Call) -> set[str]:
    """Return the names that the loops around a call give a new value each time."""
    names: set[str] = set()
    for outer in ancestors_of(call):
        if isinstance(outer, Function | ast.Lambda):
            break
        if isinstance(outer, ast.For):
            targets = (n for n in ast.walk(outer.target) if isinstance(n, ast.Name))
            names |= {node.id for node in targets}
            names |= {
                node.id
                for node in body_of(outer)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
    return names


def bound_now(project: Project, later: ast.Lambda) -> list[Edit]:
    """Return the edits that write partial(f, x) in place of `lambda: f(x)`."""
    if not isinstance(later.body, ast.Call):
        return []
    source = project.source_of(later)
    start, end = source.range_of(later)[0], source.range_of(later.body)[0]
    rest = as_partial(project, later.body)
    first = Edit(source.file, start, end, rest[0].new)
    return [first, *rest[1:], *project.importing(later, "functools.partial")]


CHECKS = [events_wait_for_the_commit, callbacks_keep_their_values]

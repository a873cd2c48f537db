"""A check of asgi.py: is Django ready before the imports that need it?"""

import ast
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.modules import guarded, settings_named_in, statements_run
from channels_doctor.project import Project
from channels_doctor.python_code import Function, calls_in, dotted, last_name

# Measured with Django 5.2, DRF 3.16, simplejwt 5.5, allauth 65, guardian, taggit: these raise
# AppRegistryNotReady before get_asgi_application(), others of the same packages don't.
NEEDS_APPS = re.compile(
    r"django\.contrib\.(\w+\.)+models$"
    r"|django\.contrib\.auth\.(backends|middleware|forms|mixins|views)$"
    r"|django\.contrib\.contenttypes\.fields$"
    r"|rest_framework\.authtoken\.models$"
    r"|rest_framework_simplejwt\.(authentication|backends|models|serializers|state|tokens|views)$"
    r"|(allauth\.\w+|guardian|taggit|oauth2_provider|django_celery_beat|knox)\.models$"
    r"|guardian\.shortcuts$|taggit\.managers$"
)
# These only need the settings to be named: "settings are not configured".
NEEDS_SETTINGS = re.compile(
    r"rest_framework\.(views|viewsets|generics|decorators|routers|renderers)$"
    r"|rest_framework_simplejwt\.settings$"
    r"|djangochannelsrestframework\.\w+$"
)
READY = {"get_asgi_application", "setup"}


def django_is_ready_before_the_imports(project: Project) -> Iterator[Finding]:
    """Nothing that needs models is imported above get_asgi_application()."""
    tree = project.asgi_tree
    ready = [
        statement
        for statement in tree.body
        if not isinstance(statement, Function | ast.ClassDef)
        and any(last_name(call.func) in READY for call in calls_in(statement))
    ]
    routers = [c for c in calls_in(tree) if last_name(c.func) == "ProtocolTypeRouter"]
    if not ready and not routers:
        return
    last = ready[0].lineno if ready else tree.body[-1].end_lineno + 1
    named = min((node.lineno for node in settings_named_in(tree)), default=last)
    safe = guarded(tree)
    for statement in tree.body:
        if statement.lineno < last and statement not in safe:
            is_named = statement.lineno > named
            yield from early_import(project, statement, ready[:1], is_named)


def early_import(
    project: Project, statement: ast.stmt, ready: list[ast.stmt], is_named: bool
) -> Iterator[Finding]:
    """Name the first module in an import statement that should come later."""
    error = (
        "AppRegistryNotReady: Apps aren't loaded yet."
        if is_named
        else "ImproperlyConfigured: Requested setting …, but settings are not configured."
    )
    for module in project.modules.imported_by(statement):
        chain = chain_to_models(project, module, is_named, [])
        if chain:
            words = {
                "module": module,
                "package": project.asgi_setting[0],
                "chain": " imports ".join(chain),
                "error": error,
            }
            yield say(
                "models-before-apps",
                statement,
                *move(project, statement, ready),
                **words,
            )
            return
        if project.modules.file_of(module) and re.search("routing|consumers", module):
            edits = move(project, statement, ready)
            yield say("routing-before-apps", statement, *edits, module=module)
            return


def chain_to_models(
    project: Project, module: str, is_named: bool, seen: list[str]
) -> list[str]:
    """Return the modules from one to what needs Django's apps; empty if nothing does."""
    if NEEDS_APPS.match(module) or (not is_named and NEEDS_SETTINGS.match(module)):
        return [module]
    file = project.modules.file_of(module)
    tree = project.modules.trees.get(file)
    if file in seen or tree is None:
        return []
    if re.search(r"(^|/)models(\.py|/)", file) or asks_for_apps(tree):
        return [module]
    seen.append(file)
    safe = guarded(tree)
    for statement in statements_run(tree.body):
        if statement in safe:
            continue
        for inner in project.modules.imported_by(statement):
            chain = chain_to_models(project, inner, is_named, seen)
            if chain:
                return [module, *chain]
    return []


def asks_for_apps(tree: ast.Module) -> bool:
    """Tell whether a module calls get_user_model() or apps.get_model() on import."""
    for statement in statements_run(tree.body):
        if isinstance(statement, Function | ast.ClassDef | ast.If | ast.Try | ast.With):
            continue  # what's in them comes by itself
        for node in ast.walk(statement):
            if isinstance(node, ast.Lambda):
                break
            if isinstance(node, ast.Call):
                name = dotted(node.func)
                if last_name(node.func) == "get_user_model" or name == "apps.get_model":
                    return True
    return False


def move(project: Project, statement: ast.stmt, ready: list[ast.stmt]) -> list[Edit]:
    """Return the edits that move an import below get_asgi_application()."""
    source = project.source_of(statement)
    lines = [source.line(n) for n in range(statement.lineno, statement.end_lineno + 1)]
    if not ready or statement.col_offset or any(";" in line for line in lines):
        return []
    text = "\n".join(lines)
    edits = [source.delete_lines(statement.lineno, statement.end_lineno)]
    match ready[0]:
        case ast.Assign(value=ast.Call() as call) if last_name(call.func) in READY:
            return [*edits, source.insert_after(ready[0].end_lineno, f"\n{text}", "")]
        case ast.Expr(value=ast.Call() as call) if last_name(call.func) in READY:
            return [*edits, source.insert_after(ready[0].end_lineno, f"\n{text}", "")]
    inner = [
        c for c in calls_in(ready[0]) if last_name(c.func) == "get_asgi_application"
    ]
    if len(inner) != 1:
        return []
    line = f"django_application = {source.code(inner[0])}\n\n{text}\n"
    return [
        *edits,
        source.insert_before(ready[0].lineno, line),
        source.replace(inner[0], "django_application"),
    ]


CHECKS = [django_is_ready_before_the_imports]

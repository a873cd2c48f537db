"""Checks of async views: the user, the session, log-in and templates ask the database, too."""

import ast
import re
from collections.abc import Iterator

from channels_doctor.advice import say
from channels_doctor.async_edits import awaited, if_django_has, replaced
from channels_doctor.checks.transactions import has_atomic_requests
from channels_doctor.edits import Edit
from channels_doctor.finding import Finding
from channels_doctor.functions import decorators, function_of
from channels_doctor.held import is_rows
from channels_doctor.project import Project
from channels_doctor.python_code import Function, body_of, dotted, last_name

# Calls that ask the database, and their asynchronous sisters.
SISTERS = {
    "django.contrib.auth.authenticate": "aauthenticate",
    "django.contrib.auth.login": "alogin",
    "django.contrib.auth.logout": "alogout",
    "django.contrib.auth.update_session_auth_hash": "aupdate_session_auth_hash",
    "django.shortcuts.get_list_or_404": "aget_list_or_404",
    "django.shortcuts.get_object_or_404": "aget_object_or_404",
}
SESSIONS_IN_DATABASE = {
    None,
    "django.contrib.sessions.backends.cached_db",
    "django.contrib.sessions.backends.db",
}
SESSION = "Write await request.session.aget(…) and await request.session.aset(…)."
# Middleware of Django's that doesn't look at the user or the session by itself.
QUIET_MIDDLEWARE = {
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.cache.FetchFromCacheMiddleware",
    "django.middleware.cache.UpdateCacheMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
}
# Decorators that leave the user of an async view as it is.
QUIET_DECORATORS = {"cache_control", "csrf_exempt", "csrf_protect", "login_required"}
QUIET_DECORATORS |= {"ensure_csrf_cookie", "never_cache", "require_GET", "require_POST"}
QUIET_DECORATORS |= {"require_http_methods", "require_safe"}


def views_await_the_user(project: Project) -> Iterator[Finding]:
    """An async view takes the user from `await request.auser()`."""
    if not loads_nothing_itself(project) or sets_the_user(project):
        return
    for node in project.nodes_in_async_functions():
        match node:
            case ast.Attribute(
                value=ast.Attribute(value=request, attr="user") as user
            ) if is_view(project, node):
                path = dotted(node)
                if dotted(request) not in ("request", "self.request"):
                    continue
                source = project.source_of(user)
                edits = replaced(source, user, f"{dotted(request)}.auser()")
                advice = "Write user = await request.auser(), and use user.", edits
                instead, edits = if_django_has(project, "auser()", (5, 0), advice)
                yield say("async-user", node, *edits, path=path, instead=instead)


def loads_nothing_itself(project: Project) -> bool:
    """Tell whether the user and the session are still unread when the view begins."""
    middleware = project.settings.get("MIDDLEWARE")
    return (
        isinstance(middleware, list)
        and all(isinstance(one, str) for one in middleware)
        and set(middleware) <= QUIET_MIDDLEWARE
        and "django.contrib.auth.middleware.AuthenticationMiddleware" in middleware
        and not project.allows_sync_queries
    )


def is_view(project: Project, node: ast.AST) -> bool:
    """Tell whether code is in an async view: a function that takes Django's `request`."""
    function = function_of(node)
    if not isinstance(function, ast.AsyncFunctionDef):
        return False
    names = [one.arg for one in function.args.args]
    if isinstance(function.parent, ast.ClassDef):
        # Django's own, because the request of Django REST framework is another one.
        paths = map(project.imported_names.path_of, function.parent.bases)
        is_django = any(path.startswith("django.") for path in paths)
        return is_django and names[1:2] == ["request"] and function.name in METHODS
    return names[:1] == ["request"] and decorators(function) <= QUIET_DECORATORS


METHODS = {"delete", "get", "patch", "post", "put"}


def sets_the_user(project: Project) -> bool:
    """Tell whether any code gives a request its user, as `request.user = await …` does."""
    return any(
        isinstance(node.ctx, ast.Store)
        and dotted(node) in ("request.user", "self.request.user")
        for node in project.nodes(ast.Attribute)
    )


def async_classes_have_no_login_mixin(project: Project) -> Iterator[Finding]:
    """A class with async methods doesn't leave the log-in to a mixin, which is plain."""
    for node in project.nodes(ast.ClassDef) if loads_nothing_itself(project) else ():
        names = {last_name(base): base for base in node.bases}
        methods = [part for part in node.body if isinstance(part, Function)]
        is_async = any(
            isinstance(part, ast.AsyncFunctionDef) and part.name in METHODS
            for part in methods
        )
        if is_async and "dispatch" not in {part.name for part in methods}:
            for mixin in sorted(LOGIN_MIXINS & names.keys()):
                yield say("async-login-mixin", names[mixin], mixin=mixin)


LOGIN_MIXINS = {"LoginRequiredMixin", "PermissionRequiredMixin"}


def views_await_the_session(project: Project) -> Iterator[Finding]:
    """An async view reads and writes the session by aget and aset."""
    engine = project.settings.get("SESSION_ENGINE")
    if engine not in SESSIONS_IN_DATABASE or not loads_nothing_itself(project):
        return
    said = set()
    for node in project.nodes_in_async_functions():
        match node:
            case (
                ast.Subscript(value=session)
                | ast.Attribute(
                    value=session, attr="get" | "pop" | "setdefault" | "update"
                )
            ) if dotted(session) == "request.session" and is_view(project, node):
                function = function_of(node)
                if function not in said and not loads_the_session(function):
                    said.add(function)
                    advice = SESSION, session_edits(project, node)
                    what = "request.session.aget()"
                    instead, edits = if_django_has(project, what, (5, 1), advice)
                    yield say("async-session", node, *edits, instead=instead)


def loads_the_session(function: Function) -> bool:
    """Tell whether a view awaits something that reads the session, which is then there."""
    if "login_required" in decorators(function):
        return True
    return any(
        isinstance(node, ast.Await) and "request" in ast.unparse(node)
        for node in body_of(function)
    )


def session_edits(project: Project, node: ast.AST) -> list[Edit]:
    """Return the edits that read or write the session asynchronously."""
    source = project.source_of(node)
    match node:
        case ast.Attribute(parent=ast.Call() as call, attr=verb):
            end = source.range_of(node)[1]
            rename = Edit(source.file, end - len(verb), end, f"a{verb}")
            return [*awaited(source, call), rename] if awaited(source, call) else []
        case ast.Subscript(ctx=ast.Load(), slice=key):
            code = source.code(key)
            return replaced(source, node, f"request.session.aget({code})")
        case ast.Subscript(ctx=ast.Store(), slice=key, parent=ast.Assign() as whole):
            if whole.targets == [node]:
                code, value = source.code(key), source.code(whole.value)
                return [
                    source.replace(
                        whole, f"await request.session.aset({code}, {value})"
                    )
                ]
    return []


def shortcuts_are_awaited(project: Project) -> Iterator[Finding]:
    """An async function uses aget_object_or_404, alogin and so on."""
    if project.allows_sync_queries:
        return
    for call in project.nodes_in_async_functions():
        if isinstance(call, ast.Call):
            path = project.imported_names.path_of(call.func)
            if sister := SISTERS.get(path):
                source = project.source_of(call)
                module = path.rpartition(".")[0]
                edits = awaited(source, call)
                if edits or isinstance(call.parent, ast.Await):
                    edits = [
                        *edits,
                        source.replace(call.func, sister),
                        *project.importing(call, f"{module}.{sister}"),
                    ]
                advice = f"Write await {sister}(…).", edits
                instead, edits = if_django_has(project, f"{sister}()", (5, 0), advice)
                name = source.code(call.func)
                yield say("sync-shortcut", call, *edits, call=name, instead=instead)


def async_views_have_no_atomic_requests(project: Project) -> Iterator[Finding]:
    """No async view is to be run inside a transaction."""
    if not has_atomic_requests(project):
        return
    routed = set()
    for call in project.nodes(ast.Call):
        if last_name(call.func) in ("path", "re_path") and len(call.args) > 1:
            routed |= set(dotted(call.args[1]).removesuffix(".as_view()").split("."))
    for function in project.nodes(ast.AsyncFunctionDef):
        is_class = isinstance(function.parent, ast.ClassDef)
        name = function.parent.name if is_class else function.name
        is_there = any(is_view(project, node) for node in function.body)
        if is_there and name in routed and not function.decorator_list:
            if not (is_class and function.parent.decorator_list):
                edits = [
                    project.source_of(function).insert_before(
                        function.lineno, "@transaction.non_atomic_requests"
                    ),
                    *project.importing(function, "django.db.transaction"),
                ]
                yield say(
                    "async-atomic-requests", function, *([] if is_class else edits)
                )


def templates_get_rows_not_queries(project: Project) -> Iterator[Finding]:
    """An async view gives its template rows that have been read."""
    if project.allows_sync_queries:
        return
    for call in project.nodes_in_async_functions():
        match call:
            case ast.Call(
                args=[_, ast.Constant(value=str(template)), ast.Dict() as context, *_]
            ) if last_name(call.func) == "render":
                for key, value in zip(context.keys, context.values, strict=True):
                    name = getattr(key, "value", None)
                    is_query = is_rows(project.rows.held_by(value))
                    if is_query and is_shown(project, template, str(name)):
                        source = project.source_of(value)
                        edit = source.replace(
                            value, f"[item async for item in {source.code(value)}]"
                        )
                        is_one_line = value.lineno == value.end_lineno
                        yield say(
                            "lazy-template",
                            value,
                            *([edit] if is_one_line else []),
                            name=str(name),
                            template=template,
                        )


def is_shown(project: Project, template: str, name: str) -> bool:
    """Tell whether a template of the project goes through these rows."""
    pattern = rf"\{{%\s*for\s+[\w, ]+\s+in\s+{re.escape(name)}\b"
    return any(
        re.search(pattern, text)
        for file, text in project.texts.items()
        if f"/{file}".endswith(f"/templates/{template}")
    )


CHECKS = [
    views_await_the_user,
    async_classes_have_no_login_mixin,
    views_await_the_session,
    async_views_have_no_atomic_requests,
    shortcuts_are_awaited,
    templates_get_rows_not_queries,
]

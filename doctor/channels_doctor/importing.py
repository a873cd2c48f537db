"""Where well-known names are imported from, and the edit that adds such an import."""

import ast

from channels_doctor.edits import Edit, Source

MODULES = {
    "asyncio",
    "datetime",
    "hashlib",
    "json",
    "logging",
    "os",
    "random",
    "re",
    "time",
    "uuid",
}
HOMES = {
    "asgiref.sync": "async_to_sync sync_to_async",
    "channels.auth": "AuthMiddlewareStack",
    "channels.db": "database_sync_to_async",
    "channels.exceptions": "DenyConnection StopConsumer",
    "channels.generic.websocket": (
        "AsyncJsonWebsocketConsumer AsyncWebsocketConsumer JsonWebsocketConsumer WebsocketConsumer"
    ),
    "channels.layers": "get_channel_layer",
    "channels.middleware": "BaseMiddleware",
    "channels.routing": "ChannelNameRouter ProtocolTypeRouter URLRouter",
    "channels.security.websocket": "AllowedHostsOriginValidator OriginValidator",
    "channels.sessions": "SessionMiddlewareStack",
    "django.conf": "settings",
    "django.contrib": "admin messages",
    "django.contrib.auth": "authenticate get_user_model login logout",
    "django.contrib.auth.decorators": "login_required",
    "django.contrib.auth.forms": "UserCreationForm",
    "django.contrib.auth.mixins": "LoginRequiredMixin",
    "django.contrib.auth.models": "AnonymousUser User",
    "django.core.asgi": "get_asgi_application",
    "django.db": "models",
    "django.db.models": "Q",
    "django.db.models.signals": "post_delete post_save",
    "django.dispatch": "receiver",
    "django.http": "Http404 HttpResponse HttpResponseRedirect JsonResponse",
    "django.shortcuts": "get_object_or_404 redirect render",
    "django.urls": "include path re_path reverse reverse_lazy",
    "django.utils": "timezone",
    "django.views.generic": "CreateView DetailView ListView TemplateView",
    "pathlib": "Path",
    "typing": "Any Optional",
    "urllib.parse": "parse_qs",
}
HOME_OF = {name: home for home, names in HOMES.items() for name in names.split()}


def import_of(name: str) -> str:
    """Return the import that a well-known name needs; "" for any other name."""
    if name in MODULES:
        return f"import {name}"
    return f"from {HOME_OF[name]} import {name}" if name in HOME_OF else ""


def add_import(
    source: Source, tree: ast.Module, statement: str, above: int = 0
) -> Edit:
    """Add an import below those at the top of a module.

    It never goes below the line `above`, if that is given.
    """
    after = 0
    for number, node in enumerate(tree.body):
        is_docstring = number == 0 and is_text(node)
        if not (is_docstring or isinstance(node, ast.Import | ast.ImportFrom)):
            break
        if above and node.end_lineno >= above:
            break
        after = node.end_lineno
        is_alone = is_docstring
    if after == 0:
        return Edit(
            source.file, *[start_of(source)] * 2, source.with_newlines(f"{statement}\n")
        )
    lead = "\n" if is_alone else ""
    return source.insert_after(after, lead + statement, "")


def start_of(source: Source) -> int:
    """Return where a module without imports begins, below the comments at its top."""
    number = 1
    while source.line(number).startswith("#"):
        number += 1
    return source.starts[min(number, len(source.lines) + 1) - 1]


def is_text(node: ast.AST) -> bool:
    """Tell a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)

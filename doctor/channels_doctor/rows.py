"""What an expression of a project holds: a manager, a query, a row of the database.

Only what the text tells for sure. A name that is assigned several things is one of them only
if they're all alike; what comes from elsewhere is nothing that is known here.
"""

import ast
import dataclasses
from collections.abc import Iterable

from channels_doctor.functions import (
    TO_THREAD,
    class_of,
    function_of,
    is_plain,
    runs_in_a_thread,
)
from channels_doctor.held import (
    Held,
    alike,
    is_constant,
    is_none,
    is_rows,
    manager_of,
    may_be_loaded,
    row_of,
    with_loaded,
)
from channels_doctor.names import Names, Taken
from channels_doctor.python_code import Function, body_of, dotted, last_name

CHAIN = {"all", "annotate", "defer", "distinct", "exclude", "filter", "iterator"}
CHAIN |= {
    "none",
    "only",
    "order_by",
    "prefetch_related",
    "reverse",
    "select_for_update",
}
CHAIN |= {"select_related", "using", "values", "values_list", "alias", "union"}
ONE_ROW = {"earliest", "first", "get", "last", "latest"}
FETCHED = {f"a{verb}" for verb in ONE_ROW}
PAIRS = {"aget_or_create", "aupdate_or_create", "get_or_create", "update_or_create"}


class Rows:
    """Works out what the expressions of a project hold."""

    def __init__(self, project) -> None:
        self.project = project
        self.models = project.models
        self.names = Names()
        self.known: dict[ast.AST, Held | None] = {}
        self.attributes: dict[tuple[ast.ClassDef, str], Held | None] = {}
        self.returns: dict[Function, Held | None] = {}

    def held_by(self, node: ast.AST) -> Held | None:
        """Return what an expression holds, if it's known."""
        if node not in self.known:
            self.known[node] = None  # while it's being worked out: x = x.filter()
            self.known[node] = self.work_out(node)
        return self.known[node]

    def work_out(self, node: ast.AST) -> Held | None:
        """Look at the kind of expression."""
        match node:
            case ast.Name():
                return self.of_name(node)
            case ast.Attribute():
                return self.of_attribute(node)
            case ast.Subscript():
                return self.of_subscript(node)
            case ast.Await(value=value):
                return self.of_await(value)
            case ast.Call():
                return self.of_call(node)
            case ast.IfExp(body=one, orelse=other):
                return alike([self.held_by(one), self.held_by(other)])
            case ast.NamedExpr(value=value):
                return self.held_by(value)
            case ast.ListComp(elt=ast.Name(id=name), generators=[one]):
                if dotted(one.target) == name:
                    rows = self.held_by(one.iter)
                    return rows and dataclasses.replace(rows, kind="list")
        return None

    def of_name(self, node: ast.Name) -> Held | None:
        """Follow a name to what is assigned to it, or to where it's imported from."""
        if node.id == "self":
            owner = class_of(node)
            model = self.models.by_name.get(owner.name if owner else "")
            is_model = model is not None and model.file == node.file
            return Held("row", model, None) if is_model else None
        scope: ast.AST | None = node
        while scope := function_of(scope):
            if taken := self.names.in_function(scope).get(node.id):
                return self.taken(taken)
        if taken := self.names.in_module(self.project.tree_of(node)).get(node.id):
            return self.taken(taken)
        path = self.project.imported_names.path_of(node)
        return self.model_at(path)

    def model_at(self, path: str) -> Held | None:
        """Return the model with a path such as "chat.models.Message"."""
        model = self.models.by_name.get(path.rpartition(".")[2])
        is_ours = model and model.file and "." in path
        if is_ours and self.project.modules.file_of(path.rpartition(".")[0]):
            return Held("class", model)
        if model and path == "django.contrib.auth.models.User":
            return Held("class", model)
        return None

    def taken(self, everything: Iterable[Taken]) -> Held | None:
        """Return what a name holds that is taken from these places."""
        return alike([self.one_taken(one) for one in everything if not is_none(one)])

    def one_taken(self, one: Taken) -> Held | None:
        """Return what a name holds after one assignment, loop, or definition."""
        match one.how:
            case "value":
                return self.held_by(one.node)
            case "item":
                return row_of(self.held_by(one.node))
            case "class":
                model = self.models.by_name.get(one.node.name)
                return Held("class", model) if model else None
            case "pair":
                held = self.held_by(one.node)
                if held and held.kind == "pair":
                    return dataclasses.replace(held, kind="row", loaded=None)
            case "parameter":
                held = self.held_by(one.node)  # of what it is annotated with
                if held and held.kind == "class":
                    return Held("row", held.model, None)
        return None

    def of_attribute(self, node: ast.Attribute) -> Held | None:
        """Look at `Message.objects`, `room.members`, `message.author`, `self.room`."""
        if dotted(node.value) == "self" and self.held_by(node.value) is None:
            return self.of_self(node)
        if node.attr == "user" and dotted(node.value) in ("request", "self.request"):
            return Held("row", self.models.by_name.get(self.models.user), None)
        held = self.held_by(node.value)
        model = held.model if held else None
        if held and held.kind == "row" and model:
            if node.attr in model.many:
                target = self.models.by_name.get(model.many[node.attr])
                return manager_of(target, node, held.is_user)
            if node.attr in model.one:
                target = self.models.by_name.get(model.one[node.attr])
                return Held("row", target, None) if target else None
        if held and held.kind == "class" and model and node.attr in model.managers:
            return manager_of(model, node)
        if held is None and (
            found := self.model_at(self.project.imported_names.path_of(node))
        ):
            return found
        is_manager = node.attr == "objects" and last_name(node.value)[:1].isupper()
        return Held("manager", source=node) if is_manager else None

    def of_self(self, node: ast.Attribute) -> Held | None:
        """Follow an attribute to all places in the class that set it."""
        owner = class_of(node)
        key = (owner, node.attr)
        if owner is None:
            return None
        if key not in self.attributes:
            self.attributes[key] = None
            family = self.project.functions.families.get(owner, [owner])
            places = [
                one
                for member in family
                for one in self.names.in_class(member).get(node.attr, ())
            ]
            self.attributes[key] = self.taken(places)
        return self.attributes[key]

    def of_subscript(self, node: ast.Subscript) -> Held | None:
        """Look at scope["user"], and at one or some of several rows."""
        match node.slice:
            case ast.Constant(value="user"):
                if dotted(node.value) in ("self.scope", "scope"):
                    return self.user
            case ast.Slice(step=None):
                return self.held_by(node.value)
            case _:
                return row_of(self.held_by(node.value))
        return None

    @property
    def user(self) -> Held:
        """The user of a scope; a middleware of the project's may have loaded more of it."""
        model = self.models.by_name.get(self.models.user)
        loaded = None if self.project.has_own_user else frozenset()
        return Held("row", model, loaded, is_user=True)

    def of_call(self, node: ast.Call) -> Held | None:
        """Look at a query that goes on, a new row, a list of rows, a helper."""
        name = last_name(node.func)
        if name == "get_user_model":
            model = self.models.by_name.get(self.models.user)
            return Held("class", model) if model else None
        if isinstance(node.func, ast.Name) and name in ("list", "sorted", "tuple"):
            held = self.held_by(node.args[0]) if len(node.args) == 1 else None
            return dataclasses.replace(held, kind="list") if is_rows(held) else None
        function = self.project.functions.meant_by(node.func)
        if function:
            return self.returned_by(function) if is_plain(function) else None
        if isinstance(node.func, ast.Attribute):
            held = self.held_by(node.func.value)
            if held and held.kind in ("manager", "rows"):
                return self.of_query(held, node, name)
        held = self.held_by(node.func)
        return Held("row", held.model, None) if held and held.kind == "class" else None

    def of_query(self, held: Held, call: ast.Call, verb: str) -> Held | None:
        """Follow one method of a manager or query."""
        own = held.model.own if held.model else {}
        if held.kind == "manager" and verb in ("iterator",) + tuple(own):
            return None
        if verb in CHAIN:
            loaded, are_dicts = held.loaded, held.are_dicts or "values" in verb
            if verb in ("select_related", "prefetch_related", "only", "defer"):
                loaded = with_loaded(loaded, call) if "related" in verb else loaded
            return Held(
                "rows", held.model, loaded, are_dicts, held.source, held.is_user
            )
        if verb in ONE_ROW | FETCHED | PAIRS:
            kind = "pair" if verb in PAIRS else "row"
            return None if held.are_dicts else dataclasses.replace(held, kind=kind)
        if verb in ("create", "acreate"):
            return dataclasses.replace(held, kind="row", loaded=None)
        return None

    def of_await(self, node: ast.AST) -> Held | None:
        """Look at what is awaited: a query, or a function, maybe in a thread."""
        match node:
            case ast.Call(func=ast.Attribute(attr=verb)) if verb[:1] == "a":
                if verb in FETCHED | PAIRS | {"acreate"}:
                    return self.of_call(node)
                if verb == "auser":
                    model = self.models.by_name.get(self.models.user)
                    return Held("row", model) if model else None
            case ast.Call(func=ast.Call(func=wrapper, args=[inner, *_]), args=given):
                if last_name(wrapper) in TO_THREAD:
                    return self.of_thread(inner, given)
        if not isinstance(node, ast.Call):
            return None
        if last_name(node.func) == "aget_object_or_404" and node.args:
            return row_of(self.held_by(node.args[0]))
        function = self.project.functions.meant_by(node.func)
        if function is None:
            return None
        is_async = isinstance(function, ast.AsyncFunctionDef)
        return (
            self.returned_by(function)
            if is_async or runs_in_a_thread(function)
            else None
        )

    def of_thread(self, inner: ast.AST, given: list[ast.expr]) -> Held | None:
        """Look at what a function gives that is called through sync_to_async."""
        if isinstance(inner, ast.Lambda):
            return self.held_by(inner.body)
        if dotted(inner) in ("list", "sorted", "tuple") and len(given) == 1:
            held = self.held_by(given[0])
            return dataclasses.replace(held, kind="list") if is_rows(held) else None
        if last_name(inner) == "get_object_or_404" and given:
            return row_of(self.held_by(given[0]))
        function = self.project.functions.meant_by(inner)
        if function:
            return self.returned_by(function) if is_plain(function) else None
        if isinstance(inner, ast.Attribute):
            held = self.held_by(inner.value)
            if held and held.kind in ("manager", "rows"):
                call = ast.Call(inner, given, [])
                call.file, call.parent = inner.file, inner.parent
                return self.of_query(held, call, inner.attr)
        return None

    def returned_by(self, function: Function) -> Held | None:
        """Return what a function gives; nothing known if it depends on the way there."""
        if function not in self.returns:
            self.returns[function] = None
            values = [
                node.value
                for node in body_of(function)
                if isinstance(node, ast.Return) and node.value is not None
            ]
            found = [self.held_by(one) for one in values if not is_constant(one)]
            held = alike(found)
            if held and held.kind == "row" and may_be_loaded(function):
                held = dataclasses.replace(held, loaded=None)
            self.returns[function] = held
        return self.returns[function]

"""The models of a project: which attributes of a row are relations, and to what."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from channels_doctor.channels_code import family_of
from channels_doctor.python_code import Function, dotted, last_name

ABSTRACT_USERS = {"AbstractUser", "AbstractBaseUser", "PermissionsMixin"}
FIELDS = {"ForeignKey": "one", "OneToOneField": "one", "ManyToManyField": "many"}


@dataclass
class Model:
    """A model, with what leads from one of its rows to other rows."""

    name: str
    file: str = ""
    one: dict[str, str] = field(default_factory=dict)  # attribute: name of the model
    many: dict[str, str] = field(default_factory=dict)  # related managers
    managers: set[str] = field(default_factory=lambda: {"objects", "_default_manager"})
    own: dict[str, ast.AST] = field(default_factory=dict)  # its methods

    @property
    def has_own_manager(self) -> bool:
        """One of its managers may do other things than Django's: load relations, say."""
        return self.managers != Model("").managers or "objects" in self.own


class Models:
    """The models by their names; a name that two apps use is left out."""

    def __init__(self, classes: list[ast.ClassDef], imports, user: str) -> None:
        self.imports = imports
        self.user = user
        by_name = {node.name: node for node in classes}
        self.by_name: dict[str, Model] = {}
        self.relations: list[tuple[str, str, str, ast.Call]] = []
        twice = set()
        for node in classes:
            family = family_of(node, by_name)
            if self.is_model(family):
                if node.name in self.by_name:
                    twice.add(node.name)
                self.by_name[node.name] = self.read(node, family)
        if user == "User" and user not in self.by_name:
            many = {"groups": "Group", "user_permissions": "Permission"}
            self.by_name[user] = Model(user, many=many)
        for source, kind, name, call in self.relations:
            self.add_reverse(source, kind, name, call)
        for name in twice:
            del self.by_name[name]

    def is_model(self, family: list[ast.ClassDef]) -> bool:
        """Tell whether one of the bases is Django's own class for models."""
        paths = {self.imports.path_of(base) for node in family for base in node.bases}
        return any(
            path.startswith("django.")
            and path.rpartition(".")[2] in ABSTRACT_USERS | {"Model"}
            for path in paths
        )

    def read(self, node: ast.ClassDef, family: list[ast.ClassDef]) -> Model:
        """Read the fields, managers and methods of a model and the classes below it."""
        model = Model(node.name, node.file)
        is_user = any(last_name(base) in ABSTRACT_USERS for base in node.bases)
        if is_user:
            model.many |= {"groups": "Group", "user_permissions": "Permission"}
        is_abstract = any(map(says_abstract, node.body))
        for member in reversed(family):
            for name, value in assigned_in(member):
                kind = FIELDS.get(last_name(getattr(value, "func", value)))
                if kind and isinstance(value, ast.Call):
                    getattr(model, kind)[name] = self.target_of(value, node.name)
                    if not is_abstract:
                        self.relations.append((node.name, kind, name, value))
                elif "anager" in dotted(value):  # a Manager, or QuerySet.as_manager()
                    model.managers.add(name)
                    model.own[name] = value
            methods = (part for part in member.body if isinstance(part, Function))
            model.own |= {part.name: part for part in methods}
        return model

    def target_of(self, call: ast.Call, own_name: str) -> str:
        """Return the name of the model that a relation leads to; "" if the text hides it."""
        given = [word.value for word in call.keywords if word.arg == "to"]
        match (call.args or given)[:1]:
            case [ast.Constant(value="self")]:
                return own_name
            case [ast.Constant(value=str(path))]:
                return path.rpartition(".")[2]
            case [target]:
                name = last_name(target)
                is_user = name in ("AUTH_USER_MODEL", "get_user_model()")
                is_user = is_user or dotted(target).endswith("get_user_model()")
                return self.user if is_user else name
        return ""

    def add_reverse(self, source: str, kind: str, name: str, call: ast.Call) -> None:
        """Give the target the attribute that leads back."""
        target = self.by_name.get(getattr(self.by_name[source], kind)[name])
        is_single = last_name(call.func) == "OneToOneField"
        back = source.lower() if is_single else f"{source.lower()}_set"
        for word in call.keywords:
            if word.arg == "related_name":
                value = word.value
                back = value.value if isinstance(value, ast.Constant) else ""
        if target and isinstance(back, str) and back.isidentifier():
            (target.one if is_single else target.many)[back] = source


def assigned_in(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that a class's body assigns, and their values."""
    for part in node.body:
        match part:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                yield name, value


def says_abstract(part: ast.stmt) -> bool:
    """Tell `class Meta: abstract = True` from the other parts of a model."""
    if not (isinstance(part, ast.ClassDef) and part.name == "Meta"):
        return False
    settings = {name: value for name, value in assigned_in(part)}
    return getattr(settings.get("abstract"), "value", False) is True

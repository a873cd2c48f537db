"""Makes people and rooms in the copy's database, for what a stranger can't open."""

import importlib
import os
import time
import uuid

MOST_TRIES = 20
PAUSE = 0.25  # seconds between two tries


def make_people(words):
    """Make two users with sessions, and one object of each model that a route names."""
    users, cookies, problems = [], [], []
    try:
        made_users = [patiently(make_user, name) for name in ("ana", "bia")]
        users, cookies = zip(*made_users, strict=True)
    except Exception as problem:
        problems.append(f"two users ({type(problem).__name__}: {problem})")
    values, made = {}, []
    for model in own_models():
        own = [word for word in words if names(model, word)]
        if not own:
            continue
        try:
            one, is_new = patiently(find_or_make, model, users)
        except Exception as problem:
            problems.append(
                f"one {model.__name__} ({type(problem).__name__}: {problem})"
            )
            continue
        made += [model.__name__] if is_new else []
        values |= dict.fromkeys(own, values_of(one))
    return {"cookies": cookies, "values": values, "made": made, "problems": problems}


def make_user(name):
    """Return a user, and the cookie of a session in which they are logged in."""
    from django.conf import settings
    from django.contrib import auth

    model = auth.get_user_model()
    user = model.objects.filter(**{model.USERNAME_FIELD: key_of(model, name)}).first()
    if user is None:
        user = model(**{model.USERNAME_FIELD: key_of(model, name)})
        fill(user, [])
        user.set_password(uuid.uuid4().hex)
        user.save()
    engine = importlib.import_module(settings.SESSION_ENGINE)
    session = engine.SessionStore()
    session[auth.SESSION_KEY] = user._meta.pk.value_to_string(user)
    backends = auth.get_backends()
    number = next(n for n, one in enumerate(backends) if hasattr(one, "get_user"))
    session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[number]
    session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return user, f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def key_of(model, name):
    """Return what a user called so logs in with."""
    return f"{name}@example.org" if "mail" in model.USERNAME_FIELD else name


def own_models():
    """Return the models of the project itself, not those of its packages."""
    from django.apps import apps

    here = os.path.realpath(os.getcwd())
    for config in apps.get_app_configs():
        if os.path.realpath(config.path).startswith(here):
            yield from config.get_models()


def names(model, word):
    """Tell whether a word of a route means a model: "rooms", "room_name" mean Room."""
    name = model.__name__.lower()
    return word.lower() in (name, f"{name}s") or word.lower().startswith(f"{name}_")


def patiently(write, *arguments):
    """Call a function that writes to the database, again and again while that is locked.

    SQLite doesn't wait for a lock if a transaction has read before it writes, and a
    model's save() may read first: https://www.sqlite.org/lang_transaction.html
    """
    from django.db import OperationalError

    for left in reversed(range(MOST_TRIES)):
        try:
            return write(*arguments)
        except OperationalError as problem:
            if not left or "locked" not in str(problem):
                raise
            time.sleep(PAUSE)


def find_or_make(model, users):
    """Return an object of a model, and whether it was made for this."""
    one = model._default_manager.order_by("pk").first()
    return one or make(model, users), one is None


def make(model, users):
    """Make an object of a model, and add the users wherever it has many."""
    from django.db import transaction

    with transaction.atomic():
        one = model()
        fill(one, users)
        one.save()
        for field in model._meta.many_to_many:
            if users and isinstance(users[0], field.related_model):
                getattr(one, field.name).add(*users)
    return one


def fill(one, users):
    """Give a value to each field that needs one."""
    for field in one._meta.concrete_fields:
        if (
            field.primary_key
            or field.has_default()
            or field.null
            or field.name == "password"
        ):
            continue
        if getattr(one, field.attname) or (field.blank and "slug" not in field.name):
            continue
        value = value_for(field, users)
        if value is not None:
            setattr(one, field.name, value)


def value_for(field, users):
    """Return something that a field takes; None if its default will do."""
    if field.is_relation:
        known = [user for user in users if isinstance(user, field.related_model)]
        return known[0] if known else find_or_make(field.related_model, users)[0]
    if field.choices:
        return field.flatchoices[0][0]
    kind = field.get_internal_type()
    if kind == "EmailField":
        return f"{uuid.uuid4().hex[:8]}@example.org"
    if kind in ("CharField", "SlugField", "TextField"):
        return "room"[: field.max_length or 4]
    return 1 if "Integer" in kind else None


def values_of(one):
    """Return how a route may name an object."""
    fields = ("slug", "name", "title", "nome", "nombre", "code", "uuid")
    found = {name: str(getattr(one, name)) for name in fields if hasattr(one, name)}
    return {"pk": str(one.pk), **found}

"""Packages from PyPI that a Django project imports, and what has to be asked for to have them."""

from collections.abc import Iterable
from typing import NamedTuple

from channels_doctor.requirements import Need, Requirements


class Package(NamedTuple):
    """What to ask for, so that a module can be imported."""

    name: str
    spec: str = ""
    others: tuple[str, ...] = ()  # they are, or bring, the same
    is_brought: bool = False  # many packages bring it, so its absence says little


# By the name that `import` and INSTALLED_APPS use.
PACKAGES = {
    "django": Package("django", "~=5.2"),
    "channels": Package("channels", "~=4.3", ("channels-redis",)),
    "channels_redis": Package("channels-redis", "~=4.3"),
    "daphne": Package("daphne", ">=4.2.2"),
    "whitenoise": Package("whitenoise"),
    "rest_framework": Package("djangorestframework"),
    "corsheaders": Package("django-cors-headers"),
    "rest_framework_simplejwt": Package("djangorestframework-simplejwt"),
    "crispy_forms": Package("django-crispy-forms"),
    "allauth": Package("django-allauth"),
    "debug_toolbar": Package("django-debug-toolbar"),
    "django_extensions": Package("django-extensions"),
    "django_filters": Package("django-filter"),
    "storages": Package("django-storages"),
    "widget_tweaks": Package("django-widget-tweaks"),
    "jazzmin": Package("django-jazzmin"),
    "environ": Package("django-environ", "", ("environ-config",)),
    "environs": Package("environs"),
    "decouple": Package("python-decouple"),
    "dj_database_url": Package("dj-database-url"),
    "dotenv": Package("python-dotenv", "", (), is_brought=True),
    "celery": Package("celery", "", (), is_brought=True),
    "requests": Package("requests", "", (), is_brought=True),
    "PIL": Package("pillow", "", ("pillow-simd",), is_brought=True),
    # psycopg 3 is as good for Django, unless the project itself imports the old one.
    "psycopg2": Package(
        "psycopg2-binary", "", ("psycopg2", "psycopg"), is_brought=True
    ),
    "MySQLdb": Package("mysqlclient", "", ("pymysql",), is_brought=True),
    "redis": Package("redis", "<8", (), is_brought=True),
}

# What these bring is known, and is none of the above but what `BRINGS` says.
BRINGS = {
    "channels-redis": {"channels", "django", "redis"},
    "channels": {"django"},
    "django-redis": {"django", "redis"},
    "fakeredis": {"redis"},
    "django-environ": set(),
    "environs": {"python-dotenv"},
    "uvicorn": set(),
    "gunicorn": set(),
    "python-decouple": set(),
    "python-dotenv": set(),
    "whitenoise": set(),
    "psycopg2": set(),
    "psycopg2-binary": set(),
    "psycopg": set(),
    "mysqlclient": set(),
    "pillow": set(),
    "pytz": set(),
    "django": set(),
    "daphne": set(),
    "redis": set(),
    "djangorestframework": {"django"},
    "django-cors-headers": {"django"},
    "dj-database-url": {"django"},
    "celery": set(),
    "requests": set(),
}
# A package whose name says so may bring Channels and its servers.
MAY_BRING_CHANNELS = (
    "channel",
    "dash",
    "graph",
    "websocket",
    "event",
    "socket",
    "realtime",
)


def is_asked_for(package: Package, requirements: Requirements) -> bool:
    """Tell whether some file, or the README, asks for a package, or may bring it."""
    needs = [*requirements.needs, *requirements.mentioned]
    names = {package.name, *package.others}
    if any(need.name in names or may_bring(need, package) for need in needs):
        return True
    from_environs = any(
        need.name == "environs" and "django" in need.extras for need in needs
    )
    if package.name in ("dj-database-url", "dj-email-url") and from_environs:
        return True
    return package.is_brought and not all_are_known(needs)


def may_bring(need: Need, package: Package) -> bool:
    """Tell whether a package brings another one, as far as we know."""
    if package.name in BRINGS.get(need.name, set()):
        return True
    if package.name == "daphne" and need.name == "channels":
        # Channels 4 has it as an extra; before that, it always brought it.
        return "daphne" in need.extras or need.always_below((4,))
    if need.name in BRINGS:
        return False
    if package.name == "django":
        return "django" in need.name or need.name.startswith(("dj-", "drf", "wagtail"))
    if package.name in ("channels", "daphne", "channels-redis"):
        return any(word in need.name for word in MAY_BRING_CHANNELS)
    # crispy-bootstrap5 brings django-crispy-forms, dj-rest-auth brings the REST framework.
    words = set(need.name.split("-")) - {"django", "python"}
    is_about_rest = "rest" in need.name or need.name in (
        "djoser",
        "drf-yasg",
        "drf-spectacular",
    )
    return bool(words & set(package.name.split("-"))) or (
        is_about_rest and "rest" in package.name
    )


def all_are_known(needs: Iterable[Need]) -> bool:
    """Tell whether it's known of every package what it brings; a lock says all there is."""
    return all(need.is_from_lock or need.name in BRINGS for need in needs)

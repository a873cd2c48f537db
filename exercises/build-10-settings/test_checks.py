"""What the settings and the requirements promise."""

import importlib.metadata
import runpy
from pathlib import Path

from course.exercise.kit import expect

NEEDED = ["django", "channels", "daphne", "channels-redis", "redis"]
DEFAULT = "redis://127.0.0.1:6379"


def settings_with(monkeypatch, url):
    """Return what the settings file defines when REDIS_URL is this, or missing."""
    if url is None:
        monkeypatch.delenv("REDIS_URL", raising=False)
    else:
        monkeypatch.setenv("REDIS_URL", url)
    found = runpy.run_path("config/settings.py")
    expect("REDIS_URL" in found, "config/settings.py should define REDIS_URL.")
    return found["REDIS_URL"], found["CHANNEL_LAYERS"]["default"]["CONFIG"]["hosts"]


def expect_url(monkeypatch, url, wanted, when):
    """Expect that the settings use a URL."""
    found, hosts = settings_with(monkeypatch, url)
    expect(found == wanted, f"{when}, REDIS_URL should be {wanted}, not {found!r}.")
    right = isinstance(hosts, list | tuple) and len(hosts) == 1
    right = right and hosts[0] in (wanted, {"address": wanted})
    expect(right, f"{when}, the layer's `hosts` should be [{wanted!r}], not {hosts!r}.")


def test_the_url_comes_from_the_environment(monkeypatch):
    """The URL comes from the environment."""
    for url in ("redis://127.0.0.1:6399", "rediss://:secret@redis.example:6380/3"):
        expect_url(monkeypatch, url, url, f"With REDIS_URL={url}")


def test_there_is_a_default(monkeypatch):
    """Without the variable, there is a default."""
    expect_url(monkeypatch, None, DEFAULT, "Without the variable")


def test_an_empty_variable_means_the_default(monkeypatch):
    """An empty variable means the default."""
    expect_url(monkeypatch, "", DEFAULT, "With an empty variable")


def requirements():
    """Return the requirements by name."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    file = Path("requirements.txt")
    expect(file.is_file(), "There should be a requirements.txt next to manage.py.")
    found = {}
    for line in file.read_text("utf-8").splitlines():
        line = line.partition("#")[0].strip()
        if not line or line.startswith("-"):
            continue
        try:
            one = Requirement(line)
        except InvalidRequirement:
            expect(False, f"pip can't read this line of requirements.txt: {line}")
        found[canonicalize_name(one.name)] = one.specifier
        for extra in one.extras:
            found.setdefault(extra, one.specifier.__class__())
    return found


def test_the_packages_are_named():
    """requirements.txt names the packages, in versions that work."""
    found = requirements()
    for name in NEEDED:
        expect(name in found, f"requirements.txt should name {name}.")
        version = importlib.metadata.version(name)
        allowed = found[name].contains(version)
        expect(
            allowed, f"requirements.txt should allow {name} {version}, installed here."
        )


def test_redis_is_below_8():
    """requirements.txt keeps redis below version 8."""
    for version in ("8.0.0", "8.1.0", "9.0.0"):
        refused = not requirements()["redis"].contains(version)
        expect(refused, f"requirements.txt shouldn't allow redis {version}.")

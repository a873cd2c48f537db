"""The settings that pytest's options name: which file counts, and when nothing is said."""

import pytest

from tests.test_doctor_consumers import project_of

NAMED = "DJANGO_SETTINGS_MODULE = "
TOML = f'[tool.pytest.ini_options]\n{NAMED}"mysite.setings"\n'


def said_of(tmp_path, files):
    """Return what the doctor says of the settings that pytest is given."""
    from channels_doctor.checks.settings import settings_of_tests_are_there

    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    found = settings_of_tests_are_there(project_of(tmp_path))
    return [(one.where, one.what.split('"')[1]) for one in found]


@pytest.mark.parametrize(
    ("name", "text", "line", "missing"),
    [
        ("pytest.ini", f"[pytest]\n{NAMED}mysite.setings\n", 2, "mysite.setings"),
        ("pytest.ini", f"[pytest]\n\n{NAMED}config.settings\n", 3, "config"),
        ("pyproject.toml", TOML, 2, "mysite.setings"),
        ("tox.ini", f"[tox]\n\n[pytest]\n{NAMED}setings", 4, "setings"),
        ("setup.cfg", f"[tool:pytest]\n{NAMED}a.b\n[x]\n", 2, "a"),
    ],
)
def test_a_module_that_is_not_there(tmp_path, name, text, line, missing):
    error = f"ImportError: No module named '{missing}'"
    assert said_of(tmp_path, {name: text}) == [(f"{name}:{line}", error)]


@pytest.mark.parametrize(
    "files",
    [
        {"pytest.ini": f"[pytest]\n{NAMED}mysite.settings\n"},
        {"pytest.ini": f"[pytest]\n# {NAMED}mysite.setings\n"},
        {"pytest.ini": f"[pytest]\npythonpath = src\n{NAMED}setings\n"},
        {"pytest.ini": f"[pytest]\naddopts = --ds=mysite.settings\n{NAMED}setings\n"},
        {"pytest.ini": f"[pytest]\n{NAMED}mysite.settings.local\n"},
        {"pytest.ini": "", "pyproject.toml": TOML},  # pytest reads the first alone
        {"pytest.toml": "[pytest]\n", "pyproject.toml": TOML},
        {"setup.cfg": f"[other]\n{NAMED}mysite.setings\n"},
        {"pyproject.toml": f'[tool.ruff]\n{NAMED}"mysite.setings"\n'},
    ],
)
def test_nothing_is_said_where_pytest_finds_its_settings(tmp_path, files):
    assert said_of(tmp_path, files) == []

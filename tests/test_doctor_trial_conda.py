"""What `--run` installs of conda's environment.yml: what PyPI has, by the name that it has there."""

import sys

from channels_doctor.examination import projects_in
from channels_doctor.trial import environment
from channels_doctor.trial.requirements import find_wanted, hidden_modules
from tests.doctor_projects import BASES, copy

FILE = """\
name: chat
dependencies:
  - python=3.12
  - django=5.2
  - channels>=4.3,<5
  - conda-forge::channels_redis
  - redis-py<8
  - daphne
  - postgresql
  - nodejs=20
  - pip
  - pip:
    - no-such-package-here
    - redis>=5
"""
SAID = "Not installed, because only conda knows them by these names: postgresql, nodejs"


def project_with(folder, text):
    """Return the chat of the base, with this environment.yml in place of its requirements."""
    copy(BASES / "chat", folder)
    (folder / "requirements.txt").unlink()
    (folder / "environment.yml").write_text(text, "utf-8")
    return next(projects_in(folder))


def test_only_what_pypi_knows_by_a_known_name_is_installed(tmp_path):
    wanted = find_wanted(tmp_path, project_with(tmp_path, FILE))
    assert sorted(map(str, wanted.requirements)) == sorted(
        [
            "django==5.2.*",
            "channels<5,>=4.3",
            "channels-redis",
            "redis<8",
            "daphne",
            "no-such-package-here",  # pip's own list is taken as it is
            "redis>=5",
        ]
    )
    assert wanted.left_out == ["postgresql", "nodejs"]


def test_what_conda_has_is_not_hidden(tmp_path):
    """pytest is in this Python, and conda's pytest is surely the same."""
    text = "dependencies:\n  - daphne\n  - pytest\n"
    hidden = hidden_modules(
        find_wanted(tmp_path, project_with(tmp_path, text)), tmp_path
    )
    assert "channels" in hidden
    assert "pytest" not in hidden


def test_the_report_says_what_was_not_installed(tmp_path, monkeypatch):
    project = project_with(tmp_path / "chat", FILE)
    lists = []

    def install(folder, wanted, temp):
        lists.append(wanted.lines)
        done = environment.Step("install", "ok", f"{wanted.name} was installed.")
        return sys.executable, done

    monkeypatch.setattr(environment, "install", install)
    _, step = environment.make_environment(
        tmp_path / "chat", project, tmp_path, lambda line: None
    )
    assert step.what == f"environment.yml was installed. {SAID}."
    assert not any("postgresql" in line for line in lists[0])

"""What people expect of a repository: its licence, versions, forms and workflows."""

import importlib.util
import inspect
import itertools
import json
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from conftest import STEPS, refuse

from course import cli
from course.steps import FIRST_PORT, ROOT

GITHUB = ROOT / ".github"
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
FORMS = sorted(GITHUB.glob("ISSUE_TEMPLATE/[0-9]*.yml"))
PORTS = [FIRST_PORT, *(step.port for step in STEPS)]

MIT = """\
MIT License

Copyright (c) YEAR HOLDER

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


def text(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text("utf-8")


def parsed(path: Path) -> dict:
    return yaml.safe_load(path.read_text("utf-8"))


def load(path: Path):
    """Import a script that isn't in a package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Licences


def test_the_licence_is_mit_word_for_word():
    """GitHub recognises a licence only if nothing else is in its file."""
    licence = re.sub(
        r"Copyright \(c\) \d{4} .+", "Copyright (c) YEAR HOLDER", text("LICENSE")
    )
    assert licence == MIT


def test_no_other_file_could_be_taken_for_the_licence_of_the_code():
    names = [path.name for path in ROOT.iterdir() if path.is_file()]
    alike = re.compile(r"licen[cs]e|copying", re.IGNORECASE)
    assert [name for name in names if alike.search(name)] == ["LICENSE"]


def test_the_texts_have_their_own_licence_and_the_readme_links_to_both():
    assert "https://creativecommons.org/licenses/by/4.0/" in text("docs", "LICENSE.md")
    legal = text("docs", "LICENSE-CC-BY-4.0.txt")
    assert legal.startswith(
        "Creative Commons Attribution 4.0 International Public License"
    )
    assert "Section 8 -- Interpretation." in legal
    readme = text("README.md")
    assert "(LICENSE)" in readme
    assert "(docs/LICENSE.md)" in readme


# Versions, and what the community files say


def version() -> str:
    return tomllib.loads(text("pyproject.toml"))["project"]["version"]


def test_every_place_names_the_same_version_and_day():
    citation = parsed(ROOT / "CITATION.cff")
    newest = re.search(r"^## \[(.+)\] - (.+)$", text("CHANGELOG.md"), re.MULTILINE)
    assert version() == citation["version"] == newest[1]
    assert citation["date-released"] == newest[2]


def test_the_security_policy_supports_the_current_major_version():
    major = version().partition(".")[0]
    assert f"| {major}.x" in text("SECURITY.md")


@pytest.mark.parametrize("name", ["SECURITY.md", "CODE_OF_CONDUCT.md"])
def test_reports_go_through_github_and_to_no_made_up_address(name):
    assert "../../security/advisories/new" in text(name)
    assert not re.findall(r"\S+@\S+\.\w+", text(name))
    assert "[INSERT" not in text(name)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_an_issue_form_can_be_filled_in(form):
    content = parsed(form)
    assert {"name", "description", "body"} <= set(content)
    fields = [field for field in content["body"] if field["type"] != "markdown"]
    ids = [field["id"] for field in fields]
    assert len(ids) == len(set(ids))
    assert all(field["attributes"]["label"] for field in fields)
    assert any(field.get("validations", {}).get("required") for field in fields)


def test_the_issue_forms_ask_for_wrong_lessons_and_missing_errors():
    names = {parsed(form)["name"] for form in FORMS}
    assert {"A lesson is wrong", "An error that the museum lacks"} <= names
    assert parsed(GITHUB / "ISSUE_TEMPLATE" / "config.yml")["contact_links"]


# Workflows


def jobs() -> dict[str, dict]:
    found = {}
    for workflow in WORKFLOWS:
        found |= parsed(workflow)["jobs"]
    return found


def commands(job: dict) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_with_its_version(workflow):
    lines = [
        line.strip()
        for line in workflow.read_text("utf-8").splitlines()
        if "uses:" in line.partition("#")[0]
    ]
    pinned = re.compile(r"(- )?uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert lines
    assert [line for line in lines if not pinned.fullmatch(line)] == []


def test_an_action_is_pinned_to_one_commit_everywhere():
    pins = {}
    for workflow in WORKFLOWS:
        for action, pin in re.findall(r"uses: (\S+)@(.+)", workflow.read_text("utf-8")):
            pins.setdefault(action, set()).add(pin)
    assert {action: pin for action, pin in pins.items() if len(pin) > 1} == {}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_no_rights_but_those_that_a_job_asks_for(workflow):
    content = parsed(workflow)
    assert content["permissions"] == {}
    for name, job in content["jobs"].items():
        assert "permissions" in job, name
        assert "timeout-minutes" in job, name
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name


def test_linux_runs_everything_on_the_oldest_python_that_the_readme_promises():
    job = jobs()["everything"]
    assert "bash .ci/run" in commands(job)
    oldest = tomllib.loads(text("pyproject.toml"))["project"]["requires-python"]
    assert job["strategy"]["matrix"]["python"][0] == oldest.removeprefix(">=")
    assert f"Python {oldest.removeprefix('>=')} or newer" in text("README.md")


def test_the_two_commands_of_the_readme_are_run_by_ci():
    readme = text("README.md")
    for command in ("python3 -m course run", "python3 -m course test"):
        assert f"\n{command}\n" in readme
    assert "\npython3 -m course test\n" in text(".ci", "run")
    smoke = '[sys.executable, "-m", "course", "run", "--no-browser"]'
    assert smoke in text(".github", "smoke_run.py")


def test_macos_and_windows_test_all_five_steps_and_start_everything():
    job = jobs()["systems"]
    assert job["strategy"]["matrix"]["os"] == ["macos-latest", "windows-latest"]
    run = commands(job)
    for step in STEPS:
        assert f"python -m course test {step.number}" in run
    assert "python .github/smoke_run.py" in run


def test_the_site_is_published_only_from_main_and_only_after_everything_is_green():
    all_jobs = jobs()
    publishing = [
        name for name, job in all_jobs.items() if "pages" in str(job.get("environment"))
    ]
    assert publishing == ["publish"]
    needed = needs_of("publish", all_jobs)
    assert needed == {"everything", "systems", "lighthouse", "site"}
    condition = all_jobs["site"]["if"]
    assert "github.ref == 'refs/heads/main'" in condition
    assert "github.event.repository.has_pages" in condition
    assert "pull_request" not in condition


def needs_of(name: str, all_jobs: dict[str, dict]) -> set[str]:
    """Return the jobs that must be green before this one starts."""
    needs = all_jobs[name].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*(needs_of(other, all_jobs) for other in direct))


def test_only_the_publishing_job_may_write_anything():
    writing = {
        name
        for name, job in jobs().items()
        if "write" in map(str, job["permissions"].values())
    }
    assert writing == {"publish"}


def test_ci_keeps_logs_and_results_when_something_fails():
    for name in ("everything", "systems"):
        (kept,) = (
            step
            for step in jobs()[name]["steps"]
            if step.get("uses", "").startswith("actions/upload-artifact@")
        )
        assert kept["if"] == "failure()"
        assert kept["with"]["path"].split() == ["build/logs", "build/test-results"]


# Updates


def test_updates_come_for_python_npm_and_actions_and_never_redis_8():
    updates = parsed(GITHUB / "dependabot.yml")["updates"]
    by_kind = {update["package-ecosystem"]: update for update in updates}
    assert set(by_kind) == {"pip", "npm", "github-actions"}
    folder = ROOT / by_kind["npm"]["directory"].lstrip("/")
    assert (folder / "package.json").exists()
    ignored = {one["dependency-name"]: one for one in by_kind["pip"]["ignore"]}
    assert ignored["redis"]["versions"] == [">=8"]
    groups = tomllib.loads(text("pyproject.toml"))["dependency-groups"]
    assert any("redis<8" in group for group in groups.values())


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("tools/*/package.json")), ids=lambda path: path.parent.name
)
def test_a_package_of_npm_is_pinned_and_cannot_be_published(path):
    package = json.loads(path.read_text("utf-8"))
    assert package["private"] is True
    for name, wanted in package["devDependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", wanted), name


# The dev container


def dev_container() -> dict:
    lines = text(".devcontainer", "devcontainer.json").splitlines()
    code = [line for line in lines if not line.lstrip().startswith("//")]
    return json.loads("\n".join(code))


def test_the_dev_container_forwards_every_port_of_the_course_with_its_name():
    container = dev_container()
    assert container["forwardPorts"] == PORTS
    labels = {
        int(port): one["label"] for port, one in container["portsAttributes"].items()
    }
    assert list(labels) == PORTS
    for step in STEPS:
        assert labels[step.port].startswith(f"{step.number} ")


def test_the_dev_container_installs_the_packages_before_it_starts_the_course():
    container = dev_container()
    assert container["postCreateCommand"] == "python3 -m course break"
    assert container["waitFor"] == "postCreateCommand"
    (start,) = container["postAttachCommand"].values()
    assert (ROOT / start.removeprefix("python3 ")).is_file()
    source = inspect.getsource(cli.break_step)
    assert 'environment.enter("run"' in source


def test_the_scripts_around_the_course_know_its_ports():
    start = load(ROOT / ".devcontainer" / "start.py")
    assert (start.LESSONS, start.STEP_05) == (PORTS[0], PORTS[-1])
    smoke = load(GITHUB / "smoke_run.py")
    assert list(range(smoke.FIRST_PORT, smoke.FIRST_PORT + smoke.CHATS + 1)) == PORTS


def test_step_05_in_a_codespace_accepts_its_page_and_is_not_sent_to_https(monkeypatch):
    """Its settings take ORIGINS; if all of them had https, they would redirect."""
    monkeypatch.setenv("CODESPACE_NAME", "quiet-robot")
    monkeypatch.delenv("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN", raising=False)
    start = load(ROOT / ".devcontainer" / "start.py")
    origins = start.origins_in_a_codespace()
    assert {"http://localhost:8005", "https://quiet-robot-8005.app.github.dev"} <= {
        *origins
    }
    assert "127.0.0.1" in {urlsplit(origin).hostname for origin in origins}
    assert not all(origin.startswith("https://") for origin in origins)


# Layout


def editorconfig() -> list[tuple[list[str], dict[str, str]]]:
    """Return the sections of .editorconfig: the patterns of files, and what holds there."""
    sections = []
    for line in text(".editorconfig").splitlines():
        if line.startswith("["):
            sections.append((list(without_braces(line.strip("[]"))), {}))
        elif sections and "=" in line:
            key, _, value = line.partition("=")
            sections[-1][1][key.strip()] = value.strip()
    return sections


def without_braces(pattern: str) -> list[str]:
    """Return the patterns that one with {alternatives} stands for."""
    parts = re.split(r"\{(.+?)\}", pattern)
    choices = [part.split(",") if i % 2 else [part] for i, part in enumerate(parts)]
    return ["".join(choice) for choice in itertools.product(*choices)]


def rules_of(name: str) -> dict[str, str]:
    rules = {}
    for patterns, section in editorconfig():
        for pattern in patterns:
            target = name if "/" in pattern else Path(name).name
            if fnmatch(target, pattern.replace("**", "*")):
                rules |= section
    return rules


# Students' projects, with their encodings and line endings, and copies of libraries.
AS_THEY_ARE = ("doctor/projects/", "doctor/channels_doctor/_vendor/")


def tracked_files() -> list[str]:
    command = ["git", "ls-files", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        refuse("Only a clone knows which files belong to the repository.")
    names = listed.stdout.decode().split("\0")[:-1]
    return [name for name in names if (ROOT / name).is_file()]


def broken_rules(name: str, content: bytes) -> list[str]:
    """Return which rules of .editorconfig a text doesn't keep."""
    rules = rules_of(name)
    lines = content.decode("utf-8").splitlines()
    broken = {
        "end_of_line": b"\r" in content,
        "insert_final_newline": bool(content) and not content.endswith(b"\n"),
        "trim_trailing_whitespace": any(line != line.rstrip(" \t") for line in lines),
        "indent_style": any(line.startswith("\t") for line in lines),
    }
    held = {
        "end_of_line": "lf",
        "insert_final_newline": "true",
        "trim_trailing_whitespace": "true",
        "indent_style": "space",
    }
    return [rule for rule in broken if broken[rule] and rules.get(rule) == held[rule]]


def test_editorconfig_and_the_files_agree():
    problems = {}
    for name in tracked_files():
        if name.startswith(AS_THEY_ARE):
            continue
        content = (ROOT / name).read_bytes()
        if b"\0" not in content and (broken := broken_rules(name, content)):
            problems[name] = broken
    assert problems == {}


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("course/steps.py", "4"),
        ("mkdocs.yml", "2"),
        ("steps/03-inmemory-layer/chat/static/chat/room.js", "2"),
        ("notebooks/1-what-asking-costs.ipynb", "1"),
        ("docs/data/bench-steps.json", "1"),
    ],
)
def test_editorconfig_indents_a_new_line_as_the_file_does(name, size):
    assert rules_of(name)["indent_size"] == size
    indents = {
        len(line) - len(line.lstrip(" "))
        for line in text(*name.split("/")).splitlines()
        if line.startswith(" ")
    }
    assert min(indents) == int(size)

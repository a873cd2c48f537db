"""`channels-doctor` and `python3 -m course doctor FOLDER`, as they are typed."""

import json
import os
import re
import subprocess
import sys

import pytest

from channels_doctor import __version__, cli
from channels_doctor.cli import main
from channels_doctor.formats import command
from course import cli as course_cli
from tests.doctor_scenes import DOCTOR, chat, find, finding, renaming

# As a subprocess, for what happens to the streams of a process.
DOCTOR_COMMAND = [sys.executable, "-m", "channels_doctor"]


def typed(*words, cwd=DOCTOR, **more):
    """Run the doctor as a program."""
    environment = os.environ | {"PYTHONPATH": str(DOCTOR)} | more
    return subprocess.run(
        [*DOCTOR_COMMAND, *map(str, words)],
        cwd=cwd,
        env=environment,
        capture_output=True,
    )


@pytest.mark.parametrize(
    ("level", "code"), [("wrong", 1), ("risk", 0), (None, 0)], ids=str
)
def test_the_exit_code(tmp_path, monkeypatch, capsys, level, code):
    find(monkeypatch, *([finding(level=level)] if level else []))
    for form in ("text", "json", "github"):
        assert main([str(chat(tmp_path)), "--format", form]) == code


def test_json_is_all_of_stdout(tmp_path, monkeypatch, capsys):
    find(monkeypatch, renaming)
    main([str(chat(tmp_path)), "--format", "json", "--timing"])
    printed = capsys.readouterr()
    data = json.loads(printed.out)
    (found,) = data["findings"]
    assert data["schema"] == 1
    assert data["counts"] == {"wrong": 1, "risk": 0}
    assert (found["file"], found["line"]) == ("mysite/settings.py", 2)
    assert found["code"] == 'NAME = "ana"'
    assert '-NAME = "ana"\n+NAME = "bia"' in found["diff"]
    assert found["certain"] is True
    assert "s3cr3t" not in printed.out
    assert printed.err.startswith("examined 2 files in ")


def test_json_of_a_whole_file(tmp_path, monkeypatch, capsys):
    find(monkeypatch, finding(where="manage.py"))
    main([str(chat(tmp_path)), "--format", "json"])
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert found["file"] == "manage.py"
    assert found["line"] is found["code"] is found["diff"] is found["url"] is None


def test_githubs_annotations(tmp_path, monkeypatch, capsys):
    find(monkeypatch, finding(), finding(level="risk", where="manage.py"))
    chat(tmp_path / "school")
    monkeypatch.chdir(tmp_path)
    main(["school", "--format", "github"])
    what = "Bia gets nothing. Ana doesn't notice.%0AUse Redis."
    assert capsys.readouterr().out.splitlines() == [
        f"::error file=school/mysite/settings.py,line=2,title=in-memory::{what}",
        f"::warning file=school/manage.py,line=1,title=in-memory::{what}",
    ]


def test_the_escapes_of_githubs_toolkit():
    got = command("error", "50%\r\na:b,c", file="a,b:c%.py", line=1)
    assert got == "::error file=a%2Cb%3Ac%25.py,line=1::50%25%0D%0Aa:b,c"


def test_help_and_version(capsys):
    for words in (["--help"], ["--version"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 0
    assert __version__ in capsys.readouterr().out
    pyproject = (DOCTOR / "pyproject.toml").read_text("utf-8")
    assert f'version = "{__version__}"' in pyproject


def test_a_wrong_option_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--fixx"])
    assert ended.value.code == 2


def options_of(parser):
    """Return the options of a parser, but for help."""
    return {
        option: action.choices
        for action in parser._actions
        for option in action.option_strings
        if action.dest not in ("help", "version")
    }


def test_the_course_has_the_same_options():
    (verbs,) = (one for one in course_cli.make_parser()._actions if one.choices)
    assert options_of(verbs.choices["doctor"]) == options_of(cli.make_parser())


def test_the_course_passes_them_on(tmp_path, monkeypatch, capsys):
    find(monkeypatch, finding())
    folder = str(chat(tmp_path))
    assert course_cli.main(["doctor", folder, "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["folder"] == folder
    assert course_cli.main(["doctor", folder, "--all"]) == 1
    assert "[in-memory]" in capsys.readouterr().out


def test_an_option_without_a_folder_says_what_to_type(capsys):
    assert course_cli.main(["doctor", "--fix"]) != 0
    assert "--fix needs the folder of a project" in capsys.readouterr().err


def test_a_folder_whose_name_looks_like_an_option(tmp_path, monkeypatch, capsys):
    find(monkeypatch, finding(level="risk"))
    chat(tmp_path / "--school")
    monkeypatch.chdir(tmp_path)
    assert main(["--", "--school"]) == 0


def test_a_console_that_knows_few_letters(tmp_path):
    chat(tmp_path, **{"chat/olá.py": "x = ( # → …"})
    done = typed(tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"chat/ol?.py" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a shell with pipes and head")
def test_a_pipe_that_ends_early(tmp_path):
    many = {f"chat/m{n}.py": "x = (\n" for n in range(3000)}
    chat(tmp_path, **many)
    line = f'"{sys.executable}" -m channels_doctor "{tmp_path}" --all | head -n 1'
    done = subprocess.run(line, shell=True, cwd=DOCTOR, capture_output=True, text=True)
    assert done.stdout.startswith("What keeps the project from starting")
    assert done.stderr == ""


def test_a_trial_is_part_of_every_format(tmp_path, monkeypatch, capsys):
    class Trial:
        has_failed = True
        lines = ("GET / answered 500", "TypeError: no")

        @staticmethod
        def as_data():
            return {"works": False, "steps": []}

    find(monkeypatch)
    monkeypatch.setattr(cli, "run", lambda options: Trial)
    folder = str(chat(tmp_path))
    assert main([folder, "--run"]) == 1
    assert "What happened when it was started" in capsys.readouterr().out
    assert main([folder, "--run", "--format", "json"]) == 1
    trial = json.loads(capsys.readouterr().out)["trial"]
    assert trial["works"] is False
    assert trial["lines"] == ["GET / answered 500", "TypeError: no"]
    assert main([folder, "--run", "--format", "github"]) == 1
    assert "::error title=--run::GET / answered 500%0A" in capsys.readouterr().out


def test_the_readme_names_every_option():
    readme = (DOCTOR / "README.md").read_text("utf-8")
    named = set(re.findall(r"^\| `(--[\w-]+)` \|", readme, re.MULTILINE))
    assert named == {*options_of(cli.make_parser()), "--version"}

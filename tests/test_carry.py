"""`tools carry`: a fix in one step reaches the later steps that have the same text."""

from pathlib import Path

from conftest import course

from course import compare
from course.steps import ROOT, find_step


def carry(file: str, folder: Path = ROOT):
    return course("carry", file, folder=folder, program="tools")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_carry_copies_a_fix_into_every_later_step_that_had_the_same_file(clone):
    fixed = "steps/01-http-polling/chat/static/chat/chat.css"
    edit(clone / fixed, "margin: 0;", "margin: 1px;")
    result = carry(fixed, clone)
    assert result.returncode == 0
    assert result.stdout.splitlines() == [
        "02  copied",
        "03  copied",
        "04  copied",
        "05  copied",
    ]
    copies = {
        path.read_bytes() for path in clone.glob("steps/*/chat/static/chat/chat.css")
    }
    assert len(copies) == 1
    assert carry(fixed, clone).stdout.count("has it already") == 4


def test_carry_merges_a_fix_where_a_later_step_differs(clone):
    last = clone / "steps/05-final/chat/server.py"
    last.write_text(f"{last.read_text('utf-8')}\n# only in the last step\n", "utf-8")
    fixed = "steps/03-inmemory-layer/chat/server.py"
    edit(clone / fixed, "The label of this server process, shown", "Who serves, shown")
    result = carry(fixed, clone)
    assert result.stdout.splitlines() == ["04  copied", "05  merged"]
    assert "Who serves, shown" in last.read_text("utf-8")
    assert "# only in the last step" in last.read_text("utf-8")


def test_carry_leaves_a_collision_to_a_person(clone):
    layer = '"BACKEND": "channels.layers.InMemoryChannelLayer"'
    settings = "steps/03-inmemory-layer/config/settings.py"
    edit(clone / settings, layer, '"BACKEND": "mine"')
    before = (clone / "steps/04-redis-layer/config/settings.py").read_bytes()
    result = carry(settings, clone)
    assert result.returncode == 1
    assert "04  CONFLICT: change steps/04-redis-layer" in result.stdout
    after = (clone / "steps/04-redis-layer/config/settings.py").read_bytes()
    assert after == before


def test_carry_says_when_there_is_nothing_to_carry(clone):
    result = carry("steps/03-inmemory-layer/chat/groups.py", clone)
    assert "has not changed since the last commit" in result.stderr
    (clone / "steps/01-http-polling/chat/new.py").write_text("")
    result = carry("steps/01-http-polling/chat/new.py", clone)
    assert "nothing to compare with" in result.stderr


def test_carry_passes_over_steps_that_have_no_such_file(clone):
    edit(clone / "steps/01-http-polling/chat/notifier.py", "Wakes the", "Wakes all")
    result = carry("steps/01-http-polling/chat/notifier.py", clone)
    assert "03  has no such file" in result.stdout


def test_a_file_of_no_step_gets_a_sentence():
    result = carry("README.md")
    assert result.returncode == 1
    assert "README.md is not a file of a step" in result.stderr
    assert "Traceback" not in result.stderr


def test_files_that_running_leaves_behind_belong_to_no_step(clone):
    (clone / "steps/01-http-polling/db.sqlite3").write_bytes(b"")
    (clone / "steps/01-http-polling/__pycache__").mkdir(exist_ok=True)
    assert "db.sqlite3" not in compare.files_of(find_step("01"))

"""What a student reads when the code is broken, and what is left running afterwards."""

import time

import pytest

from course.exercise import catalogue, checking, copies
from course.exercise.words import lines_of

FILE = "chat/consumers.py"
READ = "            message = read_message(text_data)\n"


@pytest.fixture(scope="module")
def typing():
    """The exercise that these scenes are played with."""
    return catalogue.find("03-typing")


@pytest.fixture
def copy(typing, tmp_path):
    """A student's copy of it."""
    return copies.build_start(typing, tmp_path / "03-typing")


@pytest.fixture
def outcome_of(typing, copy, monkeypatch):
    """Return a function that changes the student's file, and checks the copy."""
    monkeypatch.setenv("EXERCISE_PATIENCE", "0.4")

    def outcome_of(old="", new=""):
        path = copy / FILE
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")
        with checking.environment_for(typing) as env:
            return checking.check(typing, copy, env)

    return outcome_of


def test_a_syntax_error_is_one_sentence_with_file_and_line(outcome_of):
    outcome = outcome_of("async def receive(self", "async def receive)self")
    assert lines_of(outcome) == ["✗ chat/consumers.py, line 25: unmatched ')'."]


def test_a_name_that_does_not_exist_is_named_with_its_line(outcome_of):
    outcome = outcome_of("read_message(text_data)", "read_massage(text_data)")
    first = lines_of(outcome)[0]
    assert first.startswith("✗ Bia should have been notified that Ana is typing. ")
    assert "chat/consumers.py, line 34: NameError: name 'read_massage'" in first
    assert "site-packages" not in first


def test_an_import_that_fails_is_named_before_any_check_runs(outcome_of):
    outcome = outcome_of("from chat.groups import", "from chat.grupos import")
    assert lines_of(outcome) == [
        "✗ chat/consumers.py, line 5: ModuleNotFoundError: No module named 'chat.grupos'"
    ]


def test_an_endless_loop_ends_and_its_line_is_named(outcome_of):
    outcome = outcome_of(READ, "            while True:\n                pass\n")
    first, *others = lines_of(outcome)
    assert "chat/consumers.py, line 3" in first
    assert "Does it loop forever?" in first
    assert all(line.startswith("·") for line in others), "the others weren't reached"


def test_a_solution_that_ends_the_process_is_told_so(outcome_of):
    outcome = outcome_of(READ, "            import os\n            os._exit(3)\n")
    assert (
        "ended the whole process during this check (exit code 3)"
        in lines_of(outcome)[0]
    )
    assert not outcome.is_solved


def test_a_solution_that_ends_the_process_with_success_is_not_solved(outcome_of):
    outcome = outcome_of(READ, "            import os\n            os._exit(0)\n")
    assert not outcome.is_solved


def test_settings_that_exit_are_an_answer_too(outcome_of, copy):
    settings = copy / "config" / "settings.py"
    settings.write_text("import sys\nsys.exit(0)\n", "utf-8")
    assert "config/settings.py, line 2: SystemExit: 0" in lines_of(outcome_of())[0]


def test_what_a_solution_prints_is_kept_apart(outcome_of):
    outcome = outcome_of(READ, f'            print(\'{{"event": "end"}}\', 42)\n{READ}')
    assert '{"event": "end"} 42' in outcome.printed
    assert len(outcome.results) > 3


def test_a_missing_await_is_pointed_out(outcome_of):
    outcome = outcome_of(
        "await self.channel_layer.group_send", "self.channel_layer.group_send"
    )
    assert lines_of(outcome)[-1] == (
        "! Python says that the coroutine InMemoryChannelLayer.group_send was never"
        " awaited. Is an `await` missing?"
    )


def test_a_deleted_file_is_an_answer(outcome_of, copy):
    (copy / "chat" / "groups.py").unlink()
    assert "No module named 'chat.groups'" in lines_of(outcome_of())[0]


def test_a_deleted_folder_is_an_answer(typing, tmp_path):
    with checking.environment_for(typing) as env:
        outcome = checking.check(typing, tmp_path / "gone", env)
    assert lines_of(outcome) == [f"✗ The folder {tmp_path / 'gone'} is gone."]
    assert not outcome.is_solved


def test_nothing_that_a_solution_starts_goes_on_running(outcome_of, tmp_path):
    """A child process is ended together with the checks."""
    pid = tmp_path / "pid"
    start = (
        "            import subprocess, sys\n"
        "            child = subprocess.Popen([sys.executable, '-c',"
        " 'import time; time.sleep(60)'])\n"
        f"            open({str(pid)!r}, 'a').write(f'{{child.pid}}\\n')\n"
    )
    outcome_of(READ, start + READ)
    pids = [int(line) for line in pid.read_text().splitlines()]
    assert pids
    wait_until(lambda: not any(map(is_running, pids)))


def test_a_run_can_be_stopped(typing, copy):
    """Quitting in the middle of an endless loop doesn't wait for it."""
    import threading

    path = copy / FILE
    path.write_text(
        path.read_text("utf-8").replace(READ, "            while True: pass\n")
    )
    with checking.environment_for(typing) as env:
        run = checking.Run(typing, copy, env)
        thread = threading.Thread(target=run.outcome)
        thread.start()
        wait_until(lambda: run.process is not None)
        run.stop()
        thread.join(5)
        assert not thread.is_alive()
        assert run.process.poll() is not None


def is_running(pid):
    """Tell whether a process is there and isn't a zombie."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(ready):
    """Return once something holds; it must within ten seconds."""
    give_up = time.monotonic() + 10
    while not ready():
        assert time.monotonic() < give_up
        time.sleep(0.02)

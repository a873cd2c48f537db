"""`course reset`: what was typed and stored goes, and nothing else."""

import os
import shutil
import subprocess
import sys
from contextlib import closing

import pytest
import redis
from conftest import copy_course, course

from course import redis_server, servers
from course import reset as verb
from course.errors import CourseError
from course.processes import free_port
from course.steps import ROOT, find_step

FIRST, FOURTH, LAST = "01-http-polling", "04-redis-layer", "05-final"
A_ROOM = "asgi:group:chat-room"  # as channels-redis names it


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory):
    """A Redis of our own: `reset` leaves a database alone while others use it."""
    with redis_server.started(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A student's copy of the course, as a zip file has it, and no Redis of theirs."""
    for name in ("REDIS_URL", "DATABASE_URL", "COURSE_WORK"):
        monkeypatch.delenv(name, raising=False)
    return copy_course(tmp_path)


@pytest.fixture
def with_history(folder):
    """The same with Git's history."""
    git = ["git", "-c", "user.name=Ana", "-c", "user.email=ana@example.org"]
    shutil.copy(ROOT / ".gitignore", folder)
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "My first change"]):
        subprocess.run([*git, *command], cwd=folder, check=True)
    return folder


def stored(folder, path, text="a message"):
    """Write a file, as a student's work with a step does."""
    path = folder / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def reset(folder, *words, code=0, **env):
    """Type the command; return what it prints."""
    done = course("reset", *words, folder=folder, **env)
    assert "Traceback" not in done.stderr
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


# ---- What was stored ---------------------------------------------------------------------


def test_the_data_of_one_step_goes_and_everything_else_stays(folder):
    gone = [
        stored(folder, f"steps/{FIRST}/db.sqlite3", "x" * 212_000),
        stored(folder, f"steps/{FIRST}/db.sqlite3-wal"),
        stored(folder, f"steps/{FIRST}/test.sqlite3"),
        stored(folder, f"steps/{FIRST}/media/photos/ana.png"),
    ]
    stay = [
        stored(folder, f"steps/{FIRST}/backup.sqlite3"),
        stored(folder, f"steps/{FIRST}/chat/messages.py", "# mine"),
        stored(folder, f"steps/{LAST}/db.sqlite3"),
        stored(folder, "my-work/progress.json"),
        stored(folder, "notebooks/01.ipynb"),
        stored(folder, "build/logs/01-8001.log"),
    ]
    said = reset(folder, "01", "--yes")
    assert f"steps/{FIRST}/db.sqlite3        212 KB" in said
    assert f"steps/{FIRST}/media" in said
    assert "Step 01 is as at the start. Next: python3 -m course run 01" in said
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in stay)
    assert reset(folder, "01", "--yes") == "There is nothing to reset.\n"


def test_without_a_step_all_databases_and_the_logs_go(folder):
    gone = [
        stored(folder, f"steps/{FIRST}/db.sqlite3"),
        stored(folder, f"steps/{LAST}/db.sqlite3"),
        stored(folder, "build/logs/01-8001.log"),
        stored(folder, "build/logs/bench.log"),
    ]
    said = reset(folder, "--yes")
    assert "build/logs: 2 logs" in said
    assert "All steps are as at the start." in said
    assert not any(path.exists() for path in gone)


def test_without_a_yes_nothing_is_deleted(folder):
    kept = stored(folder, f"steps/{FIRST}/db.sqlite3")
    said = reset(folder, "01", code=1)
    assert "Delete it? There is no terminal to answer in: add --yes" in said
    assert kept.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pty")
@pytest.mark.parametrize(("answer", "stays"), [("", True), ("n", True), ("y", False)])
def test_it_asks_and_a_bare_enter_is_a_no(folder, answer, stays):
    import pexpect

    path = stored(folder, f"steps/{FIRST}/db.sqlite3")
    words = ["-m", "course", "reset", "01"]
    child = pexpect.spawn(sys.executable, words, cwd=folder, encoding="utf-8")
    with closing(child):
        child.expect_exact("Delete it? [y/N]")
        assert path.exists()
        child.sendline(answer)
        child.expect(pexpect.EOF)
    assert path.exists() == stays
    assert child.exitstatus == stays


def test_uploads_that_are_a_link_elsewhere_lose_only_the_link(folder, tmp_path):
    photo = stored(tmp_path / "photos", "ana.png")
    media = folder / "steps" / FIRST / "media"
    try:
        media.symlink_to(photo.parent, target_is_directory=True)
    except OSError:
        pytest.skip("this Windows account may not make links")
    reset(folder, "01", "--yes")
    assert not media.is_symlink()
    assert photo.exists()


def test_a_file_that_another_program_has_open_gets_a_sentence(monkeypatch, tmp_path):
    def refuse(path, missing_ok):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    with pytest.raises(CourseError, match="cannot be deleted: Permission denied"):
        verb.delete(tmp_path / "db.sqlite3")


def test_a_database_elsewhere_is_named_and_left_alone(folder):
    url = "postgres://ana:secret@localhost/chat"
    said = reset(folder, "05", "--yes", DATABASE_URL=url)
    assert said.startswith("The database in DATABASE_URL is left alone.\n")
    assert "secret" not in said


# ---- What runs ---------------------------------------------------------------------------


def test_a_step_that_is_being_served_is_not_emptied_under_its_server(folder):
    step, port = find_step("01"), free_port()
    place, logs = folder / "steps" / FIRST, folder / "build" / "logs"
    with servers.serving(step, [port], logs=logs, folder=place):
        for words in (["01"], []):
            said = reset(folder, *words, "--yes", code=1)
            assert f"step 01 at port {port}" in said
            assert " ".join(["Then: python3 -m course reset", *words]) in said
            assert (place / "db.sqlite3").exists()
        # Another step is free to go, and so are the logs of what has ended.
        assert "nothing to reset" in reset(folder, "05", "--yes")
    reset(folder, "01", "--yes")
    assert not (place / "db.sqlite3").exists()


def test_where_no_proc_tells_a_server_is_known_by_the_title_of_its_pages(
    monkeypatch, serve
):
    monkeypatch.setattr(verb, "process_at", lambda port: None)
    steps = [find_step("02"), find_step("03")]
    with serve(steps[1]) as (server,):
        assert verb.step_at(server.port, steps) == steps[1]
        assert verb.step_at(server.port, steps[:1]) is None


def test_the_log_of_a_program_that_runs_stays(folder):
    logs = folder / "build" / "logs"
    old = stored(folder, "build/logs/04-8004.log")
    with redis_server.process(logs) as server:
        said = reset(folder, "--yes")
        assert "build/logs: 1 log " in said
        assert server.log.exists()
    assert not old.exists()


# ---- Redis -------------------------------------------------------------------------------


@pytest.fixture
def kept_in(redis_url):
    """Store keys in databases of a Redis; the databases are empty before and after."""

    def store(number, *names):
        with client(redis_url, number) as one:
            one.mset(dict.fromkeys(names, "a room"))

    with client(redis_url, 0) as one:
        one.flushall()
        yield store
        one.flushall()


def client(url, number):
    """Return a client of one database."""
    return redis.Redis.from_url(
        redis_server.database(url, number), decode_responses=True
    )


def keys_in(url, number):
    """Return the names of the keys in a database."""
    with client(url, number) as one:
        return sorted(one.keys())


def test_of_a_redis_only_the_step_s_own_database_and_prefix_are_emptied(
    folder, redis_url, kept_in
):
    kept_in(4, A_ROOM, "asgispecific.abc!", "another-project")
    kept_in(5, A_ROOM)
    kept_in(0, A_ROOM)
    said = reset(folder, "04", "--yes", REDIS_URL=redis_url)
    assert f"2 keys in database 4 of the Redis at {redis_url[8:]}" in said
    assert keys_in(redis_url, 4) == ["another-project"]
    assert keys_in(redis_url, 5) == keys_in(redis_url, 0) == [A_ROOM]


def test_step_05_has_the_prefix_that_its_settings_say(folder, redis_url, kept_in):
    prefix = subprocess.run(
        [sys.executable, "-c", verb.PREFIX],
        cwd=folder / "steps" / LAST,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
    ).stdout.strip()
    assert prefix.startswith("chat-")
    kept_in(5, f"{prefix}:group:1", "chat-of-another-site:group:1", A_ROOM)
    reset(folder, "05", "--yes", REDIS_URL=redis_url)
    assert keys_in(redis_url, 5) == [A_ROOM, "chat-of-another-site:group:1"]


def test_a_redis_that_we_started_is_found_without_redis_url(folder):
    logs = folder / "build" / "logs"
    with redis_server.process(logs) as ours, redis_server.process(folder) as foreign:
        # At that port, a Redis of ours ran yesterday.
        stored(folder, f"build/logs/redis-{foreign.url[-5:]}.log", "1:M * Ready")
        for server in (ours, foreign):
            with client(server.url, 4) as one:
                one.set(A_ROOM, "a room")
        if not redis_server.is_stand_in():  # which is recognised without its log
            ours.wait_until(lambda: f"{ours.pid}:" in ours.log.read_text("utf-8"))
        said = reset(folder, "04", "--yes")
        assert "1 key in database 4" in said
        assert keys_in(ours.url, 4) == []
        assert keys_in(foreign.url, 4) == [A_ROOM]


def test_a_database_of_redis_that_others_use_now_is_left_alone(
    folder, redis_url, kept_in
):
    """A class shares one Redis: nobody empties the rooms of the others."""
    kept_in(4, A_ROOM)
    with client(redis_url, 4) as bia:
        bia.ping()
        said = reset(folder, "04", "--yes", REDIS_URL=redis_url)
    assert "is left alone, because other programs use it now" in said
    assert "There is nothing to reset." in said
    assert keys_in(redis_url, 4) == [A_ROOM]


def test_a_redis_that_does_not_answer_is_named_and_the_files_go(folder):
    path = stored(folder, f"steps/{LAST}/db.sqlite3")
    url = f"redis://ana:secret@127.0.0.1:{free_port()}"
    said = reset(folder, "05", "--yes", REDIS_URL=url)
    assert f"The Redis at {url[-15:]} is left alone: Error" in said
    assert "secret" not in said
    assert not path.exists()


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/?db=x", "redis://a..b:6379"])
def test_a_url_that_makes_no_sense_to_redis_gets_a_sentence(folder, url):
    assert "is left alone" in reset(folder, "04", "--yes", REDIS_URL=url)


def test_an_address_of_no_redis_is_refused_and_nothing_is_deleted(folder):
    path = stored(folder, f"steps/{LAST}/db.sqlite3")
    said = reset(folder, "05", "--yes", code=1, REDIS_URL="http://127.0.0.1")
    assert "REDIS_URL is not the URL of a Redis" in said
    assert path.exists()


def test_settings_that_cannot_be_read_leave_redis_alone(folder, redis_url, kept_in):
    kept_in(4, A_ROOM)
    stored(folder, f"steps/{FOURTH}/config/settings.py", "oops(")
    said = reset(folder, "04", "--yes", REDIS_URL=redis_url)
    assert "its settings cannot be read" in said
    assert keys_in(redis_url, 4) == [A_ROOM]


# ---- The code ----------------------------------------------------------------------------

CONSUMERS = f"steps/{LAST}/chat/consumers.py"


def test_with_code_the_changes_are_listed_copied_and_undone(with_history):
    folder = with_history
    before = (folder / CONSUMERS).read_bytes()
    stored(folder, CONSUMERS, "# mine")
    new = stored(folder, f"steps/{LAST}/chat/extra/idéia.py", "# my idea")
    deleted = folder / f"steps/{LAST}/chat/views.py"
    deleted.unlink()
    staged = stored(folder, f"steps/{LAST}/chat/staged.py", "# staged")
    subprocess.run(["git", "add", staged], cwd=folder, check=True)
    elsewhere = stored(folder, f"steps/{FIRST}/chat/views.py", "# mine too")
    data = stored(folder, f"steps/{LAST}/db.sqlite3")

    said = reset(folder, "05", "--code", code=1)
    assert "The code goes back to " in said
    assert '"My first change"' in said
    for how, path in [
        ("changed", CONSUMERS),
        ("new", new.relative_to(folder).as_posix()),
        ("deleted", deleted.relative_to(folder).as_posix()),
        ("new", staged.relative_to(folder).as_posix()),
    ]:
        assert f"  {how:7}  {path}\n" in said
    assert "Delete this, and undo your changes?" in said
    assert "The changes are copied to my-work/before-reset-… first." in said
    assert (folder / CONSUMERS).read_text() == "# mine"

    reset(folder, "05", "--code", "--yes")
    (aside,) = (folder / "my-work").glob("before-reset-*")
    kept = {path.relative_to(aside).as_posix() for path in aside.rglob("*.py")}
    names = ["consumers", "extra/idéia", "staged"]
    assert kept == {f"{LAST}/chat/{name}.py" for name in names}
    assert (aside / LAST / "chat/consumers.py").read_text() == "# mine"
    assert (folder / CONSUMERS).read_bytes() == before
    assert deleted.exists()
    assert not any(path.exists() for path in (new.parent, staged, data))
    assert elsewhere.read_text() == "# mine too"
    assert "nothing to reset" in reset(folder, "05", "--code", "--yes")


def test_a_repository_inside_a_step_is_left_alone(with_history):
    inner = with_history / "steps" / LAST / "another-clone"
    stored(inner, "mine.py")
    subprocess.run(["git", "init", "-q"], cwd=inner, check=True)
    assert "nothing to reset" in reset(with_history, "05", "--code", "--yes")
    assert (inner / "mine.py").exists()


def test_without_code_no_change_is_undone(with_history):
    stored(with_history, CONSUMERS, "# mine")
    assert "nothing to reset" in reset(with_history, "05", "--yes")
    assert (with_history / CONSUMERS).read_text() == "# mine"


def test_a_zip_file_has_no_commit_to_go_back_to(folder):
    data = stored(folder, f"steps/{FIRST}/db.sqlite3")
    said = reset(folder, "01", "--code", "--yes", code=1)
    assert "has no Git history" in said
    assert "unpack the zip file again" in said
    assert data.exists()


def test_without_git_a_sentence_says_how_to_get_it(with_history):
    said = reset(with_history, "--code", "--yes", code=1, PATH="")
    assert "no program `git`" in said
    assert "https://git-scm.com" in said


def test_a_repository_without_a_commit_is_said(folder):
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    said = reset(folder, "--code", "--yes", code=1)
    assert "This repository has no commit yet." in said


def test_in_a_hook_of_git_the_clone_s_own_repository_is_meant(with_history, tmp_path):
    stored(with_history, CONSUMERS, "# mine")
    reset(with_history, "05", "--code", "--yes", GIT_DIR=str(tmp_path / "other"))
    assert (with_history / CONSUMERS).read_text() != "# mine"


def test_two_resets_in_one_second_keep_both_copies(with_history):
    for text in ("# one", "# two"):
        stored(with_history, CONSUMERS, text)
        reset(with_history, "05", "--code", "--yes")
    copies = (with_history / "my-work").glob(f"before-reset-*/{LAST}/chat/consumers.py")
    assert {path.read_text() for path in copies} == {"# one", "# two"}


@pytest.mark.parametrize(
    ("words", "says"),
    [(["6"], 'There is no step "6". The steps are: 01'), (["lessons"], "no step")],
)
def test_a_mistake_gets_a_sentence(folder, words, says):
    assert says in reset(folder, *words, code=1)

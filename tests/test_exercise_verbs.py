"""`course exercise` in a terminal that only prints lines, as a student types it."""

import json

import pytest
from conftest import course

from course.exercise import catalogue, copies
from course.exercise.progress import Entry, Progress, load

NAME = "03-typing"
FILE = "chat/consumers.py"


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A folder in the place of my-work/."""
    folder = tmp_path / "my-work"
    monkeypatch.setenv("COURSE_WORK", str(folder))
    monkeypatch.setenv("EXERCISE_PATIENCE", "0.4")
    return folder


def exercise(*words):
    """Type the command; return what it prints, and its exit code."""
    done = course("exercise", *words)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def solve(work):
    """Write the published solution into the student's copy."""
    one = catalogue.find(NAME)
    copies.apply(one.right[one.solution], work / NAME)


def progress_in(work):
    """Return what is kept of the exercise."""
    content = json.loads((work / "progress.json").read_text("utf-8"))
    return content["exercises"][NAME]


# ---- From the first check to the solution ------------------------------------------------------


def test_a_student_checks_changes_and_solves_an_exercise(work):
    code, said = exercise("check", NAME)
    assert code == 1
    assert "is your copy. Work there." in said
    assert "✗ Bia should have been notified that Ana is typing." in said
    assert "checks pass." in said
    assert "site-packages" not in said
    solve(work)
    code, said = exercise("check")
    assert code == 0
    assert "Solved: all" in said
    assert "Next: python3 -m course exercise" in said
    assert progress_in(work)["solved"]
    code, said = exercise("list")
    assert f"> ✓ {NAME}" in said
    assert f"1 of {len(catalogue.load())} solved." in said


def test_a_name_may_be_short_or_a_folder(work):
    assert "03-typing" in exercise("check", "typing")[1]
    assert "03-typing" in exercise("check", f"{work / NAME}")[1]


def test_the_traceback_is_shown_only_when_asked_for(work):
    exercise("check", NAME)
    path = work / NAME / FILE
    path.write_text(
        path.read_text("utf-8").replace("read_message(t", "read(t"), "utf-8"
    )
    done = course("exercise", "check", NAME)
    assert "Traceback (most" not in done.stdout
    done = course("exercise", "check", NAME, "--trace")
    assert 'consumers.py", line 34' in done.stdout
    assert "site-packages" not in done.stdout
    assert "_pytest" not in done.stdout


def test_hints_come_one_by_one_and_are_counted(work):
    count = len(catalogue.find(NAME).hints)
    for number in range(1, count + 1):
        assert f"Hint {number} of {count}:" in exercise("hint", NAME)[1]
    assert f"You've had all {count} hints:" in exercise("hint", NAME)[1]
    assert progress_in(work)["hints"] == count


def test_the_task_lies_beside_the_code_and_a_note_in_it_is_kept(work):
    exercise("check", NAME)
    task = work / NAME / "TASK.md"
    assert "Ana is typing" in task.read_text("utf-8")
    task.write_text("my own note", "utf-8")
    exercise("check", NAME)
    assert task.read_text("utf-8") == "my own note"


def test_a_diff_shows_only_what_the_student_changed(work):
    assert "You haven't changed anything yet." in exercise("diff", NAME)[1]
    path = work / NAME / FILE
    path.write_text(path.read_text("utf-8") + "# mine\n", "utf-8")
    (work / NAME / "notes.txt").write_text("oi\n", "utf-8")
    said = exercise("diff", NAME)[1]
    added = [line for line in said.splitlines() if line.startswith("+")]
    assert added == ["+++ b/chat/consumers.py", "+# mine", "+++ b/notes.txt", "+oi"]


def test_the_solution_is_shown_only_to_someone_who_means_it(work):
    code, said = exercise("solution", NAME)
    assert code == 1
    assert "add --yes if you mean it" in said
    assert "chat_typing" not in said
    code, said = exercise("solution", NAME, "--yes")
    assert code == 0
    assert "+    async def chat_typing" in said
    assert progress_in(work)["seen_solution"]


def test_a_solution_that_was_looked_up_is_marked_as_such(work):
    exercise("solution", NAME, "--yes")
    exercise("check", NAME)
    solve(work)
    exercise("check", NAME)
    assert "(with the solution)" in exercise("list")[1]


def test_an_exercise_of_your_own_has_no_published_solution(work):
    own = next(one for one in catalogue.load() if one.track == "own")
    code, said = exercise("solution", own.name, "--yes")
    assert code == 1
    assert "it's yours to find" in said


# ---- Nothing is lost -------------------------------------------------------------------------


def test_a_reset_asks_and_puts_the_work_aside(work):
    exercise("check", NAME)
    solve(work)
    mine = (work / NAME / FILE).read_text("utf-8")
    code, said = exercise("reset", NAME)
    assert code == 1
    assert (work / NAME / FILE).read_text("utf-8") == mine
    code, said = exercise("reset", NAME, "--yes")
    assert code == 0
    assert "TODO" in (work / NAME / FILE).read_text("utf-8")
    (aside,) = (work / ".before-reset").iterdir()
    assert (aside / FILE).read_text("utf-8") == mine
    assert str(aside) in said
    assert not progress_in(work)["solved"]


def test_two_resets_in_one_second_keep_both(work):
    one = copies.Copy(catalogue.find(NAME), work)
    one.make()
    places = {one.reset() for _ in range(3)}
    assert len(places) == 3
    assert all((place / FILE).is_file() for place in places)


def test_nothing_to_reset_is_said(work):
    assert "There's nothing to reset" in exercise("reset", NAME, "--yes")[1]


def test_a_new_edition_is_announced_and_leaves_the_work_as_it_was(work):
    """After `git pull`: the start, the task and the checks may be new."""
    exercise("check", NAME)
    (work / NAME / FILE).write_text("mine\n", "utf-8")
    progress = load(work / "progress.json")
    entry = progress.of(NAME)
    entry.edition = "the task=0;the checks=0;the start=0"
    progress.save()
    code, said = exercise("check", "--all")
    assert code == 1
    assert "Changed since you started: the task, the checks, the start." in said
    assert "Your work is untouched." in said
    assert f"reset {NAME}" in said
    assert (work / NAME / FILE).read_text("utf-8") == "mine\n"


def test_an_unchanged_exercise_has_no_news(work):
    exercise("check", NAME)
    assert "Changed since" not in exercise("check", "--all")[1]


def test_a_solved_exercise_whose_checks_are_stricter_now_stays_in_the_list(work):
    exercise("check", NAME)
    solve(work)
    exercise("check", NAME)
    path = work / NAME / FILE
    path.write_text(
        path.read_text("utf-8").replace("chat.typing", "chat.gone"), "utf-8"
    )
    code, said = exercise("check", "--all")
    assert code == 1
    assert (
        "You had solved it: since then, your copy or the exercise has changed." in said
    )
    assert "0 of 1 started exercises are solved." in said


def test_of_stages_in_one_folder_the_furthest_is_checked(work):
    """A later stage may change what an earlier one asked for."""
    stages = [one for one in catalogue.load() if one.track == "build"][:2]
    for stage in stages:
        exercise("check", stage.name)
    said = exercise("check", "--all")[1]
    assert stages[1].name in said
    assert stages[0].name not in said
    assert "0 of 1 started exercises are solved." in said


def test_all_of_nothing_is_said(work):
    assert "You haven't started any exercise yet." in exercise("check", "--all")[1]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"current": 1, "exercises": []}', '{"exercises": {}}']
)
def test_a_damaged_progress_file_is_put_aside(tmp_path, content):
    path = tmp_path / "progress.json"
    path.write_text(content, "utf-8")
    progress = load(path)
    assert "was damaged" in progress.warning
    (aside,) = tmp_path.glob("progress-damaged-*.json")
    assert aside.read_text("utf-8") == content


def test_progress_of_a_newer_course_is_read_as_far_as_it_is_known(tmp_path):
    path = tmp_path / "progress.json"
    entry = {"started": 1.0, "stars": [5]}
    path.write_text(json.dumps({"current": "x", "exercises": {"x": entry}}), "utf-8")
    assert load(path).of("x") == Entry(started=1.0)


def test_work_is_counted_without_the_long_pauses(tmp_path):
    progress = Progress(tmp_path / "progress.json")
    for now in (1000, 1060, 1120, 9000, 9060):
        progress.note("x", solved=False, now=now)
    progress.note("x", solved=True, now=9070)
    progress.note("x", solved=True, now=9080)
    entry = load(progress.path).of("x")
    assert (entry.worked, entry.runs, entry.solved) == (60 + 60 + 60 + 10, 7, 9070)


def test_a_copy_cut_short_is_not_taken_for_a_whole_one(work):
    """Killed while it was being made: the next start makes it again."""
    half = work / f".{NAME}.new"
    half.mkdir(parents=True)
    (half / "manage.py").write_text("half", "utf-8")
    exercise("check", NAME)
    assert (work / NAME / FILE).is_file()
    assert (work / NAME / "manage.py").read_text("utf-8") != "half"
    assert not half.exists()


def test_a_folder_of_that_name_that_was_there_before_is_not_touched(work):
    mine = work / NAME / "mine.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("x = 1\n", "utf-8")
    exercise("check", NAME)
    assert mine.read_text("utf-8") == "x = 1\n"
    assert not (work / NAME / FILE).exists()


# ---- Mistakes in what is typed ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "09-nothing"], 'There is no exercise "09-nothing".'),
        (["check", "03-"], "could be any of"),
        (["check"], "Which exercise?"),
        (["check", "a", "b"], "is more than one name"),
        (["open", "nothing"], "There is no exercise"),
        (["03-typing", "check"], "is more than one name"),
        ([], "These commands work in any terminal"),
        (["report", "/does/not/exist"], "There is no folder"),
        (["report"], "Whose report is it?"),
    ],
)
def test_a_mistake_gets_a_sentence(work, words, said):
    code, printed = exercise(*words)
    assert code == 1
    assert said in printed


def test_without_redis_the_exercises_that_need_one_say_how_to_get_it(work, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    needs = next(one for one in catalogue.load() if "redis" in one.needs)
    code, printed = exercise("check", needs.name)
    assert code == 1
    assert "127.0.0.1:1" in printed

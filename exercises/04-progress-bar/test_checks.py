"""What an import promises."""

import asyncio
import importlib
import sys

import pytest

from course.exercise.kit import LOADED_ONCE, NotYet, arrives, expect

BAD = [
    "4",
    "[]",
    "{}",
    "rows",
    '{"import": 0}',
    '{"import": -1}',
    '{"import": 1000001}',
    '{"import": "4"}',
    '{"import": 1.5}',
    '{"import": true}',
    '{"import": null}',
    b"\0",
]


class Rows:
    """Stands in for import_row(): quick, but one row can wait, and one can fail."""

    def __init__(self):
        self.begun = []
        self.stop_at = None  # a row that waits until `go_on` is set
        self.fail_at = None
        self.has_stopped = asyncio.Event()
        self.go_on = asyncio.Event()

    async def import_row(self, number):
        self.begun.append(number)
        await asyncio.sleep(0)
        if number == self.fail_at:
            raise OSError("the disk is full")
        if number == self.stop_at:
            self.has_stopped.set()
            await self.go_on.wait()

    async def stopped(self):
        """Wait until a job has come to the row where it must wait."""
        await arrives(
            self.has_stopped.wait(),
            f"import_row({self.stop_at}) should have been called by now.",
        )
        self.has_stopped.clear()


@pytest.fixture
async def rows(monkeypatch):
    """Return what is imported, and when."""
    for name in list(sys.modules):
        if (
            name.startswith("chat.")
            and name not in LOADED_ONCE
            or name == "config.asgi"
        ):
            del sys.modules[name]
    rows = Rows()
    work = importlib.import_module("chat.work")
    monkeypatch.setattr(work, "import_row", rows.import_row)
    yield rows
    rows.go_on.set()


@pytest.fixture
def enters(opens, rows):
    """Return what opens a socket for imports."""

    async def enters(name):
        return await opens(name, path="/ws/import/")

    return enters


async def progress(person, sentence, until=100):
    """Return the percents that a person hears, until this one; 0 may come or not."""
    percents = []
    while not percents or percents[-1] != until:
        frame = await person.hears(sentence)
        percent = frame.get("progress")
        wanted = type(percent) is int and 0 <= percent <= 100
        expect(wanted, f"{sentence} {person.name} received {frame}.")
        percents.append(percent)
    return percents[1:] if percents[0] == 0 else percents


async def hears_error(person, sentence):
    """Wait for a frame with an `error`; progress may come before."""
    while "error" not in (frame := await person.hears(sentence)):
        expect("progress" in frame, f"{sentence} {person.name} received {frame}.")
    expect(isinstance(frame["error"], str), f"{sentence} Received: {frame}.")


async def test_four_rows(enters, rows):
    """Ana imports four rows, and sees 25, 50, 75 and 100."""
    ana = await enters("Ana")
    await ana.says(**{"import": 4})
    sentence = "Ana imports four rows. She should have received 25, 50, 75 and 100."
    found = await progress(ana, sentence)
    expect(found == [25, 50, 75, 100], f"{sentence} She received {found}.")
    sentence = "The rows 1, 2, 3 and 4 should have been imported, each once."
    expect(rows.begun == [1, 2, 3, 4], f"{sentence} Imported: {rows.begun}.")


async def test_an_invalid_frame_gets_an_error(enters, rows):
    """An invalid frame gets an error, and starts nothing."""
    ana = await enters("Ana")
    for frame in BAD:
        await ana.sends(frame)
        sentence = f"Ana sent {frame}, and should have got a frame with an `error`."
        said = await ana.hears(sentence)
        expect(isinstance(said.get("error"), str), f"{sentence} She received {said}.")
    expect(not rows.begun, "An invalid frame shouldn't start an import.")


async def test_the_socket_answers_meanwhile(enters, rows):
    """While her job runs, Ana's second import gets an error, and the first goes on."""
    ana = await enters("Ana")
    rows.stop_at = 3
    await ana.says(**{"import": 4})
    await rows.stopped()
    await ana.says(**{"import": 9})
    await hears_error(
        ana,
        "Ana's job runs, and she started another. She should have got an `error` at once."
        " Does receive() wait for the job?",
    )
    rows.go_on.set()
    await progress(ana, "Ana's first job should have gone on to 100.")
    expect(rows.begun == [1, 2, 3, 4], "Ana's second job shouldn't have begun.")


async def test_another_job_after_the_first(enters):
    """When her job has ended, Ana can start another."""
    ana = await enters("Ana")
    for count in ("first", "second"):
        await ana.says(**{"import": 2})
        sentence = "Ana's first job has ended, so she can start another."
        if count == "first":
            sentence = "Ana's job should have come to 100."
        await progress(ana, f"{sentence}")
        await asyncio.sleep(0.01)  # the job may have a last line to run


async def test_each_percent_comes_once(enters):
    """A job of a thousand rows sends each percent once."""
    ana = await enters("Ana")
    await ana.says(**{"import": 1000})
    sentence = (
        "Ana imports 1000 rows. She should have received each percent once, in order."
    )
    found = await progress(ana, sentence)
    again = [percent for percent in found if found.count(percent) > 1]
    expect(
        not again,
        f"{sentence} {[*again, 0][0]} came {found.count([*again, 0][0])} times.",
    )
    expect(found == list(range(1, 101)), f"{sentence} She received {found}.")
    await ana.hears_nothing("After 100, nothing more should come.", 0.03)


async def test_100_comes_at_the_end(enters, rows):
    """100 doesn't come before the last row is done."""
    ana = await enters("Ana")
    rows.stop_at = 1000
    await ana.says(**{"import": 1000})
    await rows.stopped()
    sentence = "Ana should have received 99 when 999 of 1000 rows were done."
    try:
        await progress(ana, sentence, until=99)
        await ana.hears_nothing(sentence, 0.03)
    except NotYet as problem:
        raise NotYet(f"{problem} Did 100 come before the last row was done?") from None
    rows.go_on.set()
    await progress(ana, "Ana should have received 100 when the last row was done.")


async def test_two_jobs_do_not_mix(enters, rows):
    """Ana's and Bia's jobs run at the same time, and each sees her own progress."""
    ana, bia = await enters("Ana"), await enters("Bia")
    rows.stop_at = 3
    await ana.says(**{"import": 4})
    await rows.stopped()
    await progress(ana, "Ana should have received 50.", until=50)
    await bia.says(**{"import": 2})
    sentence = "Bia's job has two rows. She should have received 50 and 100, while Ana's waits."
    found = await progress(bia, sentence)
    expect(found == [50, 100], f"{sentence} She received {found}.")
    await ana.hears_nothing("Ana should receive only her own job's progress.", 0.03)
    rows.go_on.set()
    found = await progress(ana, "Ana's job should have gone on to 100.")
    expect(
        found == [75, 100],
        f"Ana should have received 75 and 100. She received {found}.",
    )


async def test_a_failing_row_is_reported(enters, rows):
    """If a row fails, Ana gets an error, and can start again."""
    ana = await enters("Ana")
    rows.fail_at = 2
    await ana.says(**{"import": 4})
    await hears_error(
        ana,
        "Row 2 failed. Ana should have got a frame with an `error`."
        " Where does an exception in a task go?",
    )
    expect(rows.begun == [1, 2], f"After row 2 failed, the job went on: {rows.begun}.")
    rows.fail_at = None
    await asyncio.sleep(0.01)  # the job may have a last line to run
    await ana.says(**{"import": 2})
    await progress(ana, "After a failed job, Ana should be able to start another.")


async def test_a_job_ends_when_its_owner_leaves(enters, rows):
    """When Ana leaves, no further row begins."""
    ana = await enters("Ana")
    rows.stop_at = 3
    await ana.says(**{"import": 9})
    await rows.stopped()
    await ana.leaves()
    rows.go_on.set()
    await asyncio.sleep(0.03)
    sentence = "Ana left during row 3, and another row began:"
    expect(rows.begun == [1, 2, 3], f"{sentence} {rows.begun[3:]}.")


async def test_other_jobs_go_on(enters, rows):
    """When Ana leaves, Bia's job goes on."""
    ana, bia = await enters("Ana"), await enters("Bia")
    rows.stop_at = 3
    for person in (ana, bia):
        await person.says(**{"import": 4})
        await rows.stopped()
    await ana.leaves()
    rows.go_on.set()
    await progress(bia, "Ana left. Bia's job should have gone on to 100.")

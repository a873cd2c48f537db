"""What a list of who is here promises, with a clock that only the checks move."""

import pytest

from course.exercise.kit import expect, load

EVERY = 20  # seconds between renewals


class Rooms:
    """Processes that share a table, and a clock for all of them."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.table = {}

    def process(self, name: str):
        """Return the Presence of a new process."""
        return load("presence", "Presence")(self.table, name, lambda: self.time)

    def minutes(self, minutes: int, *alive: object) -> None:
        """Let time go by, while some processes renew."""
        for _ in range(minutes * 60 // EVERY):
            self.time += EVERY
            for one in alive:
                one.renew()


@pytest.fixture
def rooms():
    """Return a table, and a clock that doesn't move on its own."""
    return Rooms()


def sees(presence: object, names: list[str], sentence: str) -> None:
    """Raise NotYet unless these people are here, as this process sees it."""
    found = presence.here()
    expect(found == names, f"{sentence} here() should be {names}, but is {found!r}.")


def test_everybody_sees_who_has_come(rooms):
    """Both processes list everybody who has come, sorted."""
    first, second = rooms.process("first"), rooms.process("second")
    sees(first, [], "Nobody has come yet.")
    first.come("Bia", "socket 1")
    second.come("Ana", "socket 2")
    for one in (first, second):
        sees(one, ["Ana", "Bia"], "Bia came to one process, and Ana to another.")


def test_rooms_have_nothing_in_common(rooms):
    """Another room, with a table of its own, knows nothing of Ana."""
    class_, hallway = rooms.process("first"), Rooms().process("first")
    class_.come("Ana", "socket 1")
    hallway.renew()
    sees(hallway, [], "Ana is in another room, which has another table.")


def test_the_last_socket_takes_its_person_along(rooms):
    """Ana is gone at once when her only socket closes."""
    first, second = rooms.process("first"), rooms.process("second")
    first.come("Ana", "socket 1")
    first.come("Bia", "socket 2")
    first.go("Ana", "socket 1")
    for one in (first, second):
        sees(one, ["Bia"], "Ana's only tab has closed.")


def test_two_tabs_are_one_person(rooms):
    """Ana has two tabs: she's listed once, until the second one closes."""
    first, second = rooms.process("first"), rooms.process("second")
    first.come("Ana", "socket 1")
    first.come("Ana", "socket 2")
    sees(second, ["Ana"], "Ana has two tabs, but is one person.")
    first.go("Ana", "socket 1")
    sees(second, ["Ana"], "One of Ana's two tabs has closed, so she's still here.")
    first.go("Ana", "socket 2")
    sees(second, [], "Both of Ana's tabs have closed.")


def test_tabs_on_two_processes(rooms):
    """Ana has a tab on each of two processes: she stays until both have closed."""
    first, second = rooms.process("first"), rooms.process("second")
    first.come("Ana", "socket 1")
    second.come("Ana", "socket 2")
    sees(first, ["Ana"], "Ana has two tabs, but is one person.")
    first.go("Ana", "socket 1")
    for one in (first, second):
        sees(one, ["Ana"], "Ana's tab on the other process is still open.")
    second.go("Ana", "socket 2")
    sees(first, [], "Ana's tabs have closed on both processes.")


def test_a_killed_process_is_forgotten(rooms):
    """Bia's process is killed: she's here for 60 seconds more, then no longer."""
    first, killed = rooms.process("first"), rooms.process("killed")
    first.come("Ana", "socket 1")
    killed.come("Bia", "socket 2")
    rooms.minutes(2, first, killed)
    rooms.time += 10
    first.renew()
    sees(first, ["Ana", "Bia"], "10 seconds ago, both processes renewed.")
    rooms.time += 45
    first.renew()
    sees(first, ["Ana", "Bia"], "Bia's process last renewed 55 seconds ago.")
    rooms.time += 10
    first.renew()
    sees(first, ["Ana"], "Bia's process was killed 65 seconds ago.")


def test_a_long_visit(rooms):
    """Ana and Bia are still here after an hour, as long as their processes renew."""
    first, second = rooms.process("first"), rooms.process("second")
    first.come("Ana", "socket 1")
    second.come("Bia", "socket 2")
    rooms.minutes(60, first, second)
    for one in (first, second):
        sees(one, ["Ana", "Bia"], "Both processes have renewed for an hour.")
    second.go("Bia", "socket 2")
    rooms.minutes(1, first, second)
    sees(first, ["Ana"], "Bia has left, so renew() mustn't bring her back.")


def test_a_process_that_slept(rooms):
    """A process is suspended for ten minutes: its people are back with its next renewal."""
    first, asleep = rooms.process("first"), rooms.process("asleep")
    first.come("Ana", "socket 1")
    asleep.come("Bia", "socket 2")
    rooms.minutes(10, first)
    sees(first, ["Ana"], "Bia's process was suspended for ten minutes.")
    asleep.renew()
    sees(first, ["Ana", "Bia"], "Bia's process is awake again and has renewed.")
    asleep.go("Bia", "socket 2")
    sees(first, ["Ana"], "Bia's only tab has closed.")

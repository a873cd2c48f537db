"""Everybody's phone in one room of step 05: who is here, and how much is said."""

import asyncio
import time

from course.classroom.screens.actors import Person

ROOM = "class"
WATCHER = "teacher"
SHOWN = 30  # seconds in the chart


async def run(stage) -> None:
    """Count until the next key. Only numbers are shown: no names, no texts."""
    await stage.need("redis", "05")
    crowd = Crowd(Person(WATCHER, stage.port("05"), ROOM))
    await stage.enter(crowd.watcher)
    crowd.begin()
    url = f"http://{stage.fleet.address}:{stage.port('05')}/chat/{ROOM}/"
    stage.tell("address", text=url)
    while True:
        stage.status("Log in, enter the room “class”, and write.")
        crowd.show(stage)
        if not crowd.watcher.socket.is_open:
            stage.status("Step 05 closed the socket. Connecting again …")
            await crowd.watcher.reconnect()
        await asyncio.sleep(1)


class Crowd:
    """What somebody who only watches can count in a room."""

    def __init__(self, watcher: Person) -> None:
        self.watcher = watcher
        self.times = []  # of the messages
        self.deliveries = 0
        self.most_people = 0

    def begin(self) -> None:
        """Count from now on: the room remembers what was said before."""
        self.known = set(self.watcher.seen)
        self.watcher.on_frame = self.note

    @property
    def people(self) -> int:
        """How many are here, the watcher left out."""
        return len(set(self.watcher.present) - {WATCHER})

    def note(self, frame: dict) -> None:
        """Count what is new."""
        for _ in self.watcher.seen.keys() - self.known:
            self.times.append(time.monotonic())
            self.deliveries += self.people
        self.known = set(self.watcher.seen)
        self.most_people = max(self.most_people, self.people)

    def per_second(self) -> list[int]:
        """Return the messages of each of the last seconds, the newest last."""
        counts = [0] * SHOWN
        stamp = time.monotonic()
        for at in self.times:
            age = int(stamp - at)
            if age < SHOWN:
                counts[SHOWN - 1 - age] += 1
        return counts

    def show(self, stage) -> None:
        """Show the numbers, and note them for the reveal."""
        counts = self.per_second()
        stage.tell("big", "people", value=str(self.people), label="people here")
        stage.tell("big", "rate", value=str(counts[-1]), label="messages a second")
        stage.tell("big", "sum", value=str(len(self.times)), label="messages in all")
        stage.tell("chart", values=counts, label=f"the last {SHOWN} seconds")
        stage.measure("people", str(self.most_people), "people at the same time")
        stage.measure("messages", str(len(self.times)), "messages")
        stage.measure(
            "deliveries",
            f"{self.deliveries:,}",
            "deliveries: each message to each person",
        )

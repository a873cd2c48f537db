"""Two servers and one room, for the screens of lessons 03 and 04."""

import time

from course.classroom.screens.actors import Member

PATIENCE = 15  # seconds to wait for a message that must come, even on a busy machine
SILENCE = 4  # seconds: if nothing has come by then, nothing will
ROOM = "class tonight"
OI = "oi, is anybody here?"


async def two_halves(
    stage, left: str, right: str, patience: float | None = None
) -> tuple[list[float], int]:
    """Let four people share a room on two servers. Ana writes.

    Return the seconds that the others waited for her message, those who have it, and the
    number of sockets that are open at the end. An error would end the run.

    `patience` is how many seconds people on the right wait for a message that they should
    get. Leave it out if they shouldn't get one: then they wait only as long as a class
    would.
    """
    people = []
    for unit, names in {left: ["Ana", "Bia"], right: ["Caio", "Dora"]}.items():
        port = stage.port(unit)
        stage.tell("pane", unit, title=f"Server {port}")
        for name in names:
            people.append((unit, await stage.enter(Member(name, port, ROOM))))
            stage.tell("person", name, pane=unit, who=name, text="connected")
    stage.status("All four are in the same room.")
    await stage.pause(3)
    (home, ana), *others = people
    stage.tell("person", "Ana", pane=home, who="Ana", text=OI, tone="sent")
    stage.status("Ana writes.")
    begun = time.perf_counter()
    await ana.send(OI)
    within = {left: PATIENCE, right: patience or SILENCE * max(stage.pace, 0.25)}
    waited = []
    for unit, person in others:
        show = {"pane": unit, "who": person.name}
        if await person.hear(OI, within[unit]):
            waited.append(time.perf_counter() - begun)
            note = f"after {waited[-1] * 1000:.0f} ms"
            stage.tell("person", person.name, text=OI, note=note, tone="good", **show)
        else:
            note = "no error either"
            stage.tell(
                "person", person.name, text="nothing", note=note, tone="bad", **show
            )
    return waited, sum(person.socket.is_open for _, person in people)

"""The same two halves with the layer in Redis: the glass opens."""

from course import compare
from course.classroom.screens.halves import PATIENCE, two_halves
from course.steps import find_step

CONSUMERS = "chat/consumers.py"


async def run(stage) -> None:
    """Ana writes on one server; everyone in the room has it."""
    await stage.need("redis", "04", "04b")
    stage.tell("glass", open=True, label="Redis")
    heard, _ = await two_halves(stage, "04", "04b", PATIENCE)
    stage.measure("pages", f"{1 + len(heard)} of 4", "pages show Ana's message")
    if heard:
        slowest = f"{max(heard) * 1000:.0f} ms"
        stage.measure("slowest", slowest, "until the last of them had it")
    stage.measure("lines", str(lines_changed()), f"lines changed in {CONSUMERS}")
    stage.status("One room, two processes.")


def lines_changed() -> int:
    """Return how many lines step 04 changes in the consumer."""
    before, after = find_step("03"), find_step("04")
    old, new = (compare.files_of(step)[CONSUMERS] for step in (before, after))
    lines = compare.diff_lines(CONSUMERS, old, new)
    return sum(
        line[:1] in {"+", "-"} and line[:3] not in {"+++", "---"} for line in lines
    )

"""Two processes with a layer in memory: half of the room hears nothing, and no error."""

from course.classroom.screens.halves import two_halves


async def run(stage) -> None:
    """Ana writes on one server; the people on the other one wait."""
    await stage.need("03", "03b")
    stage.tell("glass", open=False, label="two processes")
    heard, still_open = await two_halves(stage, "03", "03b")
    stage.measure("pages", f"{1 + len(heard)} of 4", "pages show Ana's message")
    stage.measure("open", f"{still_open} of 4", "sockets are still open")
    stage.status("Nobody got an error.")

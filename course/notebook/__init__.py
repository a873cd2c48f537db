"""What the five notebooks share: a step that runs, bytes by hand, plots that say what they show.

    from course import notebook
    server = notebook.start("01-http-polling")
    …
    server.stop()

servers   a step, an application or a Redis that runs beside the notebook
plots     how a plot looks, and the text that a screen reader reads instead
"""

from course.notebook.plots import bars, logarithmic, mark, plot, rounded, show
from course.notebook.servers import (
    RunningStep,
    ask_at_once,
    connect,
    read_answer,
    serve,
    start,
    start_redis,
)
from course.redis_server import is_stand_in
from course.steps import ROOT

__all__ = [
    "ROOT",
    "RunningStep",
    "ask_at_once",
    "bars",
    "connect",
    "is_stand_in",
    "logarithmic",
    "mark",
    "plot",
    "read_answer",
    "rounded",
    "serve",
    "show",
    "start",
    "start_redis",
]

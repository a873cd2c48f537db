"""Every sentence that the doctor says, and how a check says one of them.

The sentences are in `sentences/*.toml`, one table for each finding, with `$words` that the
check fills in. Two dollars stand for one.
"""

import ast
import tomllib
from pathlib import Path
from string import Template
from typing import NamedTuple

from channels_doctor.edits import Edit
from channels_doctor.finding import Finding, Stage


class Advice(NamedTuple):
    """The sentences of one finding, before a check fills in their `$words`."""

    stage: Stage
    level: str
    what: Template
    unseen: Template
    do: Template
    page: str


def say(
    name: str,
    at: ast.AST | str,
    /,
    *edits: Edit,
    is_certain: bool = False,
    **words: str,
) -> Finding:
    """Return the finding of that name, at a piece of code or at "file:line".

    The edits are the change that the sentence describes. Say `is_certain` only if it is
    right in every project where the check says this.
    """
    advice = ADVICE[name]
    where = at if isinstance(at, str) else f"{at.file}:{at.lineno}"
    what, unseen, do = (
        text.substitute(words) for text in (advice.what, advice.unseen, advice.do)
    )
    return Finding(
        name=name,
        stage=advice.stage,
        level=advice.level,
        where=where,
        what=what,
        unseen=unseen,
        do=do,
        page=advice.page,
        edits=edits,
        is_certain=is_certain,
    )


def read_sentences() -> dict[str, Advice]:
    """Return all sentences, by the name of their finding."""
    advice = {}
    for file in sorted(Path(__file__).with_name("sentences").glob("*.toml")):
        for name, table in tomllib.loads(file.read_text("utf-8")).items():
            if name in advice:
                raise ValueError(f"{file.name}: {name} stands in two files")
            advice[name] = advice_from(**table)
    return advice


def advice_from(
    stage: str, what: str, do: str, page: str, level: str = "", unseen: str = ""
) -> Advice:
    """Make one advice of its table; a risk from the stage `messages` on, if not said."""
    when = Stage[stage.upper()]
    level = level or ("wrong" if when <= Stage.PAGE else "risk")
    texts = (Template(" ".join(text.split())) for text in (what, unseen, do))
    return Advice(when, level, *texts, page)


ADVICE = read_sentences()

"""What a class knows while it runs: who is here, and the vote that is open."""

import re
from collections import Counter
from dataclasses import dataclass, field

LONGEST_NAME = 24  # characters; what a projector can show
MOST_PEOPLE = 400
HIDDEN = "(hidden)"

# Nothing that moves other letters or can't be seen.
NOT_IN_A_NAME = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u0300-\u036f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)


class Refused(Exception):
    """What a person asked for can't be done; the text tells them why."""


@dataclass
class Person:
    """Somebody with a phone or a laptop; `key` is a secret of their browser."""

    number: int  # how the desk calls them
    key: str
    name: str
    sockets: set = field(default_factory=set)
    is_hidden: bool = False

    @property
    def shown(self) -> str:
        """Their name as the room sees it."""
        return HIDDEN if self.is_hidden else self.name


@dataclass
class Vote:
    """A question with choices; `given` has the choice of each key."""

    question: str
    choices: list[str]
    given: dict[str, int] = field(default_factory=dict)
    is_open: bool = True

    @property
    def counts(self) -> list[int]:
        """How many chose each."""
        counted = Counter(self.given.values())
        return [counted[number] for number in range(len(self.choices))]


class Room:
    """The people of the class and their votes."""

    def __init__(self) -> None:
        self.people = {}  # by key
        self.vote = None
        self.numbers = 0

    def here(self) -> list[Person]:
        """Return who has a page open, in the order in which they came."""
        return [person for person in self.people.values() if person.sockets]

    def join(self, key: str, name: str, socket: str) -> Person:
        """Let somebody in, or give them another name; return the person."""
        name = tidy(name)
        person = self.people.get(key)
        if person is None:
            if len(self.people) >= MOST_PEOPLE:
                self.forget_absent()
            if len(self.people) >= MOST_PEOPLE:
                raise Refused("The room is full.")
            self.numbers += 1
            person = self.people[key] = Person(self.numbers, key, name)
        person.name = name
        person.sockets.add(socket)
        return person

    def leave(self, socket: str) -> None:
        """Note that a page is gone; its person keeps name and vote."""
        for person in self.people.values():
            person.sockets.discard(socket)

    def forget_absent(self) -> None:
        """Make room for others."""
        self.people = {key: one for key, one in self.people.items() if one.sockets}

    def hide(self, number: int, hidden: bool) -> None:
        """Hide a name from the room, or show it again."""
        for person in self.people.values():
            if person.number == number:
                person.is_hidden = hidden
                return
        raise Refused("This person is no longer here.")

    def open_vote(self, question: str, choices: list[str]) -> Vote:
        """Ask the room a question; the one before it is over."""
        self.vote = Vote(question, list(choices))
        return self.vote

    def close_vote(self) -> list[int]:
        """End the vote; return how many chose each."""
        if self.vote is None:
            return []
        self.vote.is_open = False
        return self.vote.counts

    def choose(self, key: str, choice: object) -> None:
        """Count a vote; who votes again changes theirs."""
        if self.vote is None or not self.vote.is_open:
            raise Refused("No vote is open now.")
        if key not in self.people:
            raise Refused("Type your name first. The vote itself is anonymous.")
        if type(choice) is not int or not 0 <= choice < len(self.vote.choices):
            raise Refused("This is not one of the choices.")
        self.vote.given[key] = choice

    def clear(self) -> None:
        """Forget everything but who is here."""
        self.vote = None
        self.forget_absent()


def tidy(name: object) -> str:
    """Return a name for the projector; raise Refused if it is none."""
    if not isinstance(name, str):
        raise Refused("A name is a text.")
    name = " ".join(NOT_IN_A_NAME.sub("", name[:200]).split())
    if not name:
        raise Refused("Type a name.")
    if len(name) > LONGEST_NAME:
        raise Refused(f"At most {LONGEST_NAME} characters, please.")
    return name


room = Room()

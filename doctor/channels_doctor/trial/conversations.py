"""Opening the sockets of a running project, and talking on them: does a message arrive?"""

import contextlib
import time
from collections.abc import Iterator

from channels_doctor.trial.places import Place
from channels_doctor.trial.report import Step
from channels_doctor.trial.talking import Message
from channels_doctor.trial.tracebacks import Failure, hide
from channels_doctor.trial.visits import Log, Visitor
from channels_doctor.trial.websocket import Closed, HandshakeError, WebSocket

MOST_SOCKETS = 10
LONGEST_HANDSHAKE = 10  # seconds
LONGEST_MESSAGE = 5  # seconds until a message is at the other side
NO_SOCKET = "what answers there doesn't speak WebSocket."
A_MOMENT = 0.2
MOST_FRAMES = 30  # of one socket, until it has the message
LONGEST_SHOWN = 120  # characters of a message


class Conversation:
    """Ana and Bia on one socket."""

    def __init__(self, visitor: Visitor, place: Place, messages: list[Message]) -> None:
        self.visitor = visitor
        self.place = place
        self.messages = messages
        self.path = place.path(visitor.values)
        name = f" ({place.name})" if place.name else ""
        opened = f", which {place.opened_at} opens," if place.opened_at else ""
        logged_in = ", logged in," if visitor.cookie else ""
        self.title = f"socket {self.path}{name}{opened}{logged_in}"

    def step(self, outcome: str, what: str, failure: Failure | None = None) -> Step:
        """Return a step about this socket."""
        error, where = (failure.error, failure.where) if failure else ("", "")
        return Step("socket", outcome, f"{self.title} {what}", error, where, self.path)

    def held(self) -> Step:
        """Open the socket twice and talk; say what happened."""
        log = self.visitor.log()
        try:
            with self.two_sockets() as (ana, bia):
                return self.talk(ana, bia, log)
        except HandshakeError as refusal:
            return self.refused(refusal, log)
        except OSError:
            return self.step("wrong", "can't be reached:", log.awaited_failure())

    @contextlib.contextmanager
    def two_sockets(self) -> Iterator[tuple[WebSocket, WebSocket]]:
        """Open the socket for Ana and for Bia."""
        with contextlib.ExitStack() as stack:
            first, second = [*self.visitor.cookies, "", ""][:2]
            yield tuple(
                stack.enter_context(
                    WebSocket(
                        self.visitor.server.port, self.path, cookie, LONGEST_HANDSHAKE
                    )
                )
                for cookie in (first, second)
            )

    def refused(self, refusal: HandshakeError, log: Log) -> Step:
        """Say why the socket doesn't open."""
        if refusal.status == 403 and not log.failure():
            return self.step("unknown", "is refused (403).")
        failure = log.awaited_failure()
        if failure or refusal.status == 500:
            status = f"answers {refusal.status}" if refusal.status else "doesn't open"
            is_guess = failure and failure.kind != "KeyError"
            if is_guess and self.visitor.is_ours(failure, self.place.varies):
                what = f"{status}, maybe because of {self.visitor.excuse(failure)}:"
                return self.step("unknown", what, failure)
            return self.step("wrong", f"{status}:", failure)
        if refusal.status:
            what = (
                f"answers {refusal.status}: {self.visitor.why_no_sockets or NO_SOCKET}"
            )
        else:
            what = "gets no answer: connect() neither accepts nor closes."
        return self.step("wrong", what)

    def talk(self, ana: WebSocket, bia: WebSocket, log: Log) -> Step:
        """Send one message after the other until Bia gets one of Ana's."""
        answer, doubt = "", None
        for number, message in enumerate(self.messages, 1):
            hi = f"hi {number} from Ana"
            ana.send(message.written(hi))
            seconds = LONGEST_MESSAGE if message.says_something else A_MOMENT
            if heard := hears(bia, hi, seconds):
                return self.step(
                    "ok", f"opens, and Bia got what Ana sent: {shown(heard)}"
                )
            answer = answer or hears(ana, hi, A_MOMENT)
            failure = log.awaited_failure() if has_crashed(ana) else log.failure()
            if failure and not self.is_guess(failure, message):
                what = f"opens, but the message {shown(message.written(hi))} ends in:"
                return self.step("wrong", what, failure)
            if failure and (number == 1 or message.is_from_page):
                doubt = doubt or self.in_doubt(failure, message)
            if ana.closed:
                break
        return self.summed_up(ana, answer, doubt)

    def summed_up(self, ana: WebSocket, answer: str, doubt: Step | None) -> Step:
        """Say what there was, if Bia got nothing."""
        if answer:
            return self.step("ok", f"opens, and answers: {shown(answer)}")
        if doubt:
            return doubt
        if ana.closed:
            what = f"opens, and the server closes it with code {ana.closed.code}."
            return self.step("unknown", what)
        return self.step("unknown", f"opens; nothing came back for {self.tried()}.")

    def is_guess(self, failure: Failure, message: Message) -> bool:
        """Tell whether an error may be the fault of what we sent."""
        if failure.kind == "KeyError" and message.is_from_page:
            return False
        return self.visitor.is_ours(failure, True)

    def in_doubt(self, failure: Failure, message: Message) -> Step:
        """Say that a message that we made up ends in an error."""
        what = f"opens. A message that the trial made up, {shown(message.written('hi'))}, ends in:"
        return self.step("unknown", what, failure)

    def tried(self) -> str:
        """Return the first message."""
        return shown(self.messages[0].written("hi"))


def has_crashed(client: WebSocket) -> bool:
    """Tell whether the server closed a socket as it does after an exception."""
    return client.closed is not None and client.closed.code in (1006, 1011)


def hears(client: WebSocket, words: str, seconds: float) -> str:
    """Return the message that contains these words; "" if it doesn't come."""
    until = time.monotonic() + seconds
    for _ in range(MOST_FRAMES):
        heard = client.receive(until - time.monotonic())
        if heard is None or isinstance(heard, Closed):
            return ""
        if words in heard:
            return heard
    return ""


def shown(text: str) -> str:
    """Return a message for the report: on one line, not too long."""
    text = hide(" ".join(text.split()))
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"

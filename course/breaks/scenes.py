"""What is done to a broken copy, so that its error shows; each scene returns what people get."""

import time
from collections.abc import Callable

from course import redis_server
from course.breaks.people import Person
from course.breaks.stage import Stage, complaints_in, daphne
from course.errors import CourseError
from course.processes import Process, free_port
from course.servers import HOST
from course.steps import LOGS

SCENES: dict[str, Callable[[Stage], list[str]]] = {}

OI = '{"text": "oi", "sender": "Ana"}'
# A process without a socket sends to the group of the room.
SEND_FROM_A_SHELL = """
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from chat.groups import group_name
event = {"type": "chat.message", "message": {"text": "Lunch is ready"}}
async_to_sync(get_channel_layer().group_send)(group_name("class"), event)
"""
NO_MESSAGE = "are you there?"  # no JSON, which the consumer answers at once


def scene(play: Callable[[Stage], list[str]]) -> Callable[[Stage], list[str]]:
    """Enter a scene into the table, under its own name."""
    SCENES[play.__name__] = play
    return play


# ---- A server that does not start --------------------------------------------------


@scene
def start_runserver(stage: Stage) -> list[str]:
    """The server is started, and ends by itself."""
    address = f"{HOST}:{free_port()}"
    has_failed = stage.run("manage.py", "runserver", "--noreload", address)
    return ["The server does not start."] if has_failed else []


@scene
def start_without_redis(stage: Stage) -> list[str]:
    """The server is started, and nobody listens where Redis should be."""
    stage.redis_url = f"redis://{HOST}:{free_port()}"
    return start_runserver(stage)


@scene
def start_daphne(stage: Stage) -> list[str]:
    """The server is started as on a public machine: by its own name."""
    has_failed = stage.run(*daphne(free_port()), env={})
    return ["The server does not start."] if has_failed else []


@scene
def start_worker(stage: Stage) -> list[str]:
    """A worker of Channels is started."""
    stage.start_redis()
    has_failed = stage.run("manage.py", "runworker", "thumbnails")
    return ["The worker does not start."] if has_failed else []


@scene
def start_twice(stage: Stage) -> list[str]:
    """A second server wants the port of the first."""
    stage.serve()
    address = f"{HOST}:{stage.servers[0].port}"
    has_failed = stage.run("manage.py", "runserver", "--noreload", address)
    return ["The second server does not start."] if has_failed else []


@scene
def run_tests(stage: Stage) -> list[str]:
    """Django's test runner runs the tests of the app."""
    if "redis" in stage.step.needs:
        stage.start_redis()
    has_failed = stage.run("manage.py", "test", "chat")
    return ["The tests fail."] if has_failed else []


# ---- Pages and handshakes ------------------------------------------------------------


@scene
def ask_unprepared(stage: Stage) -> list[str]:
    """Ana asks for a page of a project whose database was not made."""
    stage.serve(prepare=False)
    return [stage.person("Ana").ask(stage.exhibit.path)]


@scene
def ask_daphne(stage: Stage) -> list[str]:
    """Ana asks for a file of a project that Daphne serves by itself."""
    stage.serve_by_daphne()
    return [stage.person("Ana").ask(stage.exhibit.path)]


@scene
def come_in(stage: Stage) -> list[str]:
    """Ana opens a socket."""
    stage.serve()
    return [stage.enter("Ana").ending()]


@scene
def come_without_redis(stage: Stage) -> list[str]:
    """Ana opens a socket, and nobody listens where Redis should be."""
    stage.redis_url = f"redis://{HOST}:{free_port()}"
    return come_in(stage)


@scene
def come_with_old_redis(stage: Stage) -> list[str]:
    """Ana opens a socket, and Redis lacks a command, as before version 5."""
    own_redis(stage, "--rename-command", "BZPOPMIN", "")
    return come_in(stage)


@scene
def lose_redis(stage: Stage) -> list[str]:
    """Ana and Bia are in the room when Redis ends."""
    redis = own_redis(stage)
    stage.serve()
    ana, bia = stage.enter("Ana"), stage.enter("Bia")
    stage.tell("Redis ends")
    redis.stop()
    return [ana.ending(), bia.ending()]


def own_redis(stage: Stage, *options: str) -> Process:
    """Start a Redis that a scene may spoil; the options are those of a real Redis."""
    program = redis_server.real_program() if options else None
    if options and program is None:
        raise CourseError(
            "This one needs a real Redis or Valkey, and this machine has only the"
            " stand-in. See it on the page of errors, or install Redis."
        )
    redis = stage.stack.enter_context(redis_server.process(LOGS, program, *options))
    stage.redis_url = redis.url
    return redis


@scene
def come_from_elsewhere(stage: Stage) -> list[str]:
    """A page of another site opens a socket, then a program without any page."""
    stage.serve()
    bia, caio = stage.person("Bia"), stage.person("Caio")
    bia.open(stage.exhibit.path, origin="https://another.example")
    caio.open(stage.exhibit.path, origin=None)
    return [bia.ending(), caio.ending()]


@scene
def come_through_a_proxy(stage: Stage) -> list[str]:
    """Ana's handshake as nginx passes it on without the two lines, then with one."""
    stage.serve()
    ana, bia = stage.person("Ana"), stage.person("Bia")
    stage.tell("nginx passes on Ana's handshake, without Upgrade")
    ana.shake_hands(stage.exhibit.path, "Connection: close")
    stage.tell("nginx passes on Bia's, with Upgrade, but with Connection: close")
    bia.shake_hands(stage.exhibit.path, "Upgrade: websocket", "Connection: close")
    return [ana.ending(), bia.ending()]


@scene
def leave(stage: Stage) -> list[str]:
    """Ana closes her socket, and her consumer goes on."""
    stage.serve()
    ana = stage.enter("Ana")
    stage.tell("Ana closes the socket; Daphne waits for ten seconds")
    ana.close()
    return ["Ana: nothing; she has left"]


@scene
def come_with_a_token(stage: Stage) -> list[str]:
    """Ana is logged in nowhere, but shows a token, as to an API."""
    stage.serve()
    ana = stage.person("Ana")
    ana.open(stage.exhibit.path, "Authorization: Bearer let-me-in")
    return [ana.ending()]


# ---- Frames --------------------------------------------------------------------------


@scene
def talk_alone(stage: Stage) -> list[str]:
    """Ana says something."""
    stage.serve()
    ana = stage.enter("Ana")
    ana.say(OI)
    return [ana.ending()]


@scene
def talk(stage: Stage) -> list[str]:
    """Ana says something; Bia is there, too."""
    stage.serve()
    ana, bia = stage.enter("Ana"), stage.enter("Bia")
    ana.say(OI)
    stage.wait_for(stage.exhibit.says)
    return [fate_of(ana), fate_of(bia)]


@scene
def talk_unheard(stage: Stage) -> list[str]:
    """Ana says something, and no line says what is wrong; then warnings become errors."""
    stage.serve()
    ana, bia = stage.enter("Ana"), stage.enter("Bia")
    ana.say(OI)
    fates = [fate_of(ana), fate_of(bia)]
    stage.tell(f"Complaints in the terminal: {len(complaints_in(stage.printed))}")
    stage.tell("Now with python -W error::RuntimeWarning manage.py runserver")
    stage.serve(options=["-W", "error::RuntimeWarning"])
    caio = stage.enter("Caio", server=1)
    caio.say(OI)
    return fates


@scene
def talk_nonsense(stage: Stage) -> list[str]:
    """Three people send what is no message."""
    stage.serve()
    ana, bia, caio = people = [stage.enter(name) for name in ("Ana", "Bia", "Caio")]
    ana.say("oi")
    bia.say("{}")
    caio.say(b"oi")
    return [person.ending() for person in people]


@scene
def talk_at_once(stage: Stage) -> list[str]:
    """Three people send something at the same time."""
    stage.serve()
    people = [stage.enter(name) for name in ("Ana", "Bia", "Caio")]
    asked = time.monotonic()
    for person in people:
        person.say(OI)
    for person in people:
        person.hear()
        waited = time.monotonic() - asked
        stage.tell(f"{person.name} has an answer after {waited:.1f} s")
    alone = 0.5  # seconds that one answer takes
    if waited > 2.9 * alone:
        return ["Three answers of half a second each take a second and a half."]
    return ["Three answers of half a second each come all at once."]


@scene
def talk_to_the_other_server(stage: Stage) -> list[str]:
    """Ana is on the first server, Bia on the second."""
    stage.serve(2)
    ana, bia = stage.enter("Ana"), stage.enter("Bia", server=1)
    ana.say(OI)
    return [fate_of(ana), fate_of(bia)]


@scene
def talk_from_a_shell(stage: Stage) -> list[str]:
    """Another process sends into the room in which Ana is."""
    stage.serve()
    ana = stage.enter("Ana")
    stage.run("manage.py", "shell", "-c", SEND_FROM_A_SHELL)
    return [fate_of(ana)]


@scene
def talk_in_a_burst(stage: Stage) -> list[str]:
    """Ana says something, and the consumer sends it 150 times."""
    stage.serve()
    ana = stage.enter("Ana")
    ana.say(OI)
    heard = sum(ana.hear(quietly=True) is not None for _ in range(101))
    return [f"Ana: {heard} of 150 messages, then {fate_of(ana).partition(': ')[2]}"]


@scene
def announce(stage: Stage) -> list[str]:
    """The command `announce` speaks into the room in which Ana is."""
    stage.serve()
    ana = stage.enter("Ana")
    stage.run("manage.py", "announce", "class", "Lunch is ready")
    return [fate_of(ana)]


def fate_of(person: Person) -> str:
    """Return what comes next to somebody: a message, the end of the socket, nothing.

    What is no message gets an answer at once; if that comes first, nothing else has.
    """
    if not person.has_news():
        person.say(NO_MESSAGE)
    answer = person.hear()
    if answer is None:
        return person.ending()
    is_ours = answer == NO_MESSAGE or "not JSON" in answer
    return f"{person.name}: {'nothing' if is_ours else 'the message'}"

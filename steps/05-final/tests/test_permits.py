"""A permit is trusted for a second after a check, and not a moment longer than it's valid."""

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import access, storing
from chat.access import check_permits, recent_checks
from chat.hub import this_hub
from chat.models import Message, Room

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Start without recent checks, and have none grow old: machines can be slow."""
    recent_checks.forget()
    monkeypatch.setattr(access, "TRUSTED_FOR", 3600)


@pytest.fixture
async def ana(join, make_room, monkeypatch):
    """Ana has just sent a message. From now on the layer loses every event."""
    await make_room("class")
    ana = await join("class", "ana")
    await ana.receive_json_from()
    await ana.say("oi")
    assert await ana.hear() == ["oi"]

    async def lose(group, event):
        pass

    monkeypatch.setattr(get_channel_layer(), "group_send", lose)
    return ana


async def ban(name):
    """Ban somebody in this process: signals report it."""
    user = await User.objects.aget(username=name)
    user.is_active = False
    await user.asave()


async def ban_elsewhere(name):
    """Ban somebody as another process does: no signal comes here."""
    await User.objects.filter(username=name).aupdate(is_active=False)


async def is_refused(socket):
    await socket.say("still here?")
    return (
        await socket.is_closed_with() == 4401
        and not await sync_to_async(Message.objects.filter(text="still here?").exists)()
    )


async def test_a_ban_in_this_process_counts_at_once(ana):
    await ban("ana")
    assert await is_refused(ana)


async def test_a_ban_in_another_process_counts_once_its_event_is_here(ana):
    await ban_elsewhere("ana")
    # Not by closing the socket, which the same event does, but before that.
    recent_checks.forget()
    assert await is_refused(ana)


async def test_the_event_closes_the_socket(ana):
    user = await User.objects.aget(username="ana")
    await ban_elsewhere("ana")
    this_hub().receive({"type": "check", "user": user.pk})
    assert await ana.is_closed_with() == 4401


async def test_if_the_event_is_lost_the_ban_counts_a_second_later(ana, monkeypatch):
    await ban_elsewhere("ana")
    monkeypatch.setattr(access, "TRUSTED_FOR", 0)  # the second is over
    assert await is_refused(ana)


async def test_leaving_a_room_in_this_process_counts_at_once(join):
    room = await Room.objects.acreate(name="ours", kind=Room.Kind.PRIVATE)
    user = await User.objects.aget(username="bia")
    await room.members.aadd(user)
    bia = await join(room.slug, "bia")
    await bia.receive_json_from()
    await bia.say("oi")
    await bia.hear()
    await room.members.aremove(user)
    await bia.say("still here?")
    assert await bia.is_closed_with() == 4403


def queries_to_store_another(draft):
    """Return the SQL of storing one more message of the same socket."""
    another = storing.Draft(None, draft.permit, "tudo bem?", None, None, "test")
    with CaptureQueriesContext(connection) as queries:
        storing.store([another])
    return [query["sql"] for query in queries]


def test_within_that_second_only_the_message_is_written(store):
    Room.objects.create(name="class")
    draft = store(Room.objects.get(), "ana", "oi")
    verbs = [query.split()[0] for query in queries_to_store_another(draft)]
    assert [verb for verb in verbs if verb not in {"BEGIN", "COMMIT"}] == [
        "UPDATE",
        "INSERT",
    ]
    recent_checks.forget()
    asked = " ".join(queries_to_store_another(draft))
    assert "django_session" in asked
    assert "auth_user" in asked


def test_a_check_during_which_access_changes_is_not_kept(store, monkeypatch):
    room = Room.objects.create(name="class")

    def check_then_change(permits):
        found = check_permits(permits)
        User.objects.filter(username="ana").update(is_active=False)
        recent_checks.forget()  # as the signal of the ban does
        return found

    monkeypatch.setattr(access, "check_permits", check_then_change)
    assert not store(room, "ana", "just in time").refused
    monkeypatch.setattr(access, "check_permits", check_permits)
    assert store(room, "ana", "too late").refused


@pytest.mark.parametrize("is_member", [True, False], ids=["member", "stranger"])
@pytest.mark.parametrize("kind", Room.Kind)
def test_pages_and_sockets_agree_on_who_may_enter(people, kind, is_member):
    """The rule is written twice: Room.open_to for pages, check_permits for sockets."""
    room = Room.objects.create(name="class", kind=kind)
    ana = User.objects.get(username="ana")
    if is_member:
        room.members.add(ana)
    place = people["ana"].session.session_key, room.slug
    user, permit = access.authorise({place})[place]
    assert user == ana
    assert (permit is not None) == Room.open_to(ana).filter(pk=room.pk).exists()


def test_a_session_from_a_backend_that_is_gone_opens_no_socket(people, settings):
    Room.objects.create(name="class")
    place = people["ana"].session.session_key, "class"
    assert access.authorise({place})[place][1] is not None
    settings.AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend"]
    assert access.authorise({place})[place] == (None, None)

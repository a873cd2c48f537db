"""What staff may do to rooms, messages and people, and what they may not."""

import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Permission, User
from django.test import Client

from chat.models import Message, Room
from tests.admin_pages import members_of, page_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_teacher_finds_a_message_and_deletes_it_but_rewrites_none(people, teacher):
    room = Room.objects.create(name="class")
    ana = User.objects.get(username="ana")
    for seq, text in enumerate(["olá", "an insult"], start=1):
        message = Message.objects.create(room=room, sender=ana, seq=seq, text=text)
    page = teacher.get("/admin/chat/message/", {"q": "insult"}).text
    assert "an insult" in page
    assert "olá" not in page
    form = {"text": "something nice"}
    change = f"/admin/chat/message/{message.pk}/change/"
    assert teacher.post(change, form).status_code == 403
    teacher.post(f"/admin/chat/message/{message.pk}/delete/", {"post": "yes"})
    assert [message.text for message in Message.objects.all()] == ["olá"]


def staff(people, *rights):
    """Make Caio staff with these rights and no others; return his browser."""
    caio = User.objects.get(username="caio")
    caio.is_staff = True
    caio.save()
    for app in ("auth", "chat"):
        create_permissions(apps.get_app_config(app), verbosity=0)
    permissions = Permission.objects.filter(codename__in=rights)
    assert len(permissions) == len(rights)
    caio.user_permissions.set(permissions)
    return people["caio"]


@pytest.fixture
def moderator(people):
    """Log Caio in as staff who may moderate rooms and messages, and nothing else."""
    return staff(people, "view_message", "delete_message", "view_room", "change_room")


def write(room, name, *texts):
    """Store what a person has said in a room."""
    sender = User.objects.get(username=name)
    for text in texts:
        seq = room.last_seq + 1
        Message.objects.create(room=room, sender=sender, seq=seq, text=text)
        room.last_seq = seq
        room.save(update_fields=["last_seq"])


def test_a_moderator_deletes_all_that_a_spammer_has_written(people, moderator):
    rooms = [Room.objects.create(name=name) for name in ("class", "café")]
    write(rooms[0], "ana", "olá", "tudo bem?")
    write(rooms[0], "bia", "buy this", "buy that")
    write(rooms[1], "bia", "buy more")
    before = list(Room.objects.order_by("pk").values_list("epoch", flat=True))
    messages = "/admin/chat/message/"
    assert "buy this" in moderator.get(messages, {"q": "bia"}).text
    one = Message.objects.get(text="buy this")
    chosen = {"action": "delete_all_of_senders", "_selected_action": [one.pk]}
    asked = moderator.post(messages, chosen)
    assert "All 3 messages of these people" in asked.text
    assert "<bdi>bia</bdi>" in asked.text
    assert Message.objects.count() == 5
    done = moderator.post(messages, chosen | {"post": "yes"}, follow=True)
    assert "3 messages were deleted" in done.text
    assert [one.text for one in Message.objects.all()] == ["olá", "tudo bem?"]
    # Open pages start over, without the messages.
    after = list(Room.objects.order_by("pk").values_list("epoch", flat=True))
    assert all(old != new for old, new in zip(before, after, strict=True))


def test_only_a_moderator_deletes_messages(people, moderator):
    write(Room.objects.create(name="class"), "bia", "olá")
    caio = User.objects.get(username="caio")
    caio.user_permissions.remove(Permission.objects.get(codename="delete_message"))
    one = Message.objects.get()
    chosen = {"action": "delete_all_of_senders", "_selected_action": [one.pk]}
    moderator.post("/admin/chat/message/", chosen | {"post": "yes"})
    assert Message.objects.exists()
    assert people["ana"].get("/admin/chat/message/").status_code == 302


def test_a_moderator_closes_a_room_and_removes_a_member(people, moderator):
    room = Room.objects.create(name="class")
    ana, bia = User.objects.filter(username__in=["ana", "bia"]).order_by("username")
    room.members.set([ana, bia])
    page = page_of(moderator, room)
    answer = page.save(kind="private", members=[ana.pk])
    assert "was changed successfully" in answer.text
    room.refresh_from_db()
    assert room.kind == "private"
    assert members_of(room) == ["ana"]


def test_the_list_of_messages_shows_the_beginning_of_a_long_one(people, moderator):
    write(Room.objects.create(name="class"), "bia", "a" * 2000)
    page = moderator.get("/admin/chat/message/").text
    assert "a" * 199 + "…" in page
    assert "a" * 200 not in page


def test_a_teacher_unlocks_a_person_who_has_mistyped_too_often(teacher, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    User.objects.create_user("júlia", password="correct-horse")

    def log_in(password):
        form = {"username": "júlia", "password": password}
        return Client().post("/accounts/login/", form).status_code

    for _ in range(10):
        log_in("wrong")
    assert log_in("correct-horse") == 429
    assert "júlia" in teacher.get("/admin/axes/accessattempt/").text
    chosen = {"_selected_action": AccessAttempt.objects.values_list("pk", flat=True)}
    confirmed = {"action": "delete_selected", "post": "yes", **chosen}
    teacher.post("/admin/axes/accessattempt/", confirmed)
    assert log_in("correct-horse") == 302


@pytest.fixture
def helper(people):
    """Log Caio in as staff who may look after people, and is no superuser."""
    return staff(people, "add_user", "change_user", "delete_user", "view_user")


@pytest.mark.parametrize("name", ["caio", "ana"])
def test_a_helper_cannot_make_people_staff_or_superusers(helper, name):
    person = User.objects.get(username=name)
    rights = set(person.get_all_permissions())
    everything = Permission.objects.values_list("pk", flat=True)
    page_of(helper, person).save(
        is_staff="on",
        is_superuser="on",
        user_permissions=everything,
        email="a@b.example",
    )
    person = User.objects.get(username=name)
    assert person.email == "a@b.example"
    assert not person.is_superuser
    assert person.is_staff == (name == "caio")
    assert person.get_all_permissions() == rights


def test_a_helper_cannot_take_over_the_account_of_staff(helper, teacher):
    superuser = User.objects.get(username="teacher")
    place = f"/admin/auth/user/{superuser.pk}"
    password = {"password1": "correct-horse", "password2": "correct-horse"}
    assert helper.post(f"{place}/password/", password).status_code == 403
    assert helper.post(f"{place}/change/", {"username": "x"}).status_code == 403
    assert helper.post(f"{place}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"_selected_action": [superuser.pk], "post": "yes"}
    helper.post("/admin/auth/user/", {"action": "delete_selected", **chosen})
    again = User.objects.get(username="teacher")
    assert again.password == superuser.password


def test_a_helper_can_change_everyone_else(helper):
    ana = User.objects.get(username="ana")
    place = f"/admin/auth/user/{ana.pk}"
    form = {"password1": "correct-horse", "password2": "correct-horse"}
    form["usable_password"] = "true"
    assert helper.post(f"{place}/password/", form).status_code == 302
    ana.refresh_from_db()
    assert ana.check_password("correct-horse")
    page_of(helper, ana).save(is_active="")
    assert helper.post(f"{place}/delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.filter(username="ana").exists()

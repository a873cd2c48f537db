"""The admin, used while people chat and while somebody else uses it."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import sync_to_async
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client

from chat.models import Message, Room

pytestmark = pytest.mark.django_db(transaction=True)


class Page:
    """A page of the admin, loaded now and perhaps saved later."""

    def __init__(self, browser, url):
        self.browser = browser
        self.url = url
        # What a browser would send back: the form of Django's own making.
        form = browser.get(url).context["adminform"].form
        self.content = {}
        for bound in form:
            if bound.field.disabled:
                continue
            self.add(bound, bound.field.widget, bound.html_name)
            if bound.field.show_hidden_initial:
                widget = bound.field.hidden_widget()
                self.add(bound, widget, bound.html_initial_name)

    def add(self, bound, widget, name):
        """Read the fields as HTML, as a browser would."""
        html = str(widget.render(name, bound.value(), {"id": name}))
        found = re.findall(r"<(?:input|textarea)[^>]*>", html)
        for one in found:
            given = dict(re.findall(r'(\w+)="([^"]*)"', one))
            is_box = given.get("type") == "checkbox"
            if is_box and "checked" not in one:
                continue
            value = given.get("value", "on" if is_box else "")
            self.content.setdefault(given["name"], []).append(value)
        for value in re.findall(r'<option value="([^"]*)"\s+selected', html):
            self.content.setdefault(name, []).append(value)

    def save(self, **changed):
        """Press Save, after some changes."""
        return self.browser.post(self.url, {**self.content, **changed}, follow=True)


@pytest.fixture
def teacher():
    """Log somebody in who may do everything in the admin."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("teacher"))
    return browser


def page_of(browser, one):
    """Load the page of a room or a person."""
    place = f"{one._meta.app_label}/{one._meta.model_name}"
    return Page(browser, f"/admin/{place}/{one.pk}/change/")


async def test_saving_a_room_in_the_admin_does_not_stop_its_chat(
    join, make_room, teacher
):
    room = await make_room("class")
    ana = await join("class", "ana")
    await ana.receive_json_from()
    for number in range(5):
        page = await sync_to_async(page_of)(teacher, room)
        await ana.say(f"while the page is open {number}")
        await ana.hear()
        answer = await sync_to_async(page.save)()
        assert "was changed successfully" in answer.text
    await ana.say("after it")
    assert await ana.hear() == ["after it"]
    assert (await Room.objects.aget()).last_seq == 6


def test_saving_an_old_page_of_a_room_restores_nothing(people, teacher):
    room = Room.objects.create(name="class")
    page = page_of(teacher, room)
    Room.objects.update(name="class 1", kind="password", password_hash="a hash")
    answer = page.save()
    assert "was changed successfully" in answer.text
    room.refresh_from_db()
    assert (room.name, room.kind, room.password_hash) == (
        "class 1",
        "password",
        "a hash",
    )


def test_saving_an_old_page_of_a_room_writes_only_what_was_changed_on_it(
    people, teacher
):
    room = Room.objects.create(name="class")
    page = page_of(teacher, room)
    Room.objects.update(kind="private")
    page.save(name="class 1")
    room.refresh_from_db()
    assert (room.name, room.kind) == ("class 1", "private")


def members_of(room):
    return sorted(room.members.values_list("username", flat=True))


def test_saving_an_old_page_of_a_room_keeps_members_who_have_joined_since(
    people, teacher
):
    room = Room.objects.create(name="secret", kind="private")
    ana, bia, caio = User.objects.filter(username__in=people).order_by("username")
    room.members.set([ana, bia])
    page = page_of(teacher, room)
    room.members.add(caio)
    page.save()
    assert members_of(room) == ["ana", "bia", "caio"]
    # Bia is taken out on the page; Caio is not on it.
    page.save(members=[ana.pk])
    assert members_of(room) == ["ana", "caio"]


def test_saving_an_old_page_of_a_room_brings_no_removed_member_back(people, teacher):
    room = Room.objects.create(name="secret", kind="private")
    ana, bia, caio = User.objects.filter(username__in=people).order_by("username")
    room.members.set([ana, bia])
    page = page_of(teacher, room)
    room.members.remove(bia)
    page.save(members=[ana.pk, bia.pk, caio.pk])
    assert members_of(room) == ["ana", "caio"]


def test_a_deleted_room_stays_deleted_when_its_page_is_saved(people, teacher):
    room = Room.objects.create(name="class")
    page = page_of(teacher, room)
    Room.objects.all().delete()
    answer = page.save()
    assert "Perhaps it was deleted?" in answer.text
    assert not Room.objects.exists()


async def test_a_member_who_is_removed_in_the_admin_loses_the_socket(
    join, people, teacher
):
    room = await Room.objects.acreate(name="secret", kind="private")
    ana, bia = [user async for user in User.objects.filter(username__in=["ana", "bia"])]
    await room.members.aset([ana, bia])
    socket = await join(room.slug, "bia")
    await socket.receive_json_from()
    page = await sync_to_async(page_of)(teacher, room)
    await sync_to_async(page.save)(members=[ana.pk])
    assert await socket.is_closed_with() == 4403


def test_saving_an_old_page_of_a_person_lifts_no_ban(people, teacher):
    group = Group.objects.create(name="helpers")
    ana = User.objects.get(username="ana")
    page = page_of(teacher, ana)
    User.objects.filter(pk=ana.pk).update(is_active=False, password="another")
    ana.groups.add(group)
    answer = page.save(email="ana@example.org")
    assert "was changed successfully" in answer.text
    ana.refresh_from_db()
    assert not ana.is_active
    assert ana.password == "another"
    assert ana.email == "ana@example.org"
    assert list(ana.groups.all()) == [group]


def test_the_page_of_a_person_shows_no_hash(people, teacher):
    ana = User.objects.get(username="ana")
    ana.set_password("let-me-chat")
    ana.save()
    text = teacher.get(f"/admin/auth/user/{ana.pk}/change/").text
    assert ana.password not in text
    assert ana.password.split("$")[-1] not in text


def test_an_open_room_that_takes_a_listed_name_in_the_admin_says_why(people, teacher):
    Room.objects.create(name="class")
    room = Room.objects.create(name="class", kind="private")
    assert "already exists" in page_of(teacher, room).save(kind="open").text
    room.refresh_from_db()
    assert room.kind == "private"


@pytest.mark.parametrize("model", ["user", "room"])
@pytest.mark.parametrize("way", ["its page", "the action"])
def test_the_page_that_asks_before_deleting_shows_no_messages(
    people, teacher, model, way
):
    room = Room.objects.create(name="class")
    ana = User.objects.get(username="ana")
    Message.objects.bulk_create(
        Message(room=room, sender=ana, seq=seq, text="very private")
        for seq in range(500)
    )
    place, one = {"user": ("auth/user", ana), "room": ("chat/room", room)}[model]
    if way == "its page":
        page = teacher.get(f"/admin/{place}/{one.pk}/delete/")
    else:
        chosen = {"action": "delete_selected", "_selected_action": [one.pk]}
        page = teacher.post(f"/admin/{place}/", chosen)
    assert "very private" not in page.text
    assert len(page.text) < 20_000
    assert "messages" in page.text.lower()
    assert "500" in page.text
    confirmed = {"post": "yes"}
    if way == "the action":
        confirmed |= chosen
    teacher.post(page.request["PATH_INFO"], confirmed)
    assert not Message.objects.exists()


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


@pytest.fixture
def moderator(people):
    """Log Caio in as staff who may moderate rooms and messages, and nothing else."""
    caio = User.objects.get(username="caio")
    caio.is_staff = True
    caio.save()
    rights = ["view_message", "delete_message", "view_room", "change_room"]
    caio.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return people["caio"]


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


@pytest.mark.parametrize("one", ["room", "person"])
def test_a_double_click_on_add_makes_one_and_is_no_500(teacher, one):
    page, form, made = {
        "room": (
            "/admin/chat/room/add/",
            {"name": "sala", "kind": "open"},
            Room.objects.filter(name="sala"),
        ),
        "person": (
            "/admin/auth/user/add/",
            {
                "username": "júlia",
                "password1": "correct-horse",
                "password2": "correct-horse",
                "usable_password": "true",
            },
            User.objects.filter(username="júlia"),
        ),
    }[one]

    def add(browser):
        try:
            return browser.post(page, form).status_code
        finally:
            connection.close()  # each thread has its own

    browsers = [Client() for _ in range(4)]
    for browser in browsers:
        browser.cookies = teacher.cookies.copy()
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(add, browsers)) <= {200, 302}
    assert made.count() == 1


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
    caio = User.objects.get(username="caio")
    caio.is_staff = True
    caio.save()
    rights = ["add_user", "change_user", "delete_user", "view_user"]
    caio.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return people["caio"]


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

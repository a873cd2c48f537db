"""Guessing passwords, and how soon it ends."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from chat import hashers, throttle
from chat.models import Room

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = "correct-horse-battery"
LOG_IN = "/accounts/login/"


@pytest.fixture
def júlia():
    """Make an account with a password; staff, so that she can log in to the admin."""
    return User.objects.create_user("júlia", password=GOOD, is_staff=True)


@pytest.fixture
def quick(settings):
    """Hash quickly: these scenes are about how often."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def try_to_log_in(password, name="júlia", address="192.0.2.1", page=LOG_IN):
    """Fill in the form at some address; return the answer."""
    form = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address).post(page, form)


@pytest.mark.parametrize("page", [LOG_IN, "/admin/login/?next=/admin/"])
def test_guessing_the_password_of_one_account_soon_ends(quick, júlia, page):
    answers = [try_to_log_in(f"guess {n}", page=page) for n in range(12)]
    codes = [answer.status_code for answer in answers]
    assert codes == [200] * 9 + [429] * 3
    assert "too many attempts" in answers[-1].text
    # Even with the right password, or else the right guess would show.
    assert try_to_log_in(GOOD, page=page).status_code == 429


def test_a_stranger_who_guesses_does_not_lock_the_owner_out(quick, júlia):
    for number in range(12):
        try_to_log_in(f"guess {number}", address="192.0.2.1")
    assert try_to_log_in(GOOD, address="192.0.2.2").status_code == 302


def test_a_person_who_mistypes_a_few_times_can_log_in_and_mistype_again(quick, júlia):
    for _ in range(3):
        for number in range(8):
            assert try_to_log_in(f"guess {number}").status_code == 200
        assert try_to_log_in(GOOD).status_code == 302


def test_one_guess_at_each_of_many_accounts_soon_ends_too(quick, monkeypatch):
    monkeypatch.setattr(throttle.wrong_by_address, "most", 20)
    codes = [try_to_log_in("123456", f"person {n}").status_code for n in range(25)]
    assert codes == [200] * 20 + [429] * 5
    elsewhere = try_to_log_in("123456", "person 1", address="192.0.2.2")
    assert elsewhere.status_code == 200


def test_a_class_behind_one_address_logs_in_at_once(monkeypatch):
    monkeypatch.setattr(hashers.Hasher, "iterations", 10_000)  # not a whole class long
    names = [f"student{number}" for number in range(30)]
    for name in names:
        User.objects.create_user(name, password=GOOD)

    def log_in(name):
        try:
            return try_to_log_in(GOOD, name).status_code
        finally:
            connection.close()  # each thread has its own

    with ThreadPoolExecutor(len(names)) as threads:
        assert list(threads.map(log_in, names)) == [302] * 30


def test_sign_ups_from_one_address_end_after_a_class_or_two(quick, monkeypatch):
    monkeypatch.setattr(throttle.sign_ups, "most", 3)
    answers = []
    for number in range(5):
        form = {"username": f"s{number}", "password1": GOOD, "password2": GOOD}
        answers.append(Client().post("/accounts/signup/", form))
    assert [answer.status_code for answer in answers] == [302] * 3 + [429] * 2
    assert int(answers[-1]["Retry-After"]) > 0


def test_guessing_the_password_of_a_room_soon_ends(quick, people):
    form = {"name": "sala", "kind": "password", "password": "1234"}
    people["ana"].post("/rooms/new/", form)
    enter = f"/rooms/{Room.objects.get().pk}/enter/"
    codes = [
        people["bia"].post(enter, {"password": f"{n:04}"}).status_code
        for n in range(12)
    ]
    assert codes == [200] * 10 + [429] * 2
    assert people["bia"].post(enter, {"password": "1234"}).status_code == 429
    # Caio is in the same class, at the same address.
    assert people["caio"].post(enter, {"password": "1234"}).status_code == 302


def test_guessing_the_old_password_soon_ends(quick, people):
    form = {"old_password": "guess", "new_password1": GOOD, "new_password2": GOOD}
    codes = [
        people["ana"].post("/accounts/password/", form).status_code for _ in range(12)
    ]
    assert codes == [200] * 10 + [429] * 2


def test_the_counts_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(throttle, "MOST_KEYS", 10)
    tries = throttle.Tries(most=2, every=1e-6)
    for number in range(1000):
        tries.take(number)
    assert len(tries.buckets) <= 12


def test_a_person_without_tries_does_not_use_up_those_of_the_class(
    quick, people, monkeypatch
):
    """They share an address; Bia goes on and on at the door of a room."""
    monkeypatch.setattr(throttle.wrong_by_address, "most", 20)
    room = Room.objects.create(name="sala", kind="password", password_hash="a hash")
    door = f"/rooms/{room.pk}/enter/"
    for _ in range(40):
        answer = people["bia"].post(door, {"password": "wrong"})
    assert answer.status_code == 429
    assert people["caio"].post(door, {"password": "wrong"}).status_code == 200

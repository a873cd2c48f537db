"""Accounts for a class: `demo --people 30`, as a table or as slips of paper."""

import re

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from chat import slips
from chat.hashers import Hasher

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def classroom(settings, monkeypatch):
    """A machine in a classroom: pytest-django takes DEBUG away. And a fast one."""
    settings.DEBUG = True
    monkeypatch.setattr(Hasher, "iterations", 2 * slips.ITERATIONS)


def printed(capsys, *options):
    """Return what `demo` prints about the class."""
    call_command("demo", *options)
    return capsys.readouterr().out.split("\n", 1)[1]


def accounts_in(text):
    """Return the names and passwords of a printed table."""
    return dict(
        re.findall(r"^(\S+) +([a-z]{4}-[a-z]{4}-[a-z]{4})$", text, re.MULTILINE)
    )


def log_in(name, password):
    """Log in at the page, and return the response."""
    form = {"username": name, "password": password}
    return Client().post("/accounts/login/", form)


def test_thirty_people_get_a_name_and_a_password_of_their_own(capsys):
    accounts = accounts_in(printed(capsys, "--people", "30"))
    assert len(accounts) == len(set(accounts.values())) == 30
    name, password = accounts.popitem()
    assert log_in(name, password)["Location"] == "/chat/"
    assert not User.objects.get(username=name).is_staff


def test_thirty_accounts_take_less_hashing_than_one_login():
    slips.make_accounts(30)
    hashes = User.objects.values_list("password", flat=True)
    iterations = [int(one.split("$")[1]) for one in hashes]
    assert len(iterations) == 30
    assert sum(iterations) < PBKDF2PasswordHasher.iterations


def test_after_the_first_login_the_hash_is_as_strong_as_all_others(capsys):
    accounts = accounts_in(printed(capsys, "--people", "1"))
    (name, password) = accounts.popitem()
    before = User.objects.get(username=name).password
    assert log_in(name, password).status_code == 302
    after = User.objects.get(username=name).password
    rounds = [int(one.split("$")[1]) for one in (before, after)]
    assert rounds == [slips.ITERATIONS, Hasher.iterations]


def test_accounts_that_exist_keep_their_passwords(capsys):
    first = accounts_in(printed(capsys, "--people", "3"))
    text = printed(capsys, "--people", "5")
    assert len(accounts_in(text)) == 2
    assert not accounts_in(text).keys() & first.keys()
    assert "3 of the 5 accounts existed" in text
    name, password = first.popitem()
    assert log_in(name, password).status_code == 302


def test_the_account_of_somebody_who_has_signed_up_is_not_touched(capsys):
    name = slips.NAMES[0]
    theirs = User.objects.create_user(name.upper(), password="theirs-alone")
    assert name not in accounts_in(printed(capsys, "--people", "2"))
    assert User.objects.get(pk=theirs.pk).password == theirs.password


def test_a_class_larger_than_the_list_of_animals_gets_numbers():
    names = slips.names_of(2 * len(slips.NAMES) + 1)
    assert len(set(names)) == 2 * len(slips.NAMES) + 1
    assert names[-1] == f"{slips.NAMES[0]}-3"


def test_no_two_animals_have_one_name_and_none_is_a_person_of_the_demo():
    assert len(set(slips.NAMES)) == len(slips.NAMES)
    assert not {"ana", "bia", "caio", "teacher"} & set(slips.NAMES)


def test_the_slips_have_the_address_and_every_account(capsys, tmp_path):
    file = tmp_path / "slips.html"
    address = "http://192.168.1.20:8005/"
    options = ["--people", "30", "--html", str(file), "--address", address]
    said = printed(capsys, *options)
    assert f"30 slips are in {file}" in said
    assert not accounts_in(said)  # the projector may show this terminal
    page = file.read_text("utf-8")
    assert page.count("<li>") == page.count(address) == 30
    name, password = re.search(
        r"<strong>(.+?)</strong><code.*?>(.+?)</code>", page
    ).groups()
    assert log_in(name, password).status_code == 302


def test_an_address_cannot_break_the_page(capsys, tmp_path):
    file = tmp_path / "slips.html"
    call_command("demo", people=1, html=file, address="<script>")
    assert "<script" not in file.read_text("utf-8")


def test_slips_that_cannot_be_written_leave_no_account_without_one(tmp_path):
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("demo", people=3, html=tmp_path / "no-such-folder" / "slips.html")
    assert not User.objects.filter(username__in=slips.NAMES).exists()


def test_slips_replace_no_file(tmp_path):
    file = tmp_path / "slips.html"
    file.write_text("the slips of the other class")
    with pytest.raises(CommandError, match="exists"):
        call_command("demo", people=3, html=file)
    assert file.read_text() == "the slips of the other class"


@pytest.mark.parametrize("count", [-1, 501])
def test_a_number_that_is_no_class_is_refused(count):
    with pytest.raises(CommandError, match="from 1 to 500"):
        call_command("demo", people=count)


def test_on_a_public_server_nobody_gets_an_account(settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="Not on a public server"):
        call_command("demo", people=30)
    assert not User.objects.exists()

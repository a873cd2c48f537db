"""A new password for a person who has forgotten the old one, and closed sign-up."""

import re

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import clear_script_prefix, set_script_prefix
from django.utils.http import urlsafe_base64_encode

from chat import accounts, throttle

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = "correct-horse-battery"
ASK = "/accounts/password/reset/"


@pytest.fixture(autouse=True)
def quick(settings):
    """Hash quickly, and send mail as a server does that has a mail server."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MAIL = {"EMAIL_HOST": "mail.example.org"}


@pytest.fixture
def júlia():
    """Make an account with a password and an email address."""
    return User.objects.create_user("júlia", "julia@example.org", "forgotten")


def ask(email, browser=None, **headers):
    """Ask for a link, and wait until it is sent."""
    answer = (browser or Client()).post(ASK, {"email": email}, headers=headers)
    accounts.mailer.submit(int).result()  # after the mail: there is one thread
    return answer


def link_in(message):
    """Return the path of the link in a mail."""
    return re.search(r"https?://testserver(/\S+)", message.body)[1]


def test_a_link_by_mail_leads_to_a_new_password(júlia):
    assert ask("Julia@example.org")["Location"] == f"{ASK}sent/"
    (message,) = mail.outbox
    assert message.to == ["julia@example.org"]
    browser = Client()
    form = browser.get(link_in(message), follow=True)
    assert "Choose a new password" in form.text
    page = form.redirect_chain[-1][0]
    choice = {"new_password1": GOOD, "new_password2": GOOD}
    assert browser.post(page, choice)["Location"] == "/chat/"
    assert "júlia" in browser.get("/chat/").text
    log_in = {"username": "júlia", "password": GOOD}
    assert Client().post("/accounts/login/", log_in)["Location"] == "/chat/"


def test_a_link_lets_a_person_in_who_has_mistyped_too_often(júlia):
    wrong = {"username": "júlia", "password": "wrong"}
    for _ in range(11):
        answer = Client().post("/accounts/login/", wrong)
    assert answer.status_code == 429
    ask("julia@example.org")
    browser = Client()
    page = browser.get(link_in(mail.outbox[0]), follow=True).redirect_chain[-1][0]
    browser.post(page, {"new_password1": GOOD, "new_password2": GOOD})
    assert browser.get("/chat/").status_code == 200
    browser.post("/accounts/logout/")
    log_in = {"username": "júlia", "password": GOOD}
    assert browser.post("/accounts/login/", log_in)["Location"] == "/chat/"


def test_a_link_works_once(júlia):
    ask("julia@example.org")
    link = link_in(mail.outbox[0])
    júlia.set_password(GOOD)
    júlia.save()
    page = Client().get(link, follow=True).text
    assert "used already" in page
    assert "new_password1" not in page


HUGE = urlsafe_base64_encode(b"9" * 30)


@pytest.mark.parametrize("made_up", ["MQ/x", "%00/%00", "é/é", "LTE/x", f"{HUGE}/x"])
def test_a_made_up_link_is_refused_with_a_sentence(made_up):
    page = Client().get(f"{ASK}{made_up}/")
    assert page.status_code == 200
    assert "used already" in page.text


@pytest.mark.parametrize(
    "odd", ["", "julia", "a@b\0.example", "a" * 3000 + "@b.example"]
)
def test_an_odd_address_is_refused_with_a_sentence(odd):
    page = ask(odd)
    assert page.status_code == 200
    assert 'class="errorlist"' in page.text
    assert not mail.outbox


def test_the_mail_is_in_the_language_of_the_page(júlia):
    ask("julia@example.org", **{"accept-language": "pt-BR"})
    assert "escolha uma nova senha" in mail.outbox[0].body


def test_the_link_leads_to_where_the_site_is_mounted(júlia):
    set_script_prefix("/school/")
    try:
        ask("julia@example.org")
    finally:
        clear_script_prefix()
    assert link_in(mail.outbox[0]).startswith(f"/school{ASK}")


def test_a_stranger_does_not_learn_which_addresses_have_an_account(júlia):
    answers = [ask("julia@example.org"), ask("nobody@example.org")]
    assert len(mail.outbox) == 1
    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
    page = Client().get(answers[0]["Location"]).text
    assert "If there is an account with this address" in page


def test_the_page_does_not_wait_for_the_mail(júlia, monkeypatch):
    """Otherwise a slow answer would say that there is an account."""
    sent = []
    monkeypatch.setattr(accounts.mailer, "submit", lambda *work: sent.append(work))
    assert Client().post(ASK, {"email": "julia@example.org"}).status_code == 302
    assert len(sent) == 1
    assert not mail.outbox


def test_a_mail_server_that_fails_is_an_event_in_the_log(júlia, monkeypatch, caplog):
    def fail(*_, **options):
        raise OSError("connection refused")

    monkeypatch.setattr(accounts.ResetForm, "get_users", fail)
    assert ask("julia@example.org").status_code == 302
    assert "was not sent" in caplog.text


def test_strangers_cannot_fill_a_mailbox(júlia):
    codes = [ask("julia@example.org").status_code for _ in range(4)]
    codes.append(ask(" JULIA@example.org").status_code)
    assert codes == [302] * 3 + [429] * 2
    assert len(mail.outbox) == 3
    # The same for an address without an account, or the limit would tell them apart.
    codes = [ask("nobody@example.org").status_code for _ in range(4)]
    assert codes == [302] * 3 + [429]


def test_one_network_can_ask_for_so_many_links_only(monkeypatch):
    monkeypatch.setattr(throttle.resets, "most", 5)
    codes = [ask(f"person{number}@example.org").status_code for number in range(7)]
    assert codes == [302] * 5 + [429] * 2


def test_a_person_may_give_an_email_address_at_sign_up():
    form = {"username": "júlia", "password1": GOOD, "password2": GOOD}
    assert "if you forget your password" in Client().get("/accounts/signup/").text
    Client().post("/accounts/signup/", form | {"email": "julia@example.org"})
    assert User.objects.get().email == "julia@example.org"
    Client().post("/accounts/signup/", form | {"username": "caio"})
    assert User.objects.get(username="caio").email == ""


def test_a_person_may_give_an_email_address_later(júlia):
    browser = Client()
    browser.force_login(júlia)
    assert 'value="julia@example.org"' in browser.get("/accounts/password/").text
    form = {"old_password": "forgotten", "new_password1": GOOD, "new_password2": GOOD}
    browser.post("/accounts/password/", form | {"email": "j@example.org"})
    júlia.refresh_from_db()
    assert júlia.email == "j@example.org"
    assert júlia.check_password(GOOD)


def test_a_site_that_cannot_send_mail_asks_for_no_address(settings, júlia):
    settings.MAIL = {}
    for page in ("signup", "login"):
        text = Client().get(f"/accounts/{page}/").text
        assert "Forgot your password?" not in text
        assert 'name="email"' not in text
    assert "Ask an administrator" in ask("julia@example.org").text
    assert not mail.outbox
    browser = Client()
    browser.force_login(júlia)
    form = {"old_password": "forgotten", "new_password1": GOOD, "new_password2": GOOD}
    browser.post("/accounts/password/", form)
    júlia.refresh_from_db()
    assert júlia.email == "julia@example.org"


def test_the_login_page_leads_to_the_link():
    assert f'href="{ASK}"' in Client().get("/accounts/login/").text


def test_closed_sign_up_makes_no_account_and_says_what_to_do(settings):
    settings.SIGNUP = False
    form = {"username": "júlia", "password1": GOOD, "password2": GOOD}
    for answer in (
        Client().get("/accounts/signup/"),
        Client().post("/accounts/signup/", form),
    ):
        assert answer.status_code == 403
        assert "Sign-up is closed" in answer.text
        assert "Ask an administrator" in answer.text
    assert not User.objects.exists()


@pytest.mark.parametrize("page", ["/accounts/login/", "/invite/"])
def test_while_sign_up_is_closed_no_page_leads_to_it(settings, page):
    assert "/accounts/signup/" in Client().get(page).text
    settings.SIGNUP = False
    assert "/accounts/signup/" not in Client().get(page).text

"""The languages of the chat: English in the code, and Portuguese in the folder locale."""

import ast
import gettext
import json
import re

import pytest
from django.conf import settings
from django.template.base import Lexer, TokenType
from django.test import Client
from django.utils.translation.template import templatize

from chat.models import Room

CHAT = settings.BASE_DIR / "chat"
LOCALE = settings.BASE_DIR / "locale" / "pt_BR" / "LC_MESSAGES"
TEMPLATES = sorted(CHAT.rglob("*.html"))
DOMAINS = ["django", "djangojs"]  # what the server says, and what the scripts say

STRING = r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""


# ---- The catalogues ------------------------------------------------------------


def entries_of(domain):
    """Return what a .po file holds: for each text its fields, msgid, msgstr and so on."""
    entries = []
    for line in (LOCALE / f"{domain}.po").read_text("utf-8").splitlines():
        keyword, _, rest = line.partition(" ")
        if keyword == "msgid":
            entries.append({})
        if keyword.startswith("msg"):
            field = keyword
            entries[-1][field] = ast.literal_eval(rest)
        elif keyword.startswith('"'):
            entries[-1][field] += ast.literal_eval(line)
    return entries


def translations_in(entry):
    """Return the translations of one text: one, or two where there is a plural."""
    return [text for field, text in entry.items() if field.startswith("msgstr")]


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_compiled_catalogue_is_up_to_date(domain):
    written = {}
    for entry in entries_of(domain):
        if "msgid_plural" in entry:
            for number, text in enumerate(translations_in(entry)):
                written[entry["msgid"], number] = text
        else:
            written[entry["msgid"]] = entry["msgstr"]
    with (LOCALE / f"{domain}.mo").open("rb") as file:
        read = gettext.GNUTranslations(file)._catalog
    # A compiler may add to the head that it was there.
    assert set(written.pop("").splitlines()) <= set(read.pop("").splitlines())
    assert read == written, "Compile it again; the head of the .po file says how."


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_catalogue_has_every_text_and_no_other(domain):
    _, *entries = entries_of(domain)  # the first one is the head
    said = said_by_the_server() if domain == "django" else said_by_scripts()
    assert {entry["msgid"]: entry.get("msgid_plural") for entry in entries} == said
    assert len(entries) == len(said)  # none twice
    for entry in entries:
        assert all(translations_in(entry)), entry
    marks = re.findall("(?m)^#[~,].*", (LOCALE / f"{domain}.po").read_text("utf-8"))
    assert not [mark for mark in marks if "fuzzy" in mark or mark.startswith("#~")]


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_translation_has_the_same_gaps_and_the_same_markup(domain):
    for entry in entries_of(domain)[1:]:
        plural = entry.get("msgid_plural", entry["msgid"])
        for text in translations_in(entry):
            assert pieces_of(text) == pieces_of(plural), entry


def pieces_of(text):
    """Return what in a text is no language: gaps to fill, and HTML."""
    return sorted(re.findall(r"%\(\w+\)s|%s|</?\w+[^>]*>|\s$", text))


# ---- What is said -----------------------------------------------------------------


def said_by_the_server():
    """Return the texts in the code and the templates, with the plurals."""
    said = {}
    for folder in (CHAT, settings.BASE_DIR / "config"):
        for path in folder.rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                    if call.func.id in {"_", "gettext", "gettext_lazy"}:
                        said[call.args[0].value] = None
    for path in TEMPLATES:
        calls = templatize(path.read_text("utf-8"), origin=str(path))
        for text in re.findall(rf"\bgettext\(u{STRING}", calls):
            said[ast.literal_eval(text)] = None
        for pair in re.findall(rf"\bngettext\(u{STRING}, u{STRING}", calls):
            text, plural = map(ast.literal_eval, pair)
            said[text] = plural
    return said


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_text_of_a_template_can_be_translated(path):
    texts, is_translated = [], False
    for token in Lexer(path.read_text("utf-8")).tokenize():
        if token.token_type == TokenType.BLOCK:
            if "blocktranslate" in token.contents:
                is_translated = not token.contents.startswith("end")
        elif token.token_type == TokenType.TEXT and not is_translated:
            texts.append(token.contents)
    page = "".join(texts)
    assert not re.search(r"\w", re.sub("<[^>]*>", "", page))
    assert not re.findall(r'(?:label|title|alt|placeholder)="\w+', page)


def said_by_scripts():
    """Return the texts in the scripts, with the plurals."""
    said = {}
    for path in CHAT.rglob("*.js"):
        script = path.read_text("utf-8")
        for text in re.findall(rf"\b(?:gettext|say)\({STRING}\)", script):
            said[json.loads(text)] = None
        for text, plural in re.findall(rf"\bngettext\({STRING}, {STRING}", script):
            said[json.loads(text)] = json.loads(plural)
    return said


# ---- Who gets which language ---------------------------------------------------------


def page_in(browser, language, page="/accounts/login/"):
    """Return a page as a browser gets it that says which language it prefers."""
    return browser.get(page, headers={"accept-language": language}).text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wanted", "language", "title"),
    [
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt-br", "Entrar"),
        ("pt", "pt-br", "Entrar"),
        ("en-US", "en", "Log in"),
        ("de, fr", "en", "Log in"),
        ("", "en", "Log in"),
    ],
)
def test_a_page_is_in_the_language_of_the_browser(wanted, language, title):
    page = page_in(Client(), wanted)
    assert f'<html lang="{language}">' in page
    assert f"<h1>{title}</h1>" in page


def test_the_language_chosen_on_the_page_takes_precedence(people):
    ana = people["ana"]
    form = {"language": "pt-br", "next": "/chat/"}
    assert ana.post("/language/", form)["Location"] == "/chat/"
    assert "Qual sala?" in page_in(ana, "en", "/chat/")
    ana.post("/language/", {"language": "en"})
    assert "Which room?" in page_in(ana, "pt-BR", "/chat/")


def test_choosing_a_language_never_leads_to_another_site(people):
    form = {"language": "pt-br", "next": "https://evil.example/"}
    assert people["ana"].post("/language/", form)["Location"] == "/"


@pytest.mark.parametrize("page", ["/chat/", "/chat/class/", "/rooms/new/", "/invite/"])
def test_every_page_offers_each_language_and_marks_its_own(people, page):
    Room.objects.create(name="class")
    buttons = r'<button name="language" value="([\w-]+)" lang="[\w-]+"([^>]*)>'
    found = re.findall(buttons, page_in(people["ana"], "pt-BR", page))
    assert [code for code, _ in found] == ["en", "pt-br"]
    assert ["aria-current" in more for _, more in found] == [False, True]


def test_choosing_a_language_after_an_invitation_leads_to_the_room(people):
    ana = people["ana"]
    room = ana.post("/rooms/new/", {"name": "us", "kind": "two"})["Location"]
    page = ana.post(f"/rooms/{Room.objects.get().pk}/invite/").text
    assert f'name="next" value="{room}"' in page


def test_django_s_own_messages_are_translated_too(people):
    form = {"name": "sala", "kind": "secret"}
    headers = {"accept-language": "pt-BR"}
    page = people["ana"].post("/rooms/new/", form, headers=headers).text
    assert "Faça uma escolha válida" in page
    assert "por convite" in page


@pytest.mark.django_db
def test_the_scripts_get_the_language_of_the_page():
    assert "N\\u00e3o enviada: %s" in page_in(Client(), "pt-BR", "/jsi18n/")
    assert "enviada" not in page_in(Client(), "en", "/jsi18n/")


@pytest.mark.parametrize(
    ("language", "error"),
    [("en", "The message is empty."), ("pt-BR,pt", "A mensagem está vazia.")],
)
async def test_a_socket_uses_the_language_of_the_browser(
    join, make_room, language, error
):
    await make_room("class")
    ana = await join("class", "ana", language=language)
    await ana.say(" ")
    assert (await ana.wait_for("error"))["error"] == error


async def test_a_socket_uses_the_language_chosen_on_the_page(join, make_room, people):
    await make_room("class")
    people["ana"].cookies[settings.LANGUAGE_COOKIE_NAME] = "pt-br"
    ana = await join("class", "ana")
    await ana.say("a" * 2001)
    error = (await ana.wait_for("error"))["error"]
    assert error == "A mensagem tem 2001 caracteres; o máximo é 2000."

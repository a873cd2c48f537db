"""What a notification for one user promises."""

import inspect

import pytest
from asgiref.sync import sync_to_async

from course.exercise.kit import ORIGIN, expect, load

ANA, BIA, ZE, ZEE = (7, "Ana"), (8, "Bia"), (9, "Zé"), (10, "Ze")


def user(who: tuple) -> object:
    """Return a user."""
    return load("chat.people", "User")(*who)


@pytest.fixture
def logs_in(opens):
    """Return what opens sockets for people who have logged in."""

    async def open_for(who: tuple, room: str = "class"):
        cookie = f"user={load('chat.people', 'cookie_of')(user(who))}"
        headers = (ORIGIN, (b"cookie", cookie.encode()))
        sentence = f"{who[1]}, who has logged in, should have got into the room."
        return await opens(who[1], room, headers=headers, sentence=sentence)

    return open_for


async def notify(who: tuple, text: str) -> None:
    """Call the student's notify(), as sync code that runs in a thread, like a view."""
    function = load("chat.notifications", "notify")
    expect(
        not inspect.iscoroutinefunction(function),
        "notify() is called from sync code, but it's a coroutine function.",
    )
    await sync_to_async(function)(user(who), text)


def missing(name: str) -> str:
    """Return the sentence for a notification that didn't come."""
    return f"{name} should have got the notification."


async def test_it_arrives(logs_in):
    """Ana gets her notification."""
    ana = await logs_in(ANA)
    await notify(ANA, "Bia has answered you.")
    await ana.hears(missing("Ana"), notification="Bia has answered you.")


async def test_in_every_tab(logs_in):
    """Each of Ana's tabs gets it once, in whatever room."""
    tabs = [await logs_in(ANA, room) for room in ("class", "class", "hallway")]
    for text in ("one", "two"):
        await notify(ANA, text)
    for tab in tabs:
        for text in ("one", "two"):
            sentence = "Each of Ana's three tabs should have got both notifications."
            await tab.hears(sentence, notification=text)
    await tabs[0].hears_nothing("Ana's tab should get a notification only once.")
    await tabs[2].leaves()
    await notify(ANA, "three")
    for tab in tabs[:2]:
        sentence = "One of Ana's tabs has closed. The others should still get hers."
        await tab.hears(sentence, notification="three")


async def test_others_hear_nothing(logs_in, opens):
    """Bia, in the same room, and a visitor receive nothing of it."""
    visitor = await opens("A visitor")
    ana, bia = await logs_in(ANA), await logs_in(BIA)
    await notify(ANA, "Bia has answered you.")
    await ana.hears(missing("Ana"), notification="Bia has answered you.")
    await bia.hears_nothing("Bia shouldn't get Ana's notification.", 0.05)
    await visitor.hears_nothing("A visitor shouldn't get Ana's notification.", 0.05)


async def test_any_name(logs_in):
    """Names with accents work: Zé and Ze each get their own."""
    ze, zee = await logs_in(ZE), await logs_in(ZEE)
    await notify(ZE, "for Zé")
    await ze.hears(missing("Zé"), notification="for Zé")
    await notify(ZEE, "for Ze")
    sentence = "Ze should have got the notification for Ze, and nothing of Zé's."
    await zee.hears(sentence, notification="for Ze")
    await ze.hears_nothing("Zé shouldn't get the notification for Ze.", 0.05)


async def test_a_new_name(logs_in):
    """Ana changes her name; both her old tab and her new one get it."""
    old, new = await logs_in(ANA), await logs_in((ANA[0], "Ana Maria"))
    await notify((ANA[0], "Ana Maria"), "Lunch")
    for tab in (new, old):
        sentence = "User 7 has a new name, and both of her tabs should have got it."
        await tab.hears(sentence, notification="Lunch")


async def test_somebody_who_took_the_name(logs_in):
    """Bia signs a message as Ana, and still doesn't get Ana's notifications."""
    ana, bia = await logs_in(ANA), await logs_in(BIA)
    await bia.says(text="hi", sender="Ana")
    for one in (ana, bia):
        sentence = f"{one.name} should have received the message."
        await one.hears(sentence, text="hi", sender="Ana")
    await notify(ANA, "for Ana")
    await ana.hears(missing("Ana"), notification="for Ana")
    await bia.hears_nothing(
        "Bia wrote Ana's name under a message, but shouldn't get Ana's notification."
    )


async def test_visitors_chat_as_before(logs_in, opens):
    """A visitor without a login chats as before, and can leave."""
    ana, visitor = await logs_in(ANA), await opens("A visitor")
    await visitor.says(text="hi")
    await ana.hears("Ana should have received the visitor's message.", text="hi")
    await visitor.hears("The visitor should have received the message.", text="hi")
    await visitor.leaves()
    await ana.says(text="bye", sender="Ana")
    await ana.hears("Ana should have received her own message.", text="bye")

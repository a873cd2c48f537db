"""What the notice that someone has come in promises."""

NOTICE = "Someone has joined."


async def someone_comes_in(opens):
    """Let Bia come into Ana's room; return both, once Ana has heard of it."""
    ana = await opens("Ana")
    bia = await opens("Bia")
    await ana.hears(
        "Ana should have been notified that someone has joined.", notice=NOTICE
    )
    return ana, bia


async def test_nobody_is_disconnected(opens):
    """Ana and Bia stay connected when Caio joins."""
    people = [await opens(name) for name in ("Ana", "Bia", "Caio")]
    await people[2].says(text="hi")
    for person in people:
        sentence = (
            f"{person.name} should still be connected, and receive Caio's message."
        )
        while "text" not in await person.hears(sentence):
            pass


async def test_the_person_who_comes_in_hears_nothing(opens):
    """Ana isn't notified that she herself has joined."""
    ana = await opens("Ana")
    await ana.says(text="hi")
    sentence = "Ana, who joins, shouldn't be notified of it."
    await ana.hears(sentence, text="hi")


async def test_the_others_see_it(opens):
    """Ana is notified that Bia has joined, and both are notified that Caio has."""
    ana, bia = await someone_comes_in(opens)
    await opens("Caio")
    for person in (ana, bia):
        sentence = (
            f"{person.name} should have been notified that someone else has joined."
        )
        await person.hears(sentence, notice=NOTICE)


async def test_the_others_see_it_once(opens):
    """Ana is notified once that Bia has joined."""
    ana, bia = await someone_comes_in(opens)
    await bia.says(text="hi")
    await ana.hears("Ana should be notified once that Bia has joined.", text="hi")


async def test_another_room_sees_nothing(opens):
    """Caio, in another room, sees nothing."""
    caio = await opens("Caio", "hallway")
    await someone_comes_in(opens)
    await caio.says(text="hi")
    await caio.hears(
        "Caio, in another room, shouldn't be notified that someone has joined.",
        text="hi",
    )


async def test_messages_work_as_before(opens):
    """Messages and their errors work as before."""
    ana, bia = await someone_comes_in(opens)
    await ana.sends("not JSON")
    await ana.hears(
        "Ana should have got an `error` for a frame that isn't JSON.",
        error='This is not JSON. Send {"text": "your words"}.',
    )
    await ana.says(text="hi", sender="Ana")
    for person in (ana, bia):
        sentence = f"{person.name} should have received Ana's message."
        await person.hears(sentence, text="hi", sender="Ana", room="class")

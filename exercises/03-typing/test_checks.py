"""What "Ana is typing" promises."""

from course.exercise.kit import expect

BAD = [5, None, True, "", " ", "a" * 41, "A\0na", "\ud800", ["Ana"], {"name": "Ana"}]
NO_MESSAGES = ["not JSON", "[" * 100_000, '["typing"]', '"typing"', "5", "{}"]


async def test_the_others_see_who_types(opens):
    """Bia sees that Ana is typing."""
    ana, bia = await opens("Ana"), await opens("Bia")
    await ana.says(typing="Ana")
    await bia.hears("Bia should have been notified that Ana is typing.", typing="Ana")


async def test_the_person_who_types_hears_nothing(opens):
    """Ana doesn't see that she herself is typing."""
    ana, bia = await opens("Ana"), await opens("Bia")
    await ana.says(typing="Ana")
    await bia.hears("Bia should have been notified that Ana is typing.", typing="Ana")
    await ana.says(text="hi")
    await ana.hears("Ana shouldn't be notified that she herself is typing.", text="hi")


async def test_messages_work_as_before(opens):
    """Messages work as before, even one about typing."""
    ana, bia = await opens("Ana"), await opens("Bia")
    for text in ("hi", "I'm typing", '{"typing": "Ana"}'):
        await ana.says(text=text, sender="Ana")
        for person in (ana, bia):
            sentence = f"{person.name} should have received the message {text!r}."
            await person.hears(sentence, text=text, sender="Ana")


async def test_invalid_messages_get_an_error_as_before(opens):
    """An invalid message gets an error, and the socket stays open, as before."""
    ana = await opens("Ana")
    for frame in [*NO_MESSAGES, b'{"typing": "Ana"}']:
        await ana.sends(frame)
        sentence = f"Ana should have got an `error` for the frame {frame[:20]!r}."
        expect("error" in await ana.hears(sentence), sentence)


async def test_a_second_person_of_the_same_name_sees_it(opens):
    """Two people called Ana see each other type."""
    ana, other = await opens("Ana"), await opens("Another Ana")
    sentence = "Ana should have been notified that another person called Ana is typing."
    for _ in range(2):
        for typist, reader in ((ana, other), (other, ana)):
            await typist.says(typing="Ana")
            await reader.hears(sentence, typing="Ana")


async def test_two_people_can_type_at_once(opens):
    """Ana and Bia type at the same moment, and see each other type."""
    ana, bia, caio = await opens("Ana"), await opens("Bia"), await opens("Caio")
    await ana.says(typing="Ana")
    await bia.says(typing="Bia")
    await bia.hears(
        "Bia should have been notified that Ana is typing, too.", typing="Ana"
    )
    await ana.hears(
        "Ana should have been notified that Bia is typing, too.", typing="Bia"
    )
    sentence = "Caio should have been notified that both are typing."
    heard = {(await caio.hears(sentence)).get("typing") for _ in range(2)}
    expect(heard == {"Ana", "Bia"}, sentence)


async def test_another_room_sees_nothing(opens):
    """Caio, in another room, sees nothing."""
    ana, bia = await opens("Ana"), await opens("Bia")
    caio = await opens("Caio", "hallway")
    await ana.says(typing="Ana")
    await bia.hears("Bia should have been notified that Ana is typing.", typing="Ana")
    await caio.says(text="hi")
    await caio.hears(
        "Caio, in another room, shouldn't be notified that someone types here.",
        text="hi",
    )


async def test_an_invalid_name_gets_an_error(opens):
    """An invalid name gets an error about `typing`, and the others receive nothing."""
    ana, bia = await opens("Ana"), await opens("Bia")
    for name in BAD:
        await ana.says(typing=name)
        shown = repr(name) if name != "a" * 41 else "41 characters"
        sentence = f'For "typing": {shown}, Ana should have got a frame with an `error`'
        frame = await ana.hears(f"{sentence}.")
        expect(isinstance(frame.get("error"), str), f"{sentence}, not {frame}.")
        expect(
            "typing" in frame["error"],
            f"{sentence} that mentions `typing`. It says: {frame['error']}",
        )
    await bia.says(text="hi")
    await bia.hears("Bia shouldn't receive anything about an invalid name.", text="hi")


async def test_a_name_may_have_40_characters(opens):
    """A name of 40 characters is fine, without the spaces around it."""
    ana, bia = await opens("Ana"), await opens("Bia")
    await ana.says(typing=f" {'a' * 40} ")
    sentence = (
        "Bia should have been notified that somebody is typing whose name has 40 characters, with a"
        " space before and after it."
    )
    frame = await bia.hears(sentence)
    expect(str(frame.get("typing")).strip() == "a" * 40, sentence)


async def test_a_client_chooses_nothing_but_the_name(opens):
    """Other keys in Ana's frame change nothing for Bia."""
    ana, bia = await opens("Ana"), await opens("Bia")
    await ana.says(typing="Ana", type="chat.nothing", sender_channel=None, error="!")
    sentence = (
        'Bia should have received only {"typing": "Ana"}, whatever else Ana sent.'
    )
    frame = await bia.hears(sentence, typing="Ana")
    expect("error" not in frame, f"{sentence} She received {frame}.")

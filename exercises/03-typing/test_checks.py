"""What "Ana is typing" promises."""

from course.exercise.kit import expect

BAD = [5, None, "", " ", "a" * 41, "A\0na", ["Ana"], {"name": "Ana"}]


async def test_the_others_see_who_types(opens):
    """Bia sees that Ana is typing."""
    ana, bia = await opens("Ana"), await opens("Bia")
    await ana.says(typing="Ana")
    await bia.hears("Bia should have heard that Ana is typing.", typing="Ana")


async def test_the_person_who_types_hears_nothing(opens):
    """Ana doesn't see that she herself is typing."""
    ana, bia = await opens("Ana"), await opens("Bia")
    await ana.says(typing="Ana")
    await bia.hears("Bia should have heard that Ana is typing.", typing="Ana")
    await ana.hears_nothing("Ana shouldn't hear that she is typing.")


async def test_a_second_person_of_the_same_name_sees_it(opens):
    """Two people called Ana see each other type."""
    ana, other = await opens("Ana"), await opens("Another Ana")
    sentence = "Another Ana should have heard that Ana is typing."
    await ana.says(typing="Ana")
    await other.hears(sentence, typing="Ana")
    await other.says(typing="Ana")
    await ana.hears(sentence.replace("Another Ana", "Ana", 1), typing="Ana")
    await ana.says(typing="Ana")
    await other.hears(sentence, typing="Ana")


async def test_another_room_sees_nothing(opens):
    """Caio, in another room, sees nothing."""
    ana, caio = await opens("Ana"), await opens("Caio", "hallway")
    await ana.says(typing="Ana")
    await caio.hears_nothing(
        "Caio, in another room, shouldn't hear who types in Ana's."
    )


async def test_an_invalid_name_gets_an_error(opens):
    """An invalid name gets an error, and the others hear nothing."""
    ana, bia = await opens("Ana"), await opens("Bia")
    for name in BAD:
        await ana.says(typing=name)
        sentence = (
            f'Ana should have got a frame with an `error` for "typing": {name!r}.'
        )
        frame = await ana.hears(sentence)
        expect(isinstance(frame.get("error"), str), sentence)
    await bia.hears_nothing("Bia should hear nothing of an invalid name.")


async def test_messages_work_as_before(opens):
    """Messages and their errors work as before."""
    ana, bia = await opens("Ana"), await opens("Bia")
    await ana.sends("not JSON")
    sentence = "Ana should have got an `error` for a frame that isn't JSON."
    expect("error" in await ana.hears(sentence), sentence)
    await ana.sends(b"\0")
    sentence = "Ana should have got an `error` for a binary frame."
    expect("error" in await ana.hears(sentence), sentence)
    await ana.says(text="hi", sender="Ana")
    await bia.hears("Bia should have heard Ana's message.", text="hi", sender="Ana")

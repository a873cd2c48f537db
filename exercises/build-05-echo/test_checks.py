"""What the echo promises."""

from course.exercise.kit import expect

BAD_FRAMES = [
    "hi",
    "{",
    "null",
    "5",
    '"hi"',
    '["text"]',
    "[]",
    b"\0\1",
    b'{"text": "hi"}',
]
BAD_TEXTS = [5, None, True, "", "  ", ["hi"], {"text": "hi"}]


async def test_a_message_comes_back(opens):
    """Ana's message is sent back to her, with the room's name."""
    ana = await opens("Ana")
    await ana.says(text="hi", sender="Ana")
    sentence = "Ana's message should have been sent back to her."
    await ana.hears(sentence, text="hi", sender="Ana")
    await ana.says(text="hi again", sender="Ana")
    sentence = "Ana's message should have been sent back with the room's name."
    await ana.hears(sentence, text="hi again", sender="Ana", room="class")


async def test_each_room_has_its_name(opens):
    """Each socket knows its own room."""
    rooms = ["hallway", "café com leite"]
    people = [await opens("Ana", room) for room in rooms]
    for ana, room in zip(people, rooms, strict=True):
        await ana.says(text="hi", sender="Ana")
        await ana.hears(f"In {room}, the message should name this room.", room=room)


async def test_a_name_may_be_missing(opens):
    """Without a sender, a message comes from someone."""
    ana = await opens("Ana")
    await ana.says(text="hi")
    sentence = "A message without a sender should have been sent back as someone's."
    await ana.hears(sentence, text="hi", sender="someone")


async def test_nonsense_gets_an_error(opens):
    """A frame that isn't a JSON object gets an error, and the socket stays open."""
    ana = await opens("Ana")
    for frame in BAD_FRAMES:
        await ana.sends(frame)
        sentence = f"Ana should have received an `error` for the frame {frame!r}."
        answer = await ana.hears(sentence)
        expect(
            isinstance(answer.get("error"), str), f"{sentence} She received {answer}."
        )


async def test_a_wrong_text_gets_an_error(opens):
    """An invalid text or sender gets an error, and the socket stays open."""
    ana = await opens("Ana")
    frames = [{"sender": "Ana"}]
    frames += [{"text": bad, "sender": "Ana"} for bad in BAD_TEXTS]
    frames += [{"text": "hi", "sender": bad} for bad in BAD_TEXTS]
    for frame in frames:
        await ana.says(**frame)
        sentence = f"Ana should have received an `error` for {frame}."
        answer = await ana.hears(sentence)
        expect(
            isinstance(answer.get("error"), str), f"{sentence} She received {answer}."
        )
    await ana.says(text="hi", sender="Ana")
    await ana.hears("After the errors, a valid message should be sent back.", text="hi")


async def test_other_urls_still_get_a_reason(opens):
    """A URL that doesn't exist still gets a reason."""
    ana = await opens("Ana", path="/ws/nonsense/")
    sentence = "A socket at /ws/nonsense/ should still receive an `error`."
    expect("error" in await ana.hears(sentence), sentence)
    await ana.is_closed("It should still be closed with 4404.", code=4404)

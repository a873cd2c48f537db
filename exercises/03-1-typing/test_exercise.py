"""The exercise: the others in the room are told who types."""


async def test_the_others_are_told_who_types_and_the_one_who_types_is_not(join):
    ana, bia = await join("class"), await join("class")
    await ana.send_json_to({"typing": "Ana"})
    assert await bia.receive_json_from() == {"typing": "Ana"}
    assert await ana.receive_nothing()


async def test_nobody_in_another_room_is_told(join):
    ana, caio = await join("class"), await join("hallway")
    await ana.send_json_to({"typing": "Ana"})
    assert await caio.receive_nothing()


async def test_messages_travel_as_before(join):
    ana, bia = await join("class"), await join("class")
    await ana.send_json_to({"typing": "Ana"})
    await ana.send_json_to({"text": "oi", "sender": "Ana"})
    assert (await bia.receive_json_from()) == {"typing": "Ana"}
    assert (await bia.receive_json_from())["text"] == "oi"
    assert (await ana.receive_json_from())["text"] == "oi"


async def test_what_is_no_name_is_answered(join):
    ana, bia = await join("class"), await join("class")
    for wrong in ({"typing": 7}, {"typing": ""}, {"typing": "a" * 41}):
        await ana.send_json_to(wrong)
        assert (await ana.receive_json_from())["error"]
    assert await bia.receive_nothing()

"""What the auction promises, through its socket only."""

from urllib.parse import quote

import pytest

from course.exercise.kit import expect

BAD_NAMES = [5, None, "", " ", "a" * 41, "A\0na", ["Ana"], True]
BAD_BIDS = [0, -5, 1.5, "120", None, True, [120], 1_000_000_001]
BAD_FRAMES = [" ", "not JSON", "[]", "5", "null", "{}", '{"bit": 5}', '{"bid": NaN}']
BAD_FRAMES += [b"\0", "[" * 20_000]


@pytest.fixture
def knocks(opens):
    """Return what opens a socket to an auction, without joining it."""

    async def knock(name: str, room: str):
        return await opens(name, path=f"/ws/auction/{quote(room, safe='')}/")

    return knock


@pytest.fixture
def joins(knocks):
    """Return what lets people join an auction, and gives them back."""

    async def join(room: str, *names: str) -> list:
        people = []
        for name in names:
            person = await knocks(name, room)
            await person.says(join=name)
            await gets(person, f"{name} has joined, and should have got the state.")
            people.append(person)
        return people

    return join


async def gets(person, sentence: str, **state: object) -> dict:
    """Return the state that comes next."""
    frame = await person.hears(sentence, **state)
    complete = {"highest", "by", "open"} <= frame.keys()
    expect(complete, f"{sentence} {person.name} received {frame} instead.")
    return frame


async def all_get(people: list, sentence: str, **state: object) -> None:
    """Let everybody get this state next; in the sentence, NAME is who doesn't."""
    for person in people:
        await gets(person, sentence.replace("NAME", person.name), **state)


async def is_refused(person, sentence: str) -> None:
    """Let somebody get an error."""
    frame = await person.hears(sentence)
    said = frame.get("error")
    expect(
        said and isinstance(said, str), f"{sentence} {person.name} received {frame}."
    )


async def test_the_first_state(knocks, room):
    """Ana joins, and gets the state: no bid yet, and open."""
    ana = await knocks("Ana", room)
    await ana.says(join="Ana")
    sentence = "Ana has joined, and should have got the state."
    await gets(ana, sentence, highest=0, by=None, open=True)


async def test_rooms_have_their_own_auctions(joins, knocks, room):
    """Another room has another auction."""
    ana, bia = await joins(room, "Ana", "Bia")
    await bia.says(bid=50)
    caio = await knocks("Caio", f"{room}, upstairs")
    await caio.says(join="Caio")
    sentence = "Nobody has bid in Caio's room; the bid was in another one."
    await gets(caio, sentence, highest=0, by=None, open=True)


async def test_everybody_hears_of_a_bid(joins, room):
    """Bia bids, and everybody gets the new state: the auctioneer, Bia and Caio."""
    everybody = await joins(room, "Ana", "Bia", "Caio")
    await everybody[1].says(bid=50)
    sentence = "Bia has bid 50, and NAME should have got that state."
    await all_get(everybody, sentence, highest=50, by="Bia", open=True)
    await everybody[2].says(bid=70)
    sentence = "Caio has bid 70, and NAME should have got that state."
    await all_get(everybody, sentence, highest=70, by="Caio", open=True)


async def test_a_late_joiner_sees_the_state(joins, knocks, room):
    """Duda joins after two bids, and sees the highest. The others receive nothing of it."""
    everybody = await joins(room, "Ana", "Bia")
    for amount in (50, 60):
        await everybody[1].says(bid=amount)
        await all_get(
            everybody, "NAME should have been notified of the bid.", highest=amount
        )
    duda = await knocks("Duda", room)
    await duda.says(join="Duda")
    sentence = "Duda has joined after the bid, and should have got the state."
    await gets(duda, sentence, highest=60, by="Bia", open=True)
    await duda.says(bid=61)
    sentence = (
        "After Duda had joined, her bid should have been the next that NAME receives."
    )
    await all_get([*everybody, duda], sentence, highest=61, by="Duda")


async def test_only_higher_bids_count(joins, room):
    """A bid that isn't higher gets an error, and nobody else is notified."""
    ana, bia, caio = await joins(room, "Ana", "Bia", "Caio")
    await bia.says(bid=100)
    await all_get(
        [ana, bia, caio], "NAME should have been notified of Bia's bid.", highest=100
    )
    for amount in (100, 99, 1):
        await caio.says(bid=amount)
        sentence = f"Bia has bid 100, so Caio's {amount} should have got an `error`."
        await is_refused(caio, sentence)
    await caio.says(bid=101)
    sentence = "NAME should have been notified of Caio's 101 next, and of no bid that's too low."
    await all_get([ana, bia, caio], sentence, highest=101, by="Caio")


async def test_nobody_bids_for_somebody_else(joins, room):
    """A bid counts for the name that its socket has joined under."""
    everybody = await joins(room, "Ana", "Bia", "Caio")
    fields = {"by": "Caio", "name": "Caio", "sender": "Caio", "highest": 900}
    await everybody[1].says(bid=50, **fields)
    sentence = (
        "Bia has bid, with Caio's name in the frame. NAME should see it as Bia's."
    )
    await all_get(everybody, sentence, highest=50, by="Bia", open=True)


async def test_bad_names(joins, knocks, room):
    """An invalid name gets an error, and so does one that somebody here has."""
    ana, bia = await joins(room, "Ana", "Bia")
    caio = await knocks("Caio", room)
    for name in BAD_NAMES:
        await caio.says(join=name)
        await is_refused(caio, f'"join": {name!r} should have got an `error`.')
    for name in ("Bia", "  Bia ", "Ana"):
        await caio.says(join=name)
        sentence = f"{name.strip()} is here, so {name!r} should have got an `error`."
        await is_refused(caio, sentence)
    await caio.says(join="  Caio ")
    await gets(caio, "Caio's name is valid, so he should have got the state.")
    await caio.says(join="Duda")
    await is_refused(caio, "Caio has joined already, so a second name is an `error`.")
    await caio.says(bid=50)
    sentence = (
        "NAME should have been notified of Caio's bid, under his name without spaces."
    )
    await all_get([ana, bia, caio], sentence, highest=50, by="Caio")


async def test_bad_bids(joins, room):
    """A bid that isn't a whole number from 1 to a billion gets an error."""
    ana, bia = await joins(room, "Ana", "Bia")
    for amount in BAD_BIDS:
        await bia.says(bid=amount)
        await is_refused(bia, f'"bid": {amount!r} should have got an `error`.')
    await bia.says(bid=1_000_000_000)
    sentence = "A billion is a valid bid, and the first that NAME should have been notified of."
    await all_get([ana, bia], sentence, highest=1_000_000_000, by="Bia")


async def test_bad_frames(joins, room):
    """Other frames get an error, and the socket stays open."""
    ana, bia = await joins(room, "Ana", "Bia")
    for data in BAD_FRAMES:
        await bia.sends(data)
        shown = data if len(data) < 40 else f"{data[:10]}…"
        await is_refused(bia, f"The frame {shown!r} should have got an `error`.")
    await bia.says(bid=5)
    sentence = "After bad frames, NAME should still have been notified of Bia's bid."
    await all_get([ana, bia], sentence, highest=5, by="Bia")


async def test_join_first(joins, knocks, room):
    """A client that hasn't joined can't bid or end the auction, receives nothing, and can leave."""
    ana, bia = await joins(room, "Ana", "Bia")
    caio = await knocks("Caio", room)
    for frame in ({"bid": 50}, {"close": True}):
        await caio.says(**frame)
        await is_refused(caio, f"Caio hasn't joined, so {frame} is an `error`.")
    await bia.says(bid=10)
    await all_get(
        [ana, bia], "NAME should have been notified of Bia's bid.", highest=10
    )
    await caio.says(join="Caio")
    sentence = "Caio's next frame should be the state that he gets by joining."
    await gets(caio, sentence, highest=10, by="Bia", open=True)
    await caio.hears_nothing("Caio should get the state once when he joins.", 0.03)
    duda = await knocks("Duda", room)
    await duda.leaves()  # raises what her application ended with
    await bia.says(bid=20)
    sentence = "Duda has left without joining. NAME should have been notified of Bia's next bid."
    await all_get([ana, bia, caio], sentence, highest=20)


async def test_the_auctioneer_ends_it(joins, knocks, room):
    """Ana, who joined first, ends the auction; nobody else can, and she can't bid."""
    ana, bia, caio = await joins(room, "Ana", "Bia", "Caio")
    await bia.says(bid=50)
    await all_get(
        [ana, bia, caio], "NAME should have been notified of Bia's bid.", highest=50
    )
    await ana.says(bid=60)
    await is_refused(ana, "Ana is the auctioneer, so her bid is an `error`.")
    await bia.says(close=True)
    await is_refused(bia, "Bia isn't the auctioneer, so she can't end the auction.")
    await ana.says(close=True)
    sentence = "Ana has ended the auction, and NAME should have got that state."
    await all_get([ana, bia, caio], sentence, highest=50, by="Bia", open=False)
    await caio.says(bid=90)
    await is_refused(caio, "The auction has ended, so Caio's bid is an `error`.")
    duda = await knocks("Duda", room)
    await duda.says(join="Duda")
    sentence = "The auction has ended. Duda joins, and should see who got it."
    await gets(duda, sentence, highest=50, by="Bia", open=False)
    await bia.hears_nothing("After the end, Bia should be notified of no bid.", 0.03)


async def test_the_auctioneer_leaves(joins, room):
    """Ana, the auctioneer, leaves, and the auction ends."""
    ana, bia, caio = await joins(room, "Ana", "Bia", "Caio")
    await bia.says(bid=50)
    await all_get(
        [ana, bia, caio], "NAME should have been notified of Bia's bid.", highest=50
    )
    await ana.leaves()
    sentence = "Ana, the auctioneer, has left, so the auction has ended for NAME."
    await all_get([bia, caio], sentence, highest=50, by="Bia", open=False)
    (ana,) = await joins(room, "Ana")
    await caio.says(bid=60)
    await is_refused(caio, "The auction has ended, and stays so after Ana is back.")


async def test_a_bidder_leaves(joins, knocks, room):
    """Bia leaves: her bid stays, and her name is free for when she's back."""
    ana, bia, caio = await joins(room, "Ana", "Bia", "Caio")
    await bia.says(bid=50)
    await all_get(
        [ana, bia, caio], "NAME should have been notified of Bia's bid.", highest=50
    )
    await bia.leaves()
    again = await knocks("Bia", room)
    await again.says(join="Bia")
    sentence = "Bia has left and is back. She should have got the state, with her bid."
    await gets(again, sentence, highest=50, by="Bia", open=True)
    await caio.says(bid=60)
    sentence = (
        "Bia has left and is back, and NAME should have been notified of Caio's bid."
    )
    await all_get([ana, caio, again], sentence, highest=60, by="Caio")


async def test_two_equal_bids_at_once(joins, room):
    """Bia and Caio bid the same at the same time: one wins, the other gets an error."""
    for round_ in range(3):
        here = f"{room}, {round_}"
        ana, bia, caio = await joins(here, "Ana", "Bia", "Caio")
        await bia.says(bid=100)
        await caio.says(bid=100)
        state = await gets(
            ana, "Ana should have been notified who bid 100.", highest=100
        )
        winner, loser = (bia, caio) if state["by"] == "Bia" else (caio, bia)
        sentence = f"{winner.name}'s bid was first, so both should see it as theirs."
        await gets(winner, sentence, highest=100, by=winner.name)
        frames = [
            await loser.hears(
                f"Two equal bids at once: {winner.name} was first, so {loser.name} should"
                " get that state and an `error`."
            )
            for _ in range(2)
        ]
        expect(
            sum("error" in frame for frame in frames) == 1,
            f"Two equal bids at once: {winner.name} was first, so {loser.name} should"
            f" get that state and an `error`, but got {frames}.",
        )
        await winner.says(bid=200)
        sentence = (
            "Of two equal bids at once, NAME should have been notified of only one."
        )
        await all_get([ana, bia, caio], sentence, highest=200, by=winner.name)


async def test_many_bids_at_once(joins, room):
    """Many bids at the same time: everybody sees the same states, higher each time."""
    everybody = await joins(room, "Ana", "Bia", "Caio", "Duda")
    ana, *bidders = everybody
    for amount in range(10, 26):
        for number, bidder in enumerate(bidders):
            await bidder.says(bid=amount + (amount * number) % 7)
    await bidders[0].says(bid=99)
    told = {person.name: [] for person in everybody}
    for person in everybody:
        highest = 0
        while highest < 99:
            frame = await person.hears(
                f"{person.name} should have been notified of Bia's 99."
            )
            if "error" in frame:
                continue
            expect(
                frame.get("highest", 0) > highest,
                f"{person.name} saw {highest} and then {frame}: the highest bid may"
                " only grow.",
            )
            highest = frame["highest"]
            told[person.name].append((highest, frame.get("by")))
    for person in bidders:
        expect(
            told[person.name] == told["Ana"],
            f"Ana and {person.name} should have got the same states in the same order.",
        )


async def test_the_chat_works_as_before(joins, opens, room):
    """The chat in a room of the same name works as before."""
    duda = await opens("Duda", room)
    ana, bia = await joins(room, "Ana", "Bia")
    await bia.says(bid=50)
    await all_get([ana, bia], "NAME should have been notified of the bid.", highest=50)
    await duda.says(text="hi", sender="Duda")
    sentence = "Duda chats in a room of the same name, and should receive only the chat's messages."
    await duda.hears(sentence, text="hi", sender="Duda")
    await bia.hears_nothing(
        "Bia, at the auction, shouldn't receive the chat's messages.", 0.03
    )

"""What the shared list promises, through its socket only."""

import uuid
from urllib.parse import quote

import pytest

from course.exercise.kit import expect

BAD_TEXTS = [5, None, "", " ", "a" * 201, "A\0na", ["milk"], True]
BAD_FRAMES = [" ", "not JSON", "[]", "5", "null", "{}", '{"ad": "milk"}', b"\0"]
BAD_FRAMES += ["[" * 20_000]
MOST = 50


@pytest.fixture
def name():
    """Return a list that nobody has ever opened, with a name that needs some care."""
    return f"salão 7/{uuid.uuid4()}"


@pytest.fixture
def enters(opens):
    """Return what lets people open a list, and gives them back."""

    async def enter(name: str, *people: str) -> list:
        inside = []
        for person in people:
            one = await opens(person, path=f"/ws/list/{quote(name, safe='')}/")
            await items_of(one, f"{person} has entered, and should have got the list.")
            inside.append(one)
        return inside

    return enter


async def items_of(person, sentence: str) -> list[dict]:
    """Return the list that comes next."""
    frame = await person.hears(sentence)
    items = frame.get("items")
    complete = isinstance(items, list) and all(
        isinstance(item, dict) and {"id", "text", "version"} <= item.keys()
        for item in items
    )
    expect(complete, f"{sentence} {person.name} received {frame} instead.")
    return items


async def all_get(people: list, sentence: str, *texts: str) -> list[dict]:
    """Let everybody get these texts next; in the sentence, NAME is who doesn't."""
    seen = []
    for person in people:
        wanted = sentence.replace("NAME", person.name)
        seen.append(await items_of(person, wanted))
        found = [item["text"] for item in seen[-1]]
        expect(
            found == list(texts),
            f"{wanted} It should be {list(texts)}, but {person.name} received {found}.",
        )
        expect(seen[-1] == seen[0], f"{wanted} Ids and versions differ: {seen}")
    return seen[0]


async def adds(people: list, *texts: str) -> list[dict]:
    """Let the first of them add items to an empty list; return these."""
    for number, text in enumerate(texts, start=1):
        await people[0].says(add=text)
        sentence = f"{people[0].name} has added {text}: NAME should have got the list."
        items = await all_get(people, sentence, *texts[:number])
    return items


async def is_refused(person, sentence: str) -> None:
    """Let somebody get an error."""
    frame = await person.hears(sentence)
    said = frame.get("error")
    expect(
        said and isinstance(said, str), f"{sentence} {person.name} received {frame}."
    )


async def test_an_empty_list(opens, name):
    """Ana opens a new list, and gets it at once: no items."""
    ana = await opens("Ana", path=f"/ws/list/{quote(name, safe='')}/")
    sentence = "Ana has opened a new list, and should have got it, without items."
    await ana.hears(sentence, items=[])


async def test_lists_are_separate(enters, name):
    """Another name is another list."""
    people = await enters(name, "Ana", "Bia")
    await adds(people, "milk")
    caio, duda = await enters(f"{name}, upstairs", "Caio", "Duda")
    await caio.says(add="soap")
    sentence = "Caio has added soap to another list, and NAME should see only that."
    await all_get([caio, duda], sentence, "soap")


async def test_everybody_gets_what_is_added(enters, name):
    """Ana adds items at the end, and Bia and she get the list each time."""
    people = await enters(name, "Ana", "Bia")
    items = await adds(people, "milk", "bread", "coffee")
    ids = [item["id"] for item in items]
    expect(
        all(type(id) is int for id in ids) and len(set(ids)) == 3,
        f"Three items should have three different whole numbers as ids, not {ids}.",
    )
    versions = [item["version"] for item in items]
    expect(versions == [1, 1, 1], f"New items have version 1, but these: {versions}.")


async def test_late_joiners_get_the_list(opens, enters, name):
    """Caio comes late and gets the list, even if all others have left. They receive nothing."""
    people = await enters(name, "Ana", "Bia")
    items = await adds(people, "milk", "bread")
    path = f"/ws/list/{quote(name, safe='')}/"
    caio = await opens("Caio", path=path)
    await caio.hears("Caio comes late, and should have got the list.", items=items)
    await people[1].hears_nothing("Bia shouldn't be notified that Caio has come.", 0.03)
    for person in (*people, caio):
        await person.leaves()
    duda = await opens("Duda", path=path)
    sentence = "All others have left, and Duda should have got the list as it was."
    await duda.hears(sentence, items=items)


async def test_edits(enters, name):
    """Bia edits what Ana has added: the text is new, and the version one more."""
    people = await enters(name, "Ana", "Bia")
    milk, bread = await adds(people, "milk", "bread")
    await people[1].says(edit=milk["id"], text=" oat milk ", version=1)
    sentence = "Bia has edited the milk, and NAME should have got the list."
    items = await all_get(people, sentence, "oat milk", "bread")
    wanted = [milk | {"text": "oat milk", "version": 2}, bread]
    expect(
        items == wanted, f"After one edit, the list should be {wanted}, not {items}."
    )
    await people[0].says(edit=milk["id"], text="soy milk", version=2)
    sentence = "Ana has edited version 2 of the milk: NAME should have got the list."
    items = await all_get(people, sentence, "soy milk", "bread")
    expect(items[0]["version"] == 3, f"After two edits, the version is 3: {items[0]}")


async def test_removals(enters, name):
    """Items are removed, and their ids are never used again."""
    people = await enters(name, "Ana", "Bia")
    ana, bia = people
    items = await adds(people, "milk", "bread", "coffee")
    await bia.says(remove=items[2]["id"], version=1)
    await all_get(
        people, "Bia has removed the coffee: NAME should see.", "milk", "bread"
    )
    await ana.says(remove=items[0]["id"], version=1)
    await all_get(people, "Ana has removed the milk, and NAME should see it.", "bread")
    await ana.says(add="tea")
    sentence = "Ana has added tea, and NAME should see it."
    found = await all_get(people, sentence, "bread", "tea")
    old = [item["id"] for item in items]
    expect(
        found[1]["id"] not in old,
        f"The tea has id {found[1]['id']}, which another item has had: {old}.",
    )
    await bia.says(edit=items[2]["id"], text="espresso", version=1)
    await is_refused(bia, "The coffee is removed, so Bia's edit of it is an `error`.")


async def test_moves(enters, name):
    """Items move behind others or to the top, and keep their versions."""
    people = await enters(name, "Ana", "Bia")
    one, two, three, four = await adds(people, "1", "2", "3", "4")
    steps = [
        (four, None, "4123"),
        (four, one, "1423"),
        (one, three, "4231"),
        (two, four, "4231"),
        (four, one, "2314"),
        (two, None, "2314"),
    ]
    for number, (item, after, texts) in enumerate(steps):
        behind = after and after["id"]
        await people[number % 2].says(move=item["id"], after=behind)
        where = f"behind {after['text']}" if after else "to the top"
        sentence = f"Item {item['text']} has moved {where}, and NAME should see it."
        items = await all_get(people, sentence, *texts)
        expect(
            sorted(items, key=lambda item: item["text"]) == [one, two, three, four],
            f"A move should change no id, text or version, but the list is {items}.",
        )
    await people[0].says(move=one["id"], after=one["id"])
    await is_refused(people[0], "An item can't be behind itself: that's an `error`.")


async def test_what_others_have_changed(enters, name):
    """Who hasn't seen the last edit can't edit or remove, but move."""
    people = await enters(name, "Ana", "Bia")
    ana, bia = people
    milk, bread = await adds(people, "milk", "bread")
    await ana.says(edit=milk["id"], text="oat milk", version=1)
    await all_get(
        people, "Ana has edited, and NAME should see it.", "oat milk", "bread"
    )
    for version in (1, 3, 0, None, "2"):
        await bia.says(edit=milk["id"], text="soy milk", version=version)
        sentence = (
            f"The milk has version 2, so an edit of version {version!r} is an `error`."
        )
        await is_refused(bia, sentence)
        await bia.says(remove=milk["id"], version=version)
        sentence = f"The milk has version 2, so a removal of version {version!r} is an `error`."
        await is_refused(bia, sentence)
    await bia.says(edit=milk["id"], text="lost")
    await is_refused(bia, "An edit without a version is an `error`.")
    await bia.says(remove=milk["id"])
    await is_refused(bia, "A removal without a version is an `error`.")
    await bia.says(move=milk["id"], after=bread["id"])
    sentence = "A move needs no version, and NAME should see it next, with Ana's edit."
    await all_get(people, sentence, "bread", "oat milk")


async def test_bad_texts(enters, name):
    """An invalid text gets an error, and changes nothing."""
    people = await enters(name, "Ana", "Bia")
    ana, _ = people
    (milk,) = await adds(people, "milk")
    for text in BAD_TEXTS:
        shown = repr(text) if len(str(text)) < 40 else "a text of 201 characters"
        await ana.says(add=text)
        await is_refused(ana, f"Adding {shown} should have got an `error`.")
        await ana.says(edit=milk["id"], text=text, version=1)
        await is_refused(ana, f"An edit to {shown} should have got an `error`.")
    await ana.says(edit=milk["id"], version=1)
    await is_refused(ana, "An edit without a text should have got an `error`.")
    await ana.says(edit=milk["id"], text="m" * 200, version=1)
    sentence = "200 characters are allowed, and the first change that NAME should see."
    await all_get(people, sentence, "m" * 200)


async def test_bad_frames(enters, name):
    """Other frames get an error, and the socket stays open."""
    people = await enters(name, "Ana", "Bia")
    ana, _ = people
    one, two = await adds(people, "1", "2")
    for data in BAD_FRAMES:
        await ana.sends(data)
        shown = data if len(data) < 40 else f"{data[:10]}…"
        await is_refused(ana, f"The frame {shown!r} should have got an `error`.")
    for id in (10**9, -1, None, "1", [1], {}, True, 1.5):
        for frame in (
            {"edit": id, "text": "lost", "version": 1},
            {"remove": id, "version": 1},
            {"move": id, "after": None},
        ):
            await ana.says(**frame)
            await is_refused(ana, f"There's no such item, so {frame} is an `error`.")
    for frame in (
        {"edit": one["id"], "text": "lost", "version": True},
        {"remove": one["id"], "version": True},
        {"remove": one["id"], "version": [1]},
        {"move": two["id"]},
        {"move": two["id"], "after": 10**9},
        {"move": two["id"], "after": str(one["id"])},
        {"move": two["id"], "after": False},
        {"move": two["id"], "after": [one["id"]]},
    ):
        await ana.says(**frame)
        await is_refused(ana, f"The frame {frame} should have got an `error`.")
    await ana.says(add="3")
    sentence = "After bad frames, NAME should see only what Ana has added."
    await all_get(people, sentence, "1", "2", "3")


async def test_fifty_items(enters, name):
    """A list has at most 50 items. If one is removed, there's room again."""
    ana, bia = await enters(name, "Ana", "Bia")
    texts = [str(number) for number in range(MOST)]
    for number, text in enumerate(texts, start=1):
        await ana.says(add=text)
        for person in (ana, bia):
            sentence = f"{person.name} should have got a list with {number} items."
            items = await items_of(person, sentence)
    await ana.says(add="one too many")
    await is_refused(ana, "A list has at most 50 items, so the 51st is an `error`.")
    await ana.says(remove=items[0]["id"], version=1)
    sentence = "Ana has removed an item of 50, and NAME should see it."
    await all_get([ana, bia], sentence, *texts[1:])
    await bia.says(add="room again")
    sentence = "There's room for one again, and NAME should see it."
    await all_get([ana, bia], sentence, *texts[1:], "room again")


async def test_two_edits_at_once(enters, name):
    """Ana and Bia edit the same version at once: one counts, the other gets an error."""
    people = await enters(name, "Ana", "Bia", "Caio")
    ana, bia, caio = people
    (milk,) = await adds(people, "milk")
    await ana.says(edit=milk["id"], text="Ana's", version=1)
    await bia.says(edit=milk["id"], text="Bia's", version=1)
    (item,) = await items_of(
        caio, "Caio should have been notified of one of the edits."
    )
    winner, loser = (ana, bia) if item["text"] == "Ana's" else (bia, ana)
    frames = [
        await loser.hears(
            f"Two edits of the same version at once: {winner.name}'s was first, so"
            f" {loser.name} should get that list and an `error`."
        )
        for _ in range(2)
    ]
    expect(
        sum("error" in frame for frame in frames) == 1,
        f"Two edits of the same version at once: {winner.name}'s was first, so"
        f" {loser.name} should get that list and an `error`, but got {frames}.",
    )
    await items_of(winner, f"{winner.name} should have been notified of the edit.")
    await loser.says(edit=milk["id"], text="both", version=2)
    sentence = f"{loser.name} has tried again with version 2, and NAME should see it."
    (item,) = await all_get(people, sentence, "both")
    expect(item["version"] == 3, f"After two edits, the version should be 3: {item}")


async def test_different_changes_at_once(enters, name):
    """Ana edits while Bia moves and Caio adds: all three count."""
    people = await enters(name, "Ana", "Bia", "Caio")
    ana, bia, caio = people
    _, bread = await adds(people, "milk", "bread")
    await ana.says(edit=bread["id"], text="rye bread", version=1)
    await bia.says(move=bread["id"], after=None)
    await caio.says(add="coffee")
    for person in people:
        for _ in range(3):
            sentence = (
                "Ana has edited, Bia moved and Caio added, all at once:"
                f" {person.name} should have got three lists."
            )
            items = await items_of(person, sentence)
        texts = [item["text"] for item in items]
        expect(
            texts == ["rye bread", "milk", "coffee"],
            "Ana has edited, Bia moved and Caio added, all at once, and all of it counts."
            f" In the end, {person.name} sees {texts}.",
        )


async def test_many_changes_at_once(opens, enters, name):
    """Three people add ten items each at once: nothing is lost, and all see the same."""
    people = await enters(name, "Ana", "Bia", "Caio")
    for number in range(10):
        for person in people:
            await person.says(add=f"{person.name} {number}")
    duda = await opens("Duda", path=f"/ws/list/{quote(name, safe='')}/")
    seen = {}
    for person in (*people, duda):
        count = -1
        while count < 30:
            sentence = f"{person.name} should have been notified of all 30 items; so far {count}."
            items = await items_of(person, sentence)
            expect(
                len(items) >= count,
                f"{person.name} saw {count} items and then {len(items)}, although people"
                " only added some: the lists should arrive in order.",
            )
            count = len(items)
        seen[person.name] = items
    ids = {item["id"] for item in seen["Ana"]}
    expect(
        len(ids) == 30, f"30 items should have 30 different ids, but have {len(ids)}."
    )
    for person, items in seen.items():
        expect(items == seen["Ana"], f"Ana and {person} should see the same list.")


async def test_the_chat_works_as_before(enters, opens, name):
    """The chat in a room of the same name works as before."""
    duda = await opens("Duda", name)
    people = await enters(name, "Ana", "Bia")
    await adds(people, "milk")
    await duda.says(text="hi", sender="Duda")
    sentence = "Duda chats in a room of the same name, and should receive only the chat's messages."
    await duda.hears(sentence, text="hi", sender="Duda")
    await people[1].hears_nothing(
        "Bia, at the list, shouldn't receive the chat's messages.", 0.03
    )

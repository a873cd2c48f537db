"""What tic-tac-toe promises, through its socket only."""

from urllib.parse import quote

import pytest

from course.exercise.kit import expect

LINES = [
    (0, 1, 2),
    (3, 4, 5),
    (6, 7, 8),
    (0, 3, 6),
    (1, 4, 7),
    (2, 5, 8),
    (0, 4, 8),
    (2, 4, 6),
]
BAD_NAMES = [5, None, "", " ", "a" * 41, "A\0na", ["Ana"], True]
BAD_SQUARES = [9, -1, 1.5, "4", None, True, [4], 10**30]
BAD_FRAMES = [
    " ",
    "not JSON",
    "[]",
    "5",
    "null",
    "{}",
    '{"mov": 4}',
    b"\0",
    "[" * 20_000,
]
KEYS = {"board", "turn", "result", "players", "here", "you"}
EMPTY = [""] * 9


@pytest.fixture
def knocks(opens):
    """Return what opens a socket to a game, without joining it."""

    async def knock(name: str, room: str):
        return await opens(name, path=f"/ws/tic-tac-toe/{quote(room, safe='')}/")

    return knock


@pytest.fixture
def plays(knocks):
    """Return what begins a game: Ana has X, Bia has O, and Caio watches."""

    async def play(room: str, watching: bool = True) -> list:
        ana = await knocks("Ana", room)
        await ana.says(join="Ana")
        ana.token = (await gets(ana, joined("Ana"), you="X")).get("token")
        bia = await knocks("Bia", room)
        await bia.says(join="Bia")
        bia.token = (await gets(bia, joined("Bia"), you="O")).get("token")
        await gets(ana, "Bia has joined, and Ana should have been notified.", turn="X")
        if not watching:
            return [ana, bia]
        caio = await knocks("Caio", room)
        await caio.says(join="Caio")
        await gets(caio, joined("Caio"), you=None)
        return [ana, bia, caio]

    return play


def joined(name: str) -> str:
    """Return the sentence for somebody who didn't get the state by joining."""
    return f"{name} has joined, and should have got the state."


async def gets(person, sentence: str, **state: object) -> dict:
    """Return the state that comes next."""
    frame = await person.hears(sentence, **state)
    missing = sorted(KEYS - frame.keys())
    expect(
        not missing, f"{sentence} {person.name} received {frame}, without {missing}."
    )
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


async def moves(people: list, *squares: int) -> dict:
    """Let Ana and Bia move in turns; everybody gets each state. Return the last one."""
    for number, square in enumerate(squares):
        player = people[number % 2]
        await player.says(move=square)
        mark = "XO"[number % 2]
        for person in people:
            sentence = (
                f"{player.name} has marked square {square}, and {person.name} should"
                " have got the new state."
            )
            frame = await gets(person, sentence)
            board = frame["board"]
            expect(
                isinstance(board, list) and len(board) == 9 and board[square] == mark,
                f"{sentence} Square {square} should be {mark!r}: {board}",
            )
    return frame


async def test_the_first_player(knocks, room):
    """Ana joins, and plays X: an empty board, and nobody's turn yet."""
    ana = await knocks("Ana", room)
    await ana.says(join="Ana")
    frame = await gets(
        ana,
        joined("Ana"),
        board=EMPTY,
        turn=None,
        result=None,
        players={"X": "Ana", "O": None},
        here={"X": True, "O": False},
        you="X",
    )
    token = frame.get("token")
    expect(
        isinstance(token, str) and len(token) >= 16,
        "Ana plays X, so her first frame should have a `token` of 16 characters or more:"
        f" {token!r}.",
    )


async def test_rooms_have_their_own_games(knocks, plays, room):
    """Another room has another game, and other tokens."""
    ana, *_ = await plays(room)
    other = await knocks("Another Ana", f"{room}, upstairs")
    await other.says(join="Ana")
    sentence = "Another Ana is the first in another room, and should play X there."
    players = {"X": "Ana", "O": None}
    frame = await gets(other, sentence, you="X", turn=None, players=players)
    expect(
        frame.get("token") != ana.token,
        "Two players of the same name, in two rooms, should have different tokens: these"
        " can be guessed.",
    )


async def test_the_second_player(knocks, room):
    """Bia joins as the second, plays O, and X begins. Ana is notified."""
    ana, bia = await knocks("Ana", room), await knocks("Bia", room)
    await ana.says(join="Ana")
    first = await gets(ana, joined("Ana"))
    await bia.says(join="Bia")
    state = {"turn": "X", "players": {"X": "Ana", "O": "Bia"}}
    state["here"] = {"X": True, "O": True}
    second = await gets(bia, joined("Bia"), you="O", **state)
    sentence = "Bia has joined, and Ana should have been notified."
    frame = await gets(ana, sentence, you="X", **state)
    expect(
        second.get("token") not in (None, first.get("token")),
        "Bia, who plays O, should have got a token of her own.",
    )
    expect(
        frame.get("token") in (None, first.get("token")),
        "Bia's token is for Bia only, but Ana got it too.",
    )


async def test_others_watch(knocks, plays, room):
    """Caio, the third, watches. He gets no token, and the players aren't notified."""
    ana, bia = await plays(room, watching=False)
    caio = await knocks("Caio", room)
    await caio.says(join="Caio")
    players = {"X": "Ana", "O": "Bia"}
    frame = await gets(caio, joined("Caio"), you=None, turn="X", players=players)
    expect(not frame.get("token"), "Caio watches, so he shouldn't get a token.")
    await ana.says(move=4)
    board = [*EMPTY[:4], "X", *EMPTY[5:]]
    for person, you in ((ana, "X"), (bia, "O"), (caio, None)):
        sentence = f"Ana's move should be the next that {person.name} is notified of."
        frame = await gets(person, sentence, board=board, turn="O", you=you)
        expect(
            frame.get("token") in (None, getattr(person, "token", None)),
            f"{person.name} shouldn't get somebody else's token by a move.",
        )


async def test_turns(plays, room):
    """Players move in turns. A move out of turn gets an error."""
    ana, bia, caio = await plays(room)
    await bia.says(move=0)
    await is_refused(bia, "X begins, so Bia's move is an `error`.")
    await moves([ana, bia, caio], 4)
    await ana.says(move=0)
    await is_refused(ana, "It's Bia's turn, so Ana's move is an `error`.")
    await caio.says(move=0)
    await is_refused(caio, "Caio only watches, so his move is an `error`.")
    await bia.says(move=4)
    await is_refused(bia, "Square 4 is taken, so Bia's move is an `error`.")
    await bia.says(move=0)
    sentence = (
        "Bia's move should be the next that NAME is notified of, with all marks right."
    )
    board = ["O", "", "", "", "X", "", "", "", ""]
    await all_get([ana, bia, caio], sentence, board=board, turn="X", result=None)


async def test_nobody_moves_alone(knocks, room):
    """Before the second player comes, a move gets an error, and before joining too."""
    ana = await knocks("Ana", room)
    for frame in ({"move": 4}, {"return": "x" * 32}, {"return": None}):
        await ana.says(**frame)
        await is_refused(ana, f"Ana hasn't joined, so {frame} is an `error`.")
    await ana.says(join="Ana")
    await gets(ana, joined("Ana"), board=EMPTY, you="X")
    await ana.says(move=4)
    await is_refused(ana, "Ana is alone, so her move is an `error`.")
    duda = await knocks("Duda", room)
    await duda.leaves()  # raises what her application ended with
    bia = await knocks("Bia", room)
    await bia.says(join="Bia")
    sentence = "Duda has left without joining, so the second player is Bia."
    await gets(bia, sentence, board=EMPTY, you="O", turn="X")


async def test_bad_squares(plays, room):
    """A square that isn't a number from 0 to 8 gets an error."""
    ana, bia = await plays(room, watching=False)
    for square in BAD_SQUARES:
        await ana.says(move=square)
        await is_refused(ana, f'"move": {square!r} should have got an `error`.')
    frame = await moves([ana, bia], 8)
    expect(
        frame["board"] == [*EMPTY[:8], "X"],
        f"After moves that aren't allowed, only Ana's 8 should be marked: {frame}",
    )


async def test_bad_frames_and_names(knocks, plays, room):
    """Other frames and invalid names get an error, and the socket stays open."""
    ana, bia = await plays(room, watching=False)
    for data in BAD_FRAMES:
        await ana.sends(data)
        shown = data if len(data) < 40 else f"{data[:10]}…"
        await is_refused(ana, f"The frame {shown!r} should have got an `error`.")
    await ana.says(join="Duda")
    await is_refused(ana, "Ana has joined already, so a second join is an `error`.")
    caio = await knocks("Caio", room)
    for name in BAD_NAMES:
        await caio.says(join=name)
        await is_refused(caio, f'"join": {name!r} should have got an `error`.')
    await caio.says(join="  Ana ")  # names needn't be unique
    await gets(caio, "Another Ana may watch.", you=None)
    await moves([ana, bia, caio], 8, 0)


async def test_every_line_wins(plays, room):
    """Each of the eight lines wins, for X and for O. After the end, nobody moves."""
    for number, line in enumerate(LINES):
        people = await plays(f"{room}, {number}", watching=False)
        rest = [square for square in range(9) if square not in line]
        if number % 2:
            squares = [line[0], rest[0], line[1], rest[1], line[2]]
        else:
            # Two squares on each side of a line, and one elsewhere, are no line.
            others = next(
                [one, two, three]
                for one in rest
                for two in rest
                for three in rest
                if one < two < three and (one, two, three) not in LINES
            )
            squares = [others[0], line[0], others[1], line[1], others[2], line[2]]
        frame = await moves(people, *squares[:-1])
        mark = "X" if number % 2 else "O"
        expect(
            frame["result"] is None and frame["turn"] == mark,
            f"The game isn't over yet, and it's the turn of {mark}: {frame}",
        )
        await people[mark == "O"].says(move=squares[-1])
        sentence = f"{mark} has the squares {line}, so `result` should be {mark!r}."
        await all_get(people, sentence, result=mark, turn=None)
        free = next(square for square in rest if square not in squares)
        for person in people:
            await person.says(move=free)
            sentence = f"The game is over, so {person.name}'s move is an `error`."
            await is_refused(person, sentence)


async def test_a_draw(plays, knocks, room):
    """A full board without a line is a draw; with one, it's won."""
    people = await plays(room)
    frame = await moves(people, 0, 1, 2, 4, 3, 5, 7, 6, 8)
    expect(
        frame["result"] == "draw" and frame["turn"] is None,
        f"The board is full without a line, so it's a draw, and nobody's turn: {frame}",
    )
    duda = await knocks("Duda", room)
    await duda.says(join="Duda")
    sentence = "Duda comes after the end, and should see how it went."
    await gets(duda, sentence, result="draw", board=frame["board"])
    people = await plays(f"{room}, again", watching=False)
    frame = await moves(people, 0, 1, 2, 3, 4, 5, 7, 6, 8)
    expect(
        frame["result"] == "X",
        f"X has filled the board and the line 0, 4, 8, so X has won: {frame}",
    )


async def test_a_player_leaves(plays, room):
    """Bia leaves: everybody is notified, and nobody moves. If Caio leaves, nobody is notified."""
    ana, bia, caio = await plays(room)
    await moves([ana, bia, caio], 4, 0)
    await bia.leaves()
    here = {"X": True, "O": False}
    players = {"X": "Ana", "O": "Bia"}
    sentence = (
        "Bia has left: NAME should be notified that she isn't here, and it's no turn."
    )
    await all_get([ana, caio], sentence, here=here, turn=None, players=players)
    await ana.says(move=8)
    await is_refused(ana, "Bia isn't here, so Ana's move is an `error`.")
    await caio.leaves()
    await ana.hears_nothing(
        "Caio only watched, so Ana shouldn't be notified that he left.", 0.05
    )


async def test_a_player_returns(plays, knocks, room):
    """Bia returns with her token, on a new socket, and the game goes on."""
    ana, bia, caio = await plays(room)
    await moves([ana, bia, caio], 4)
    await bia.leaves()
    await all_get(
        [ana, caio], "NAME should have been notified that Bia has left.", turn=None
    )
    again = await knocks("Bia", room)
    for wrong in (bia.token[::-1], bia.token.upper() + "x", "", None, [bia.token]):
        await again.says(**{"return": wrong})
        await is_refused(again, "A wrong token is an `error`.")
    await again.says(**{"return": bia.token})
    sentence = "Bia has returned with her token, and NAME should have got the state."
    board = [*EMPTY[:4], "X", *EMPTY[5:]]
    state = {"board": board, "turn": "O", "here": {"X": True, "O": True}}
    await gets(again, sentence.replace("NAME", "Bia"), you="O", **state)
    await all_get([ana, caio], sentence, **state)
    await again.says(**{"return": bia.token})
    await is_refused(again, "Bia has returned already, so a second time is an `error`.")
    await again.says(move=0)
    sentence = "Bia, who is back, has moved, and NAME should have been notified."
    board = ["O", *board[1:]]
    await all_get([ana, again, caio], sentence, board=board, turn="X")


async def test_a_name_is_no_token(plays, knocks, room):
    """Duda joins under Bia's name while Bia is away: she only watches."""
    ana, bia, caio = await plays(room)
    await bia.leaves()
    await all_get(
        [ana, caio], "NAME should have been notified that Bia has left.", turn=None
    )
    duda = await knocks("Duda", room)
    await duda.says(join="Bia")
    sentence = "Duda has joined under Bia's name, but without her token: she watches."
    frame = await gets(duda, sentence, you=None, here={"X": True, "O": False})
    expect(not frame.get("token"), f"{sentence} She shouldn't get a token.")
    again = await knocks("Bia", room)
    await again.says(**{"return": bia.token})
    sentence = "Bia has returned, and NAME should have been notified."
    await all_get([again, ana, caio, duda], sentence, turn="X")


async def test_an_old_socket_is_replaced(plays, knocks, room):
    """Bia's connection hangs; she returns on a new one, and the old one is closed."""
    ana, bia, caio = await plays(room)
    await moves([ana, bia, caio], 4)
    again = await knocks("Bia", room)
    await again.says(**{"return": bia.token})
    sentence = "Bia has returned on a new socket, and NAME should have got the state."
    here = {"X": True, "O": True}
    await gets(again, sentence.replace("NAME", "Bia"), you="O", here=here, turn="O")
    await all_get([ana, caio], sentence, here=here, turn="O")
    sentence = "Bia's old socket should have been closed with code 4001."
    await bia.is_closed(sentence, code=4001)
    await bia.leaves(4001)
    await again.says(move=0)
    sentence = (
        "Bia's old socket has closed, but she's here on the new one: her move should be"
        " the next that NAME is notified of."
    )
    await all_get([ana, again, caio], sentence, here=here, turn="X")


async def test_at_the_same_time(knocks, plays, room):
    """Three join at once, and Ana moves twice at once: the rules hold."""
    people = [await knocks(name, room) for name in ("Ana", "Bia", "Caio")]
    for person in people:
        await person.says(join=person.name)
    seats = []
    for person in people:
        seats.append((await gets(person, joined(person.name)))["you"])
    expect(
        sorted(map(str, seats)) == ["None", "O", "X"],
        f"Three have joined at once: one X, one O, and one who watches, but not {seats}.",
    )
    ana, bia = await plays(f"{room}, upstairs", watching=False)
    await ana.says(move=0)
    await ana.says(move=1)
    sentence = (
        "Ana has moved twice at once. NAME should be notified of the first move only."
    )
    board = ["X", *EMPTY[1:]]
    await gets(bia, sentence.replace("NAME", "Bia"), board=board, turn="O")
    frames = [await ana.hears(sentence.replace("NAME", "Ana")) for _ in range(2)]
    expect(
        sum("error" in frame for frame in frames) == 1,
        f"Ana has moved twice at once. The second is an `error`, but she got {frames}.",
    )
    await bia.says(move=8)
    sentence = "Bia's move should be the next that NAME is notified of."
    board = ["X", *EMPTY[1:8], "O"]
    await all_get([ana, bia], sentence, board=board, turn="X")


async def test_the_chat_works_as_before(plays, opens, room):
    """The chat in a room of the same name works as before."""
    duda = await opens("Duda", room)
    ana, bia, caio = await plays(room)
    await moves([ana, bia, caio], 4)
    await duda.says(text="hi", sender="Duda")
    sentence = "Duda chats in a room of the same name, and should receive only the chat's messages."
    await duda.hears(sentence, text="hi", sender="Duda")
    await caio.hears_nothing(
        "Caio, who watches, shouldn't receive the chat's messages.", 0.03
    )

"""The exercise: chats that share a Redis hear each other only if they should."""

from servers import enter, hear, say, server


def test_two_classes_with_prefixes_of_their_own_do_not_hear_each_other(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("CHAT_PREFIX", "morning")
    with server(tmp_path / "morning") as morning:
        monkeypatch.setenv("CHAT_PREFIX", "evening")
        with (
            server(tmp_path / "evening") as evening,
            enter(morning, "class") as ana,
            enter(evening, "class") as caio,
        ):
            say(ana, "good morning")
            assert hear(ana) == "good morning"
            # Caio hears himself, and nothing before that.
            say(caio, "good evening")
            assert hear(caio) == "good evening"


def test_two_servers_of_one_class_still_hear_each_other(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAT_PREFIX", "morning")
    with (
        server(tmp_path / "a") as first,
        server(tmp_path / "b") as second,
        enter(first, "class") as ana,
        enter(second, "class") as bia,
    ):
        say(ana, "oi")
        assert hear(bia) == "oi"

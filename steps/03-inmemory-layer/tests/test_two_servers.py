"""Where the in-memory layer ends: at a second server process, and without an error."""

from servers import enter, hear, say


def test_two_servers_do_not_share_a_room(two_servers):
    first, second = two_servers
    with (
        enter(first, "class") as ana,
        enter(first, "class") as bia,
        enter(second, "class") as caio,
    ):
        say(ana, "oi")
        assert hear(bia) == "oi"
        # The first message that reaches Caio comes through his own server. Ana's never
        # came, and there was no error: neither side knows that anything is missing.
        say(caio, "is anybody here?")
        assert hear(caio) == "is anybody here?"
        say(ana, "where is Caio?")
        assert hear(bia) == "where is Caio?"

"""The limit of the layer in memory: a second server process. Nothing says that it is reached."""

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
        # Caio hears what his own server carries, and nothing before it: no error,
        # no line in a log, silence.
        say(caio, "is anybody here?")
        assert hear(caio) == "is anybody here?"
        say(ana, "where is Caio?")
        assert hear(bia) == "where is Caio?"

"""What the Redis layer adds: messages reach other processes."""

import subprocess
import sys

from servers import PROJECT, enter, hear, say


def test_two_servers_share_a_room(two_servers):
    first, second = two_servers
    with enter(first, "class") as ana, enter(second, "class") as caio:
        say(ana, "oi")
        assert hear(caio) == "oi"
        say(caio, "oi, Ana")
        assert [hear(ana), hear(ana)] == ["oi", "oi, Ana"]


def test_an_announcement_from_outside_reaches_both_servers(two_servers):
    first, second = two_servers
    with (
        enter(first, "café com leite") as ana,
        enter(second, "café com leite") as caio,
        enter(second, "hallway") as bia,
    ):
        announce("café com leite", "lunch! 😀")
        assert hear(ana) == hear(caio) == "lunch! 😀"
        # The hallway receives its own announcement first, and not the one above.
        announce("hallway", "quiet, please")
        assert hear(bia) == "quiet, please"


def test_an_empty_announcement_is_rejected_with_a_reason():
    result = announce("class", "  ", check=False)
    assert result.returncode == 1
    assert result.stderr.strip() == 'CommandError: "text" is empty.'


def test_an_announcement_to_a_room_with_an_invalid_name_is_rejected_with_a_reason():
    result = announce("a/../b", "oi", check=False)
    assert result.returncode == 1
    assert "A room cannot have this name" in result.stderr


def announce(room_name, text, check=True):
    command = [sys.executable, "manage.py", "announce", room_name, text]
    return subprocess.run(
        command, cwd=PROJECT, check=check, capture_output=True, text=True
    )

"""What a front end on another port gets from this server. The browser's part is tested at
the root of the repository, in tests/test_recipes.py."""

import json

import pytest
from servers import server
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect


def test_a_page_of_vites_server_may_open_a_socket_and_another_site_may_not(tmp_path):
    with server(tmp_path / "log") as port:
        url = f"ws://127.0.0.1:{port}/ws/chat/class/"
        # Vite's proxy passes on the Origin of the page.
        with connect(url, origin="http://localhost:5173") as ana:
            ana.send(json.dumps({"text": "oi"}))
            assert json.loads(ana.recv(timeout=10))["text"] == "oi"
        with pytest.raises(InvalidStatus) as refused:
            connect(url, origin="http://evil.example:5173")
        assert refused.value.response.status_code == 403

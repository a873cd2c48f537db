"""How a consumer of single messages ends: what the doctor says if nothing handles the end."""

import pytest

from tests.doctor_projects import PROJECTS
from tests.test_doctor_consumers import project_of

HEAD = "from channels.consumer import AsyncConsumer\n"
CONNECT = "    async def websocket_connect(self, event):\n        pass\n"
END = "    async def websocket_disconnect(self, event):\n        pass\n"


def said_of(tmp_path, **files):
    """Return the classes that lack websocket_disconnect(), as the doctor sees it."""
    from channels_doctor.checks.closing import plain_consumers_handle_the_end

    project = project_of(tmp_path, **files)
    lines = [one.where for one in plain_consumers_handle_the_end(project)]
    texts = {f"chat/{name}.py": text.splitlines() for name, text in files.items()}
    places = [line.split(":") for line in lines]
    return [texts[file][int(line) - 1] for file, line in places]


def test_a_consumer_without_its_end_is_found(tmp_path):
    text = f"{HEAD}class Ana(AsyncConsumer):\n{CONNECT}"
    assert said_of(tmp_path, consumers=text) == ["class Ana(AsyncConsumer):"]


@pytest.mark.parametrize(
    "text",
    [
        f"class Ana(AsyncConsumer):\n{CONNECT}{END}",
        f"class Ana(AsyncConsumer):\n{CONNECT}    websocket_disconnect = print\n",
        f"class Ana(AsyncConsumer):\n{CONNECT}    def __getattr__(self, n):\n        pass\n",
        f"from x import Mixin\nclass Ana(Mixin, AsyncConsumer):\n{CONNECT}",
        f"from x import ending\n@ending\nclass Ana(AsyncConsumer):\n{CONNECT}",
        f"class Ana(AsyncConsumer):\n{CONNECT}\nAna.websocket_disconnect = print\n",
        f"class A(AsyncConsumer):\n{CONNECT}\nclass B(A):\n{END}",
        f"from x import M\nclass A(AsyncConsumer):\n{CONNECT}\nclass B(M, A):\n    pass\n",
        "class Ana(AsyncConsumer):\n    async def job_start(self, event):\n        pass\n",
    ],
)
def test_a_consumer_that_may_have_its_end_is_left_alone(tmp_path, text):
    assert said_of(tmp_path, consumers=HEAD + text) == []


def test_the_end_may_be_in_a_base_of_another_module(tmp_path):
    base = f"{HEAD}class Base(AsyncConsumer):\n{END}"
    text = f"from chat.bases import Base\nclass Ana(Base):\n{CONNECT}"
    assert said_of(tmp_path, bases=base, consumers=text) == []
    text = f"from chat.bases import Base\nclass Ana(Base):\n{CONNECT}"
    bare = f"{HEAD}class Base(AsyncConsumer):\n    pass\n"
    seen = said_of(tmp_path, bases=bare, consumers=text)
    assert seen == ["class Ana(Base):"]


def test_the_group_is_left_where_such_a_consumer_ends(tmp_path):
    """disconnect() would never be called there."""
    from channels_doctor import edits
    from channels_doctor.checks.groups import groups_are_left

    case = PROJECTS / "no-disconnect" / "a-group-that-it-cannot-leave" / "broken"
    text = (case / "chat" / "consumers.py").read_text("utf-8")
    for end, expected in (
        ("", "(self, event):\n        await self.channel_layer.group_discard("),
        ("raise StopConsumer()", '"chat.everyone", self.channel_name)\n        raise'),
    ):
        if end:
            method = END.replace("pass", "print(event)\n        raise StopConsumer()")
            text += "\n" + method
        project = project_of(tmp_path, consumers=text)
        (finding,) = groups_are_left(project)
        after = edits.apply({"chat/consumers.py": text}, finding.edits)
        assert expected in after["chat/consumers.py"]
        assert "def disconnect" not in after["chat/consumers.py"]

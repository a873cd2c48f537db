"""Code in the doctor's sentences is written as in the project, not as Python prints it."""

import pytest

from tests.doctor_projects import BASES, copy

GROUP = "            self.group_name,\n            {"
JOINED = "group_name_of(room_name)\n        await"


def said(tmp_path, finding, *changes):
    """Return what the doctor says of the chat with some changes to its consumer."""
    from channels_doctor import examine

    copy(BASES / "chat", tmp_path)
    path = tmp_path / "chat" / "consumers.py"
    text = path.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    (found,) = (one for one in examine(tmp_path) if one.name == finding)
    return found.what


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('"rooms"', '"rooms"'),
        ("'rooms'", '"rooms"'),
        ('f"room.{text}"', 'f"room.{text}"'),
        ('"room." +\n            text', '"room." + text'),
    ],
)
def test_a_group_without_members(tmp_path, written, shown):
    changes = [
        (JOINED, 'f"chat.{room_name}"\n        await'),
        (GROUP, GROUP.replace("self.group_name", written)),
    ]
    what = said(tmp_path, "group-without-members", *changes)
    assert what == (
        f"This sends to {shown}, but no consumer joins a group of that name."
        ' Consumers join "chat.…". Nobody gets the message.'
    )


def test_a_whole_group_name_has_no_dots(tmp_path):
    changes = [
        (JOINED, '"turma"\n        await'),
        (GROUP, GROUP.replace("self.group_name", '"turmas"')),
    ]
    what = said(tmp_path, "group-without-members", *changes)
    assert what.startswith('This sends to "turmas", but')
    assert 'Consumers join "turma".' in what


def test_a_group_that_gets_a_send(tmp_path):
    changes = [
        (JOINED, '""\n        await'),
        ("group_add(self.group_name", "group_add('all'"),
        ("group_discard(self.group_name", "group_discard('all'"),
        ("group_send(\n" + GROUP, "send(\n            'all',\n            {"),
    ]
    assert '"all" is a group' in said(tmp_path, "send-to-group", *changes)


def test_a_type_from_the_client(tmp_path):
    changes = [
        ('text = json.loads(text_data)["text"]', "data = json.loads(text_data)"),
        ("text=text)", 'text=data["text"])'),
        ('"type": "chat.message", "text": text', '"type": data["kind"]'),
    ]
    what = said(tmp_path, "client-picks-handler", *changes)
    assert '(data["kind"])' in what

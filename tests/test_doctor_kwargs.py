"""The diff for a consumer that reads names which its routes don't give."""

import pytest

from tests.doctor_projects import BASES, copy

READ = 'room_name = self.scope["url_route"]["kwargs"]["room_name"]'
KWARGS = 'k = self.scope["url_route"]["kwargs"]\n        '


def changed_lines(folder, code, parameters):
    """Return the lines that each diff leaves in place of that code, in a project with that route."""
    from channels_doctor import edits, examine

    copy(BASES / "chat", folder)
    routing, consumers = folder / "chat/routing.py", folder / "chat/consumers.py"
    text = routing.read_text("utf-8").replace("<str:room_name>", parameters)
    routing.write_text(text, "utf-8")
    text = consumers.read_text("utf-8").replace(READ, KWARGS + code)
    consumers.write_text(text, "utf-8")
    number = text[: text.index(code)].count("\n")
    for finding in examine(folder):
        if finding.name == "kwargs-name":
            after = edits.apply({"chat/consumers.py": text}, finding.edits)
            yield after.get("chat/consumers.py", text).split("\n")[number].strip()


@pytest.mark.parametrize(
    ("parameters", "code", "right"),
    [
        # The other one on the line is right, and stays.
        ("<a>/<b>", 'room_name, x = k["a"], k["c"]', ['room_name, x = k["a"], k["b"]']),
        # The nearest one is read already.
        (
            "<room>/<name>",
            'room_name, x = k["room_id"], k["room"]',
            ['room_name, x = k["name"], k["room"]'],
        ),
        # One change for both.
        (
            "<room>",
            'room_name = k["rom"] + k["rom"]',
            ['room_name = k["room"] + k["room"]'],
        ),
        # Two that are wrong: each diff changes its own.
        (
            "<room>/<user>",
            'room_name, x = k["rom"], k["usr"]',
            [
                'room_name, x = k["room"], k["usr"]',
                'room_name, x = k["rom"], k["user"]',
            ],
        ),
        # Only the key changes, not the prefix before it.
        ("<room>", 'room_name = k[r"r"]', ['room_name = k[r"room"]']),
        # Nothing tells which one is meant.
        ("<a>/<b>", 'room_name = k["xyz"]', ['room_name = k["xyz"]']),
    ],
)
def test_a_diff_changes_only_the_wrong_key(tmp_path, parameters, code, right):
    assert list(changed_lines(tmp_path, code, parameters)) == right

"""A student reads this code: no file is too long for one sitting, no function for one look."""

import ast
from pathlib import Path

import pytest

STEP = Path(__file__).parents[1]
MOST_LINES = 200  # in a file
MOST_LINES_OF_A_FUNCTION = 25

FILES = [
    path
    for folder in ("chat", "config")
    for path in sorted((STEP / folder).rglob("*.py"))
]


def too_long(path):
    """Return what is too long in a file, with its length."""
    text = path.read_text("utf-8")
    found = {path.name: len(text.splitlines())} if text.count("\n") > MOST_LINES else {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            if length > MOST_LINES_OF_A_FUNCTION:
                found[node.name] = length
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(STEP)))
def test_no_file_and_no_function_is_too_long(path):
    assert not too_long(path)


def test_one_that_is_too_long_would_be_noticed(tmp_path):
    path = tmp_path / "long.py"
    path.write_text("def talk():\n" + "    print()\n" * 250)
    assert too_long(path) == {"long.py": 251, "talk": 251}

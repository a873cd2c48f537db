"""Going through code that many checks go through: each piece is walked once, then remembered.

As in `parse`, what is known of a piece of code is kept with it.
"""

import ast

from channels_doctor.python_code import body_of as body_of_afresh


def walk(node: ast.AST) -> list[ast.AST]:
    """Return a piece of code and every piece in it."""
    if not hasattr(node, "walked"):
        node.walked = list(ast.walk(node))
    return node.walked


def calls_in(node: ast.AST) -> list[ast.Call]:
    """Return every call in a piece of code."""
    if not hasattr(node, "calls"):
        node.calls = [part for part in walk(node) if isinstance(part, ast.Call)]
    return node.calls


def body_of(function: ast.AST) -> list[ast.AST]:
    """Return what stands in a function, without what stands in functions inside it."""
    if not hasattr(function, "own_body"):
        function.own_body = list(body_of_afresh(function))
    return function.own_body


def words_in(node: ast.AST) -> frozenset[str]:
    """Return every name in a piece of code: of variables, attributes, functions, classes."""
    if not hasattr(node, "words"):
        node.words = frozenset(
            word
            for part in walk(node)
            for word in (
                getattr(part, "id", None),
                getattr(part, "attr", None),
                getattr(part, "name", None),
            )
            if isinstance(word, str)
        )
    return node.words

"""Python runs this first. It hides the packages that the project's requirements don't bring.

The project then finds what it would find on a new machine, although this Python has more.
The names are in `hidden.json`, beside this file.
"""

import importlib.machinery
import json
import pathlib
import sys

_file = pathlib.Path(__file__).with_name("hidden.json")
_hidden = frozenset(json.loads(_file.read_text("utf-8")) if _file.exists() else ())


class _OnlyWhatWasInstalled(importlib.machinery.PathFinder):
    """Finds modules as usual, but not the hidden ones."""

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if path is None and fullname in _hidden:
            return None
        return super().find_spec(fullname, path, target)


sys.meta_path = [
    _OnlyWhatWasInstalled if finder is importlib.machinery.PathFinder else finder
    for finder in sys.meta_path
]

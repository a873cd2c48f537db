"""Two libraries that come with the doctor, so that nothing has to be installed beside it.

A student's environment may hold other versions of them, or none. These are copies of parts of
the releases that the course's lock names, unchanged; a test compares them byte for byte.
"""

import importlib
import sys
from pathlib import Path
from types import ModuleType


def load_pyflakes() -> ModuleType:
    """Return the `pyflakes.checker` that stands beside this file.

    It imports its own modules by their full names. So for a moment `pyflakes` means this copy;
    one that was imported before is put back.
    """
    others = {name: sys.modules.pop(name) for name in list(sys.modules) if is_pyflakes(name)}
    here = str(Path(__file__).parent)
    sys.path.insert(0, here)
    try:
        return importlib.import_module("pyflakes.checker")
    finally:
        sys.path.remove(here)
        for name in list(sys.modules):
            if is_pyflakes(name):
                del sys.modules[name]
        sys.modules.update(others)


def is_pyflakes(name: str) -> bool:
    """Tell a module of pyflakes by its name."""
    return name.partition(".")[0] == "pyflakes"

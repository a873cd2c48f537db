"""Entry point of the developers' tools: `python3 -m tools`."""

import sys

import course.old_python  # noqa: F401 - first, before any module that needs a new Python
from tools.cli import main

if __name__ == "__main__":
    sys.exit(main())

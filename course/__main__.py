"""Entry point of the course: `python3 -m course`."""

import sys

import course.old_python  # noqa: F401 - first, before any module that needs a new Python
from course.cli import main

if __name__ == "__main__":
    sys.exit(main())

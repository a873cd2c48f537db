"""The one door of the course: `python3 -m course`.

This file must start in any Python 3, so that an old one gets a sentence and no
traceback; all else is in the modules that it imports.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "The course needs Python 3.11 or newer; this is Python %d.%d (%s)."
        " Get one from https://www.python.org/downloads/"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )

from course.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""Stops with a sentence if this Python is too old, instead of a traceback.

Imported first by the entry points. This file and they must start in any Python 3; all
other modules may use what Python 3.11 brought.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "The course needs Python 3.11 or newer; this is Python %d.%d (%s)."
        " Get one from https://www.python.org/downloads/"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )

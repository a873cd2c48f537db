"""A step's own settings, with what a class adds from outside: its hosts, its clock.

The step's code doesn't change. Its server runs in the folder of the step, with
DJANGO_SETTINGS_MODULE=course.classroom.step_settings.
"""

import os
from pathlib import Path

from config.settings import *  # noqa: F403
from config.settings import ALLOWED_HOSTS, MIDDLEWARE
from course.classroom.parent import end_with_parent

# The addresses of this machine. Step 05 reads ORIGINS, which names the port too.
ALLOWED_HOSTS = list(
    dict.fromkeys([*ALLOWED_HOSTS, *os.environ["CLASS_HOSTS"].split()])
)

# Last, so that the page is finished, and CommonMiddleware counts what was added.
MIDDLEWARE = [*MIDDLEWARE, "course.classroom.step_clock.one_clock"]
STATICFILES_DIRS = [Path(__file__).resolve().parent / "step_static"]

end_with_parent()

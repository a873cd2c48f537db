"""The time zone of this machine, for the log."""

import os
from zoneinfo import available_timezones


def machine_zone():
    """Return its name, as America/Sao_Paulo.

    Without a TIME_ZONE in the settings, Django gives the whole process the time of
    Chicago. On Windows it leaves the clock alone, and any name will do.
    """
    link = os.path.realpath("/etc/localtime")
    names = [os.environ.get("TZ", ""), link.partition("/zoneinfo/")[2]]
    known = available_timezones()
    return next((name for name in names if name in known), "UTC")

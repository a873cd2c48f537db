"""The time zone of this machine, for the times in the log."""

import os
from zoneinfo import available_timezones


def machine_zone():
    """Return the name of this machine's time zone, such as America/Sao_Paulo.

    Without TIME_ZONE in the settings, Django switches the whole process to its default,
    America/Chicago. On Windows it can't, so there any valid name will do.
    """
    link = os.path.realpath("/etc/localtime")
    names = [os.environ.get("TZ", ""), link.partition("/zoneinfo/")[2]]
    known = available_timezones()
    return next((name for name in names if name in known), "UTC")

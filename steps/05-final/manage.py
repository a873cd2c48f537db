#!/usr/bin/env python
"""Django's command line for this project: `python manage.py help`."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(
            "Django is not installed in this Python. In this folder, run:\n"
            "    python -m pip install -r requirements.txt"
        )
    execute_from_command_line(sys.argv)

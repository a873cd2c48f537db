"""The same on PostgreSQL, to see how many connections it opens.

DB_PORT       the port of a PostgreSQL on this machine
CONN_MAX_AGE  seconds for which a thread keeps its connection; 0 without it
DB_POOL       the largest number of connections in a pool; no pool without it
"""

import os

from config.settings_database import *  # noqa: F403

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "127.0.0.1",
        "PORT": os.environ["DB_PORT"],
        "NAME": "postgres",
        "USER": "chat",
        "CONN_MAX_AGE": int(os.environ.get("CONN_MAX_AGE", 0)),
    },
}

if size := os.environ.get("DB_POOL"):
    # Needs psycopg[pool]. A pool is per process, and shared by its threads.
    pool = {"min_size": 1, "max_size": int(size), "timeout": 10}
    DATABASES["default"]["OPTIONS"] = {"pool": pool}

"""What Django's defaults lack for SQLite and PostgreSQL in a chat that writes a lot."""

import dj_database_url

from config.environment import env, read, refuse

SQLITE = {
    "OPTIONS": {
        # A transaction that reads before it writes would fail with "database is locked"
        # if another one writes meanwhile, whatever the timeout. IMMEDIATE waits for the
        # lock at the start, and with WAL, readers don't wait at all.
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,  # seconds
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
}

POSTGRESQL = {
    "CONN_HEALTH_CHECKS": True,  # PostgreSQL may have been restarted
    "OPTIONS": {
        # Each page runs in its own thread, and each thread would have its own connection:
        # a few hundred people at once would use up PostgreSQL's 100. The pool limits
        # them. A page that gets no connection within 5 seconds is a 503.
        "pool": {"min_size": 1, "max_size": 20, "timeout": 5},
        # A server that vanishes would hold up each page for minutes. If something needs
        # longer, such as a migration of a big table, add this to DATABASE_URL, percent-
        # encoded: `?options=-c statement_timeout=0`
        "connect_timeout": 3,  # seconds
        "options": "-c statement_timeout=10000",  # ms
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 10000,  # ms
    },
}


def read_database(folder):
    """Return Django's settings for the database in DATABASE_URL, or SQLite in a folder."""
    url = read(env.str, "DATABASE_URL", "") or f"sqlite:///{folder / 'db.sqlite3'}"
    try:
        database = dj_database_url.parse(url)
    except ValueError:
        # Don't quote the URL: it contains a password.
        refuse(
            "DATABASE_URL is not a URL such as postgres://user:password@host/name;"
            " in a password, write / as %2F, @ as %40 and # as %23."
        )
    engine = database["ENGINE"].rpartition(".")[2]
    ours = {"sqlite3": SQLITE, "postgresql": POSTGRESQL}.get(engine, {})
    # What the URL says takes precedence.
    options = {**ours.get("OPTIONS", {}), **database.get("OPTIONS", {})}
    # A file for the tests too: SQLite in memory can't serve several threads.
    test = {"NAME": folder / "test.sqlite3"} if engine == "sqlite3" else {}
    return {**database, **ours, "OPTIONS": options, "TEST": test}

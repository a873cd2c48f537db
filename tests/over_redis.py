"""A pytest plugin for a step's own tests: only those that talk to Redis.

The others, of pages and texts, can't tell one Redis from another; they have run already.
"""

OVER_REDIS = {"join", "joining", "two_servers", "servers"}
ABOUT_REDIS = {"test_checks", "test_company", "test_presence", "test_public_server"}


def pytest_collection_modifyitems(items) -> None:
    """Keep the tests of open sockets, and those about Redis."""
    items[:] = [
        item
        for item in items
        if OVER_REDIS & set(item.fixturenames) or item.path.stem in ABOUT_REDIS
    ]

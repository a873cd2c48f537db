"""The chat of the official Channels tutorial, part 3, in our own words.

https://channels.readthedocs.io/en/stable/tutorial/part_3.html

The same consumer with the same layers around it: an origin validator, sessions and
users, a router, and the Redis channel layer. Pages are left out; nobody asks for them.

With STORE=1, each message is stored before it is told: one INSERT for each, in SQLite
as `startproject` sets it up. That is what most people add next.
"""

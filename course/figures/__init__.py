"""Reads the figures that a benchmark measured; measures nothing itself.

The benchmark writes them and the pages show them, so this package may import neither.
The site is built from a recording, without Redis and without a single server.

chats     the names of the chats, in a recording and in a page
medians   one row for each scenario and chat, and the ratios between them
goals     the goals of step 05, and whether it meets them
"""

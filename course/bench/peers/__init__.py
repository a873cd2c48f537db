"""Chats that are not a step of the course: what step 05 is compared with.

Each file is a whole server, run by itself.
"""

"""The instructor's kit: `python3 -m course class`."""

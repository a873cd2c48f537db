"""The tool of the course: `python3 -m course`."""

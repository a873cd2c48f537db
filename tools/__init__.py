"""What the people who develop the course run: `python3 -m tools …`."""

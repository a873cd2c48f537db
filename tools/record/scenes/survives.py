"""What lesson 05 shows."""

"""What one page may send: a bucket of tokens that fills again with time."""

import time


class Budget:
    """Allows `burst` actions at once, and `rate` in a second after that."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate = rate
        self.burst = burst
        self.tokens = float(burst)
        self.at = time.monotonic()

    def spend(self, cost: float = 1) -> bool:
        """Take from the bucket; return False, and take nothing, if there isn't enough."""
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < cost:
            return False
        self.tokens -= cost
        return True

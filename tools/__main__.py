"""Entry point of the developers' tools: `python3 -m tools`."""

import sys

from tools.cli import main

if __name__ == "__main__":
    sys.exit(main())

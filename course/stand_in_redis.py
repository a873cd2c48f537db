"""The Redis stand-in, for machines that have neither Redis nor Valkey, such as Windows.

    python -m course.stand_in_redis 6379

It is the TCP server of fakeredis: Redis's protocol and commands, in pure Python. Channel
layers work over it. It keeps nothing on disk, has no MONITOR and no Sentinel, and is
slow, so never measure anything with it.
"""

import sys

from fakeredis import TcpFakeServer


def main(port: int) -> None:
    """Serve at a port of this machine until the process is ended."""
    server = TcpFakeServer(("127.0.0.1", port))
    server.daemon_threads = True  # else an open connection keeps the process alive
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main(int(sys.argv[1]))

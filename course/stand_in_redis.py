"""The Redis stand-in, for machines that have neither Redis nor Valkey, such as Windows.

    python -m course.stand_in_redis 6379

It is the TCP server of fakeredis: Redis's protocol and commands, in pure Python. Channel
layers work over it. It keeps nothing on disk, has no MONITOR, no INFO and no
Sentinel, and is slow, so never measure anything with it.
"""

import select
import socket
import sys
from collections.abc import Callable

from fakeredis import TcpFakeServer
from fakeredis._clients._tcp_server import TCPFakeRequestHandler
from redis import ResponseError


class Handler(TCPFakeRequestHandler):
    """One connection. When its client is gone, what it was waiting for is left alone.

    Redis forgets a client that disconnects in the middle of BZPOPMIN. fakeredis goes on
    waiting, up to the 5 seconds that channels_redis asks for, and would take the next
    message of a channel for a reader who no longer exists.

    An error is an answer, as in Redis, and the connection goes on. fakeredis closes it,
    and then no lock of redis-py works: it runs a script, and loads it after an error.
    """

    def setup(self) -> None:
        """Start the connection."""
        super().setup()
        connection = self.current_client.get_socket()
        block = connection._blocking

        def blocking(timeout: float, pop: Callable, *more: object) -> object:
            return block(timeout, lambda first: self.unless_gone(pop, first), *more)

        connection._blocking = blocking
        self.answers = self.current_client.read_response
        self.current_client.read_response = self.answer

    def answer(self) -> object:
        """Return the next answer, which may be an error."""
        try:
            return self.answers()
        except ResponseError as problem:
            return problem

    def unless_gone(self, pop: Callable, first: bool) -> object:
        """Take a message for the client, if it is still there."""
        if has_closed(self.connection):
            raise ConnectionError("The client has disconnected.")
        return pop(first)


def has_closed(client: socket.socket) -> bool:
    """Tell whether the other end of a connection is gone; reads nothing from it."""
    if not select.select([client], [], [], 0)[0]:
        return False
    try:
        return client.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True


class Server(TcpFakeServer):
    """The server, which ends at once when it is told to."""

    request_queue_size = 128  # as many pages may reconnect at the same moment

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port))
        self.RequestHandlerClass = Handler
        self.daemon_threads = True  # else an open connection keeps the process alive


def main(port: int) -> None:
    """Serve at a port of this machine until the process is ended."""
    with Server(port) as server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main(int(sys.argv[1]))

"""Ports for the servers that tests start."""

import os
import socket
from collections.abc import Iterator

#: Below the ports that the system gives to outgoing connections: a browser's next one must not take a server's port
#: between the search and the start. Processes that share a suite never try the same one.
FIRST, LAST, SHARES = 20_000, 32_000, 8


def _candidates() -> Iterator[int]:
    share = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    ports = range(FIRST + share % SHARES, LAST, SHARES)
    begin = os.getpid() % len(ports)
    yield from ports[begin:]
    while True:
        yield from ports


_ports = _candidates()


def free_port() -> int:
    """Return a port that nobody listens on, another one each time."""
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("the candidates never end")

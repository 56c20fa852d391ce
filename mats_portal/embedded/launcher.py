"""Start both servers, say where they are, stop them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mats_portal.embedded import postgres, redis
from mats_portal.embedded.account import owner_of_servers, private_run_dir
from mats_portal.embedded.errors import LauncherError

__all__ = ["LauncherError", "names_of", "services"]

NAMES = ("DATABASE_URL", "REDIS_URL")


def names_of(number: int) -> tuple[str, str]:
    """Return the variables that lead to the servers of one set: the first has the plain names."""
    database, doorbell = (name if number == 1 else f"{name}_{number}" for name in NAMES)
    return database, doorbell


@contextmanager
def services(*, data_dir: Path | None = None, durable: bool = False, sets: int = 1) -> Iterator[dict[str, str]]:
    """Run PostgreSQL and Redis for the length of the block and yield the variables that lead to them.

    Without `data_dir` the database is new and vanishes at the end. `durable` keeps every commit through a crash of
    the machine; without it the disk is never waited for, which is right for tests only. `sets` is how many pairs of
    servers there are; nothing is shared between two of them.
    """
    if data_dir and sets > 1:
        raise LauncherError("One directory keeps one database: leave out --data, or ask for one set.")
    wanted = [name for number in range(1, sets + 1) for name in names_of(number)]
    given = {name: os.environ[name] for name in wanted if os.environ.get(name)}
    if len(given) == len(wanted):
        yield given
        return
    if given:
        missing = next(name for name in wanted if name not in given)
        raise LauncherError(
            f"{next(iter(given))} is set but {missing} is not: set all of {', '.join(wanted)}, or none."
        )
    with ExitStack() as stack:
        environment: dict[str, str] = {}
        for number in range(1, sets + 1):
            addresses = stack.enter_context(_started(data_dir.absolute() if data_dir else None, durable))
            environment |= dict(zip(names_of(number), addresses, strict=True))
        yield environment


@contextmanager
def _started(data_dir: Path | None, durable: bool) -> Iterator[tuple[str, str]]:
    account = owner_of_servers(data_dir)
    run_dir = private_run_dir(account)
    try:
        with (
            postgres.running(account, run_dir, data_dir, durable=durable) as database_url,
            redis.running(account, run_dir) as redis_url,
        ):
            yield database_url, redis_url
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)

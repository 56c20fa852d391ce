"""Start both servers, say where they are, stop them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mats_portal.embedded import postgres, redis
from mats_portal.embedded.account import Account, owner_of_servers, private_run_dir
from mats_portal.embedded.errors import LauncherError

__all__ = ["LauncherError", "services"]

NAMES = ("DATABASE_URL", "REDIS_URL")


@contextmanager
def services(*, data_dir: Path | None = None, durable: bool = False) -> Iterator[dict[str, str]]:
    """Run PostgreSQL and Redis for the length of the block and yield the variables that lead to them.

    Without `data_dir` the database is new and vanishes at the end. `durable` keeps every commit through a crash of
    the machine; without it the disk is never waited for, which is right for tests only.
    """
    given = {name: os.environ[name] for name in NAMES if os.environ.get(name)}
    if len(given) == len(NAMES):
        yield given
        return
    if given:
        (other,) = set(NAMES) - set(given)
        raise LauncherError(f"{next(iter(given))} is set but {other} is not: set both, or neither.")
    data_dir = data_dir.absolute() if data_dir else None
    account = owner_of_servers(data_dir)
    run_dir = private_run_dir(account)
    try:
        with _started(account, run_dir, data_dir, durable) as environment:
            yield environment
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)


@contextmanager
def _started(account: Account, run_dir: Path, data_dir: Path | None, durable: bool) -> Iterator[dict[str, str]]:
    with (
        postgres.running(account, run_dir, data_dir, durable=durable) as database_url,
        redis.running(account, run_dir) as redis_url,
    ):
        yield {"DATABASE_URL": database_url, "REDIS_URL": redis_url}

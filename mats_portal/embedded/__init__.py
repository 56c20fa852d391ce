"""A private PostgreSQL and a private Redis on unix sockets, for as long as one command or one block runs.

    python -m mats_portal.embedded [--data DIR] [--durable] -- COMMAND

    with embedded.services(data_dir=Path("var/postgres"), durable=True) as environment: ...

The servers come out of the wheels of the demo lock; a genuine Redis is taken where the system has one. Where
DATABASE_URL and REDIS_URL are set already, those servers are used and nothing is started.
"""

from mats_portal.embedded.launcher import LauncherError, services

__all__ = ["LauncherError", "services"]

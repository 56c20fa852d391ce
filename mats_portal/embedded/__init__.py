"""A private PostgreSQL and a private Redis on unix sockets, for as long as one command or one block runs.

    python -m mats_portal.embedded [--data DIR] [--durable] [--sets N] -- COMMAND

    with embedded.services(data_dir=Path("var/postgres"), durable=True) as environment: ...

The servers come out of the wheels of the demo lock; a genuine Redis is taken where the system has one. Where
DATABASE_URL and REDIS_URL are set already, those servers are used and nothing is started. A second set of servers, for
a second process of tests, is named by DATABASE_URL_2 and REDIS_URL_2.
"""

from mats_portal.embedded.launcher import LauncherError, names_of, services

__all__ = ["LauncherError", "names_of", "services"]

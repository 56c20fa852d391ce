"""How PostgreSQL and Redis are reached, from the addresses that the environment names."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured

from mats_portal.settings.environment import env, needed

REDIS_PURPOSE = "the Redis server for tasks and the cache, such as redis://host:6379 or unix:///path/redis.sock"


def database(statement_timeout: str, lock_timeout: str) -> dict[str, Any]:
    """Return the database of DATABASE_URL with limits that keep one slow statement from stopping everybody."""
    needed("DATABASE_URL", "the PostgreSQL database, such as postgresql://user:password@host:5432/name")
    settings = env.db_url("DATABASE_URL")
    if settings["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database: the portal runs on no other.")
    options = settings.setdefault("OPTIONS", {})
    # A socket directory cannot stand in the host part of an address, so it comes as ?host=.
    settings["HOST"] = options.pop("host", None) or settings["HOST"]
    limits = {
        "statement_timeout": env.str("DATABASE_STATEMENT_TIMEOUT", default=statement_timeout),
        "lock_timeout": env.str("DATABASE_LOCK_TIMEOUT", default=lock_timeout),
        "idle_in_transaction_session_timeout": "30s",
    }
    options["options"] = " ".join(f"-c {name}={value}" for name, value in limits.items())
    return settings | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}


def redis_url(name: str, database: int, purpose: str) -> str:
    """Return the address in the named variable, pointed at one of the server's numbered databases."""
    parts = urlsplit(needed(name, purpose))
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={database}"
    if parts.scheme in {"redis", "rediss"}:
        return urlunsplit(parts._replace(path=f"/{database}"))
    raise ImproperlyConfigured(f"{name} must begin with redis://, rediss:// or unix://.")


def broker_url(address: str) -> str:
    """Return the address as Celery spells it: it has its own words for a socket."""
    parts = urlsplit(address)
    if parts.scheme == "unix":
        return f"redis+socket://{parts.path}?virtual_host={parts.query.removeprefix('db=')}"
    return address

"""Whether the parts that the portal stands on answer."""

from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import DatabaseError, connection
from redis.exceptions import RedisError

from core import clock

#: Beat rings every 15 s; three missed rings are a dead worker.
HEARTBEAT_LIFE = timedelta(seconds=60)


def report() -> dict[str, str]:
    """Return ``ok`` or the reason why not, for database, redis and worker."""
    return {"database": _database(), "redis": _redis(), "worker": _worker()}


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"does not answer ({type(error).__name__})"
    return "ok"


def _redis() -> str:
    try:
        cache.get("health")
    except (RedisError, OSError) as error:
        return f"does not answer ({type(error).__name__})"
    return "ok"


def _worker() -> str:
    try:
        last = cache.get("worker-heartbeat")
    except (RedisError, OSError):
        return "cannot be known while redis does not answer"
    if last is None:
        return "no sign of life yet"
    silent = clock.wall() - datetime.fromisoformat(last)
    return "ok" if silent < HEARTBEAT_LIFE else f"silent for {int(silent.total_seconds())} s"

"""Celery: what happens outside a request, and what happens without being asked."""

from typing import Any

from kombu import Queue

from mats_portal.settings.environment import VAR_DIR
from mats_portal.settings.servers import REDIS_PURPOSE, broker_url, redis_url

CELERY_BROKER_URL = broker_url(redis_url("REDIS_URL", 0, REDIS_PURPOSE))
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# The visibility timeout must stay above four times the longest task, or Redis hands out a running task again.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_connect_timeout": 2}
# A caller that finds the broker down goes on at once: the row is the record and the sweeps ring again.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0}
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
# Without it, a task whose process was killed counts as done.
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 570
CELERY_TIMEZONE = "UTC"
CELERY_TASK_QUEUES = [Queue("default"), Queue("mail"), Queue("match")]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "core.tasks.sweep_outbox": {"queue": "mail"},
    "core.tasks.deliver*": {"queue": "mail"},
    "matching.tasks.*": {"queue": "match"},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")


def beat_schedule(move_phases_every: float) -> dict[str, dict[str, Any]]:
    """Return what happens without being asked, each as often as its page can wait."""
    every = {
        "core.tasks.sweep_outbox": 30.0,
        "mats_portal.desk.tasks.move_phases": move_phases_every,
        "core.tasks.sweep_jobs": 60.0,
        "core.tasks.seal_record": 60.0,
        "mats_portal.desk.tasks.forget_exports": 600.0,
        "mats_portal.desk.tasks.count_silence": 3600.0,
        "mats_portal.desk.tasks.keep_privacy": 600.0,
        "applications.tasks.forget_lost_files": 3600.0,
        "core.tasks.heartbeat": 15.0,
    }
    # A beat nobody heard is dropped once the next one is due: a worker that was away does not find a pile.
    return {
        task: {"task": task, "schedule": seconds, "options": {"expires": seconds}} for task, seconds in every.items()
    }


CELERY_BEAT_SCHEDULE = beat_schedule(move_phases_every=20.0)

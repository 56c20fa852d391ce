"""Structured logs: JSON in production, lines in the demo, a request id in each, and never a name or an address."""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

_ADDRESS = re.compile(r"[^\s<>\"'@,;:()]+@[^\s<>\"'@,;:()]+\.[^\s<>\"'@,;:()]+")
# A path of ours that carries a long random word, as the links in mails do.
_TOKEN = re.compile(r"(?<=/)[A-Za-z0-9_-]{32,}(?=/|\b)")
_NEVER_LOGGED = frozenset({"email", "to", "recipient", "name", "display_name", "password", "user_agent", "ip", "code"})


def without_personal_data(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return the event with personal fields left out and addresses and tokens in its texts masked."""
    return {key: _masked(value) for key, value in event.items() if key not in _NEVER_LOGGED}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return _TOKEN.sub("[token]", _ADDRESS.sub("[address]", value))
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items() if key not in _NEVER_LOGGED}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return value


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]


def logging_config(*, readable: bool, level: str) -> dict[str, Any]:
    """Return Django's LOGGING, and set structlog up so that its events take the same way out."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer = structlog.dev.ConsoleRenderer(colors=False) if readable else structlog.processors.JSONRenderer()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "portal": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    without_personal_data,
                    renderer,
                ],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "portal"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True, "level": level},
            # One line for each request comes from django_structlog; Django's own server would repeat it.
            "django.server": {"handlers": ["console"], "propagate": False, "level": "WARNING"},
        },
    }

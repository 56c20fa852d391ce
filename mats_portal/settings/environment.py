"""The environment's values, asked for by name, and where this copy of the portal lies."""

import os
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()


def needed(name: str, purpose: str) -> str:
    """Return the environment's value, or stop and say which one is missing and what it is for."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. It is {purpose}.")
    return value


BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(os.environ.get("PORTAL_VAR_DIR") or BASE_DIR / "var")
PORTAL_NAME = env.str("PORTAL_NAME", default="MATS selection portal")

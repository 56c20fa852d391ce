"""In production there is no demo: no app, no address, no movable clock."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVERS = {"DATABASE_URL": "postgresql://portal@db/portal", "REDIS_URL": "redis://redis:6379"}
PRODUCTION = SERVERS | {
    "DJANGO_SETTINGS_MODULE": "mats_portal.settings.production",
    "SECRET_KEY": "q7Lw-2ZxVb9nT4kRj8sMc1aHf6dPg3uEy5oIiOtNrXvCzBl_kUhWmQDS",
    "ALLOWED_HOSTS": "portal.example.org",
    "PORTAL_BASE_URL": "https://portal.example.org",
    "EMAIL_URL": "smtp+tls://portal:secret@mail.example.org:587",
    "DEFAULT_FROM_EMAIL": "Portal <portal@example.org>",
    "SUPPORT_EMAIL": "help@example.org",
    "TRUSTED_PROXY_COUNT": "1",
    "MEDIA_ROOT": "/srv/portal/media",
}
DEMO = SERVERS | {"DJANGO_SETTINGS_MODULE": "mats_portal.settings.demo"}
ASK = """
import django
django.setup()
from django.apps import apps
from django.conf import settings
from core.routes import walk
print(settings.DEMO_MODE, apps.is_installed("mats_portal.demo"), any(r.path.startswith("demo/") for r in walk()))
"""


def answer(environment: dict[str, str], var: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={"PATH": os.environ["PATH"], "PORTAL_VAR_DIR": str(var)} | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("given", [{}, {"DEMO_BIND": "127.0.0.1"}])
def test_production_has_no_demo(tmp_path, given):
    assert answer(PRODUCTION | given, tmp_path) == "False False False"


def test_control_the_demo_has_it(tmp_path):
    assert answer(DEMO, tmp_path) == "True True True"

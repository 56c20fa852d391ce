"""Settings: a missing or unsafe value is named and stops the start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVERS = {"DATABASE_URL": "postgresql://portal@db/portal", "REDIS_URL": "redis://redis:6379"}
PRODUCTION = SERVERS | {
    "SECRET_KEY": "5kT0-Vq8wYz3nB7uLx1eRj6sHc9aPd2gMf4iOoNtZbXvCyEr_lKhWmQUS",
    "ALLOWED_HOSTS": "portal.example.org",
    "PORTAL_BASE_URL": "https://portal.example.org",
    "EMAIL_URL": "smtp+tls://portal:secret@mail.example.org:587",
    "DEFAULT_FROM_EMAIL": "Portal <portal@example.org>",
    "SUPPORT_EMAIL": "help@example.org",
    "TRUSTED_PROXY_COUNT": "1",
    "MEDIA_ROOT": "/srv/portal/media",
}


def run(settings: str, environment: dict[str, str], code: str = "") -> subprocess.CompletedProcess[str]:
    """Read the settings in a process that knows no variables but these."""
    bare = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": f"mats_portal.settings.{settings}"}
    code = f"from django.conf import settings; settings.DEBUG\n{code}"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=bare | environment, capture_output=True, text=True, timeout=60
    )


def last_words(settings: str, environment: dict[str, str]) -> str:
    done = run(settings, environment)
    assert done.returncode != 0, "the settings were accepted"
    return done.stderr[done.stderr.index("ImproperlyConfigured: ") :]


def test_control_complete_production_settings_are_accepted():
    done = run("production", PRODUCTION, "print(settings.DEBUG, settings.DEMO_MODE, settings.EMAIL_HOST)")

    assert (done.stdout, done.stderr) == ("False False mail.example.org\n", "")


@pytest.mark.parametrize("name", sorted(PRODUCTION))
@pytest.mark.parametrize("given", [None, ""])
def test_missing_production_value_is_named(name, given):
    environment = (
        PRODUCTION | {name: given} if given is not None else {k: v for k, v in PRODUCTION.items() if k != name}
    )

    assert f"{name} is not set" in last_words("production", environment)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SECRET_KEY", "short", "too short or guessable"),
        ("SECRET_KEY", "ab" * 40, "too short or guessable"),
        ("SECRET_KEY", "django-insecure-" + PRODUCTION["SECRET_KEY"], "too short or guessable"),
        ("DEBUG", "true", "is on"),
        ("DEMO_MODE", "1", "is on"),
        ("ALLOWED_HOSTS", "*", "wildcard"),
        ("ALLOWED_HOSTS", "portal.example.org,.example.org", "wildcard"),
        ("PORTAL_BASE_URL", "http://portal.example.org", "must begin with https"),
        ("EMAIL_URL", "consolemail://", "nowhere"),
        ("EMAIL_URL", "dummymail://", "nowhere"),
        ("EMAIL_URL", "pigeon://roof", "Invalid email schema pigeon"),
        ("MEDIA_ROOT", "media", "absolute path"),
        ("DATABASE_URL", "sqlite:///portal.db", "PostgreSQL"),
        ("REDIS_URL", "memcached://cache", "must begin with redis://"),
        ("CACHE_URL", "locmem://", "must begin with redis://"),
    ],
)
def test_unsafe_production_value_is_named_with_the_reason(name, value, reason):
    words = last_words("production", PRODUCTION | {name: value})

    assert name in words
    assert reason in words


BUCKET = {
    "STORAGE_BUCKET": "portal-documents",
    "STORAGE_ACCESS_KEY": "portal-key",
    "STORAGE_SECRET_KEY": "portal-secret",
    "STORAGE_ENDPOINT": "https://objects.example.org",
}
WITH_BUCKET = {name: value for name, value in PRODUCTION.items() if name != "MEDIA_ROOT"} | BUCKET


def test_control_documents_in_a_bucket_need_no_folder():
    done = run("production", WITH_BUCKET, "print(settings.STORAGES['default']['BACKEND'])")

    assert (done.stdout, done.stderr) == ("core.storage.PrivateBucketStorage\n", "")


@pytest.mark.parametrize("name", ["STORAGE_BUCKET", "STORAGE_ACCESS_KEY", "STORAGE_SECRET_KEY"])
def test_missing_value_of_a_bucket_is_named(name):
    """One value for a bucket means a bucket: documents never land on a disk because another was forgotten."""
    assert f"{name} is not set" in last_words("production", WITH_BUCKET | {name: ""})
    assert f"{name} is not set" in last_words("production", PRODUCTION | BUCKET | {name: ""})


@pytest.mark.parametrize(
    ("endpoint", "reason"),
    [
        ("http://objects.example.org", "must begin with https"),
        ("objects.example.org", "must begin with https"),
        ("https://", "must begin with https"),
        ("http://10.0.0.4:9000", "must begin with https"),
        ("http://127.0.0.1.example.org", "must begin with https"),
        ("https://key:secret@objects.example.org", "holds a password"),
    ],
)
def test_unsafe_endpoint_of_a_bucket_is_named_with_the_reason(endpoint, reason):
    words = last_words("production", WITH_BUCKET | {"STORAGE_ENDPOINT": endpoint})

    assert "STORAGE_ENDPOINT" in words
    assert reason in words


@pytest.mark.parametrize("endpoint", ["", "http://127.0.0.1:9000", "http://[::1]:9000", "http://localhost:9000"])
def test_control_endpoint_may_be_left_out_or_lie_on_this_machine(endpoint):
    assert run("production", WITH_BUCKET | {"STORAGE_ENDPOINT": endpoint}).stderr == ""


def test_all_that_is_wrong_is_listed_at_once():
    words = last_words("production", PRODUCTION | {"DEBUG": "1", "ALLOWED_HOSTS": "*", "SECRET_KEY": "x"})

    assert [name for name in ("DEBUG", "ALLOWED_HOSTS", "SECRET_KEY") if name not in words] == []


@pytest.mark.parametrize("settings", ["demo", "test"])
@pytest.mark.parametrize("name", sorted(SERVERS))
def test_no_settings_fall_back_on_another_server(settings, name, tmp_path):
    environment = {k: v for k, v in SERVERS.items() if k != name} | {"PORTAL_VAR_DIR": str(tmp_path)}

    assert f"{name} is not set" in last_words(settings, environment)


def demo(tmp_path: Path, **more: str) -> dict[str, str]:
    return SERVERS | {"PORTAL_VAR_DIR": str(tmp_path)} | more


@pytest.mark.parametrize("hosts", ["localhost", "127.0.0.1,[::1]", "127.3.2.1"])
def test_control_demo_answers_to_this_machine(hosts, tmp_path):
    assert run("demo", demo(tmp_path, ALLOWED_HOSTS=hosts)).returncode == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_HOSTS", "portal.example.org"),
        ("ALLOWED_HOSTS", "localhost,10.0.0.4"),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "localhost.example.org"),
        ("DEMO_BIND", "0.0.0.0"),
        ("DEMO_BIND", "::"),
        ("DEMO_BIND", "192.168.1.2"),
    ],
)
def test_demo_refuses_to_answer_other_machines(name, value, tmp_path):
    words = last_words("demo", demo(tmp_path, **{name: value}))

    assert f"{name} is" in words
    assert "localhost only" in words


def test_demo_draws_its_own_key_once_and_keeps_it_private(tmp_path):
    keys = {run("demo", demo(tmp_path), "print(settings.SECRET_KEY)").stdout for _ in range(2)}
    other = run("demo", demo(tmp_path / "other"), "print(settings.SECRET_KEY)").stdout

    assert len(keys) == 1
    assert other not in keys
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


ROUTES = """
import django; django.setup()
from core.routes import walk
print([app for app in settings.INSTALLED_APPS if app.startswith("mats_portal.demo")])
print(sorted({route.path for route in walk() if "demo" in route.path or ".demo" in route.view.__module__}))
"""


def test_production_knows_neither_the_demos_app_nor_its_addresses():
    done = run("production", PRODUCTION, ROUTES)

    assert (done.stdout, done.stderr) == ("[]\n[]\n", "")


def test_control_demo_has_its_app(tmp_path):
    done = run("demo", demo(tmp_path), ROUTES)

    assert done.stdout.startswith("['mats_portal.demo']\n"), done.stderr


@pytest.mark.parametrize(
    ("given", "cache", "broker"),
    [
        (
            "unix:///tmp/a/redis.sock",
            "unix:///tmp/a/redis.sock?db=1",
            "redis+socket:///tmp/a/redis.sock?virtual_host=0",
        ),
        ("redis://:pw@redis:6379", "redis://:pw@redis:6379/1", "redis://:pw@redis:6379/0"),
        ("rediss://redis:6379/7", "rediss://redis:6379/1", "rediss://redis:6379/0"),
    ],
)
def test_one_redis_address_serves_cache_and_broker(given, cache, broker):
    shown = run(
        "production", PRODUCTION | {"REDIS_URL": given}, "print(settings.CACHE_ADDRESS, settings.CELERY_BROKER_URL)"
    )

    assert shown.stdout.split() == [cache, broker]


def test_cache_can_have_a_server_of_its_own():
    shown = run("production", PRODUCTION | {"CACHE_URL": "redis://cache:6379"}, "print(settings.CACHE_ADDRESS)")

    assert shown.stdout == "redis://cache:6379/1\n"


def test_deploy_check_of_production_finds_nothing():
    """With the suite's own servers, since some checks ask the database."""
    servers = {name: os.environ[name] for name in SERVERS}
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "mats_portal.settings.production"}

    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO"],
        cwd=ROOT,
        env=environment | PRODUCTION | servers,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr

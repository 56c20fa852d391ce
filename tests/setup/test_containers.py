"""The container files: parsed, and every command, module and value in them exists. No image is built here."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery.bin.celery import celery as celery_command
from django.conf import settings
from django.core.management import get_commands
from django.utils.module_loading import import_string
from gunicorn.config import Config as GunicornConfig

from core import database_roles
from tests.setup.test_settings import PRODUCTION

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "mats-portal"}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
IMAGE_COMMAND = yaml.safe_load(re.findall(r"^CMD (.+)$", DOCKERFILE, re.MULTILINE)[-1])


def command(name: str) -> list[str]:
    return OURS[name].get("command", IMAGE_COMMAND)


def test_compose_names_all_parts():
    assert OURS.keys() == {"migrate", "web", "worker-default", "worker-mail", "worker-match", "beat"}
    assert SERVICES.keys() - OURS.keys() == {"postgres", "broker", "cache"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_command_resolves_to_something_installed(name):
    program, *arguments = command(name)

    if program == "python":
        assert arguments[0] == "manage.py"
        assert arguments[1] in get_commands()
    elif program == "celery":
        assert importlib.util.find_spec(arguments[arguments.index("-A") + 1])
        kind = next(word for word in arguments if word in celery_command.commands)
        options = {flag for option in celery_command.commands[kind].params for flag in option.opts}
        given = {word for word in arguments[arguments.index(kind) + 1 :] if word.startswith("-")}
        assert given <= options
    else:
        assert program == "gunicorn"
        assert callable(import_string(arguments[0].replace(":", ".")))
        GunicornConfig().parser().parse_args(arguments)
    assert shutil.which(program, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def test_workers_serve_every_queue():
    served = [
        queue
        for name in OURS
        if name.startswith("worker-")
        for queue in command(name)[command(name).index("-Q") + 1].split(",")
    ]

    assert sorted(served) == sorted(queue.name for queue in settings.CELERY_TASK_QUEUES)


@pytest.mark.parametrize("name", sorted(OURS))
def test_values_satisfy_the_production_settings(name):
    """What compose passes on, with its own servers' addresses, starts; without any one of them it does not."""
    given = {
        key: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", re.sub(r"\$\{\w+:\?\}", "word", value))
        for key, value in OURS[name]["environment"].items()
    }
    outside = {key: PRODUCTION.get(key, value) for key, value in given.items() if value == "word"}
    code = "from django.conf import settings; settings.DEBUG"
    image = {"DJANGO_SETTINGS_MODULE": "mats_portal.settings.production", "PATH": os.environ["PATH"]}

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=image | given | outside, capture_output=True, text=True, timeout=60
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_only_the_service_that_migrates_is_the_owner_of_the_database():
    users = {name: re.findall(r"//(\w+):", OURS[name]["environment"]["DATABASE_URL"]) for name in OURS}

    assert users.pop("migrate") == [SERVICES["postgres"]["environment"]["POSTGRES_USER"]]
    assert {name for name, (user,) in users.items() if user != database_roles.APP} == set()
    assert {"POSTGRES_PASSWORD", "READER_DATABASE_PASSWORD"} & set(OURS["web"]["environment"]) == set()


def test_no_secret_is_written_out_and_none_has_a_default():
    text = (ROOT / "docker-compose.yml").read_text()

    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "APP_DATABASE_PASSWORD", "READER_DATABASE_PASSWORD", "EMAIL_URL"):
        assert set(re.findall(r"\$\{" + name + r"[^}]*\}", text)) == {"${" + name + ":?}"}
    # A bucket is a choice: without one its key is empty.
    assert set(re.findall(r"\$\{STORAGE_SECRET_KEY[^}]*\}", text)) == {"${STORAGE_SECRET_KEY:-}"}


def test_example_of_values_names_all_that_compose_asks_for_and_no_secret():
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    given = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert given.keys() == asked
    assert {name: value for name, value in given.items() if name.endswith(("_KEY", "_PASSWORD")) and value} == {}


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {"migrate"}))
def test_service_has_a_health_check_and_starts_again(name):
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_what_must_outlive_a_container_is_on_a_volume():
    mounted = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}

    assert mounted == COMPOSE["volumes"].keys()
    assert "media:/srv/portal/media" in OURS["web"]["volumes"]


def test_image_installs_the_production_lock_alone_and_runs_as_nobody_special():
    assert re.findall(r"requirements\S*", DOCKERFILE) == ["requirements.lock", "requirements.lock"]
    assert re.findall(r"^USER (\w+)$", DOCKERFILE, re.MULTILINE) == ["portal"]
    assert DOCKERFILE.index("\nUSER ") > DOCKERFILE.index("collectstatic")


def test_image_holds_every_app_and_neither_demo_nor_launcher():
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    own = {app.partition(".")[0] for app in settings.INSTALLED_APPS if (ROOT / app.partition(".")[0]).is_dir()}

    assert {f"!{name}" for name in own | {"templates", "static", "manage.py", "requirements.lock"}} <= set(kept)
    assert {"*", "mats_portal/demo", "mats_portal/embedded"} <= set(kept)


def test_static_files_are_collected_as_the_image_does_it(tmp_path):
    """The Dockerfile's own command, with production's packages' settings and no server anywhere."""
    environment = dict(re.findall(r"(DATABASE_URL|REDIS_URL)=(\S+)", DOCKERFILE))

    done = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--settings", "mats_portal.settings.base"],
        cwd=ROOT,
        env=environment | {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 50, "STATIC_ROOT": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "staticfiles.json").exists()
    assert list(tmp_path.glob("bootstrap/css/bootstrap.min.*.css.br"))


def test_files_of_the_image_are_all_the_portal_needs(tmp_path):
    """A copy of what .dockerignore lets in starts with production's settings on the suite's servers."""
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    left_out = [name for name in kept if "/" in name and not name.startswith("**")]
    for name in (line.removeprefix("!") for line in kept if line.startswith("!")):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    for name in left_out:
        shutil.rmtree(tmp_path / name)
    servers = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    image = {"DJANGO_SETTINGS_MODULE": "mats_portal.settings.production", "PATH": os.environ["PATH"]}

    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=tmp_path,
        env=PRODUCTION | image | servers,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr

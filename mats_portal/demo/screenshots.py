"""Draw the pictures of the README and of docs/screenshots anew: `make screenshots`.

Runs inside the embedded services: for each scenario a database of its own, a cohort that has lived up to that moment,
and the pages that matter then.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / "docs" / "screenshots"
WIDTHS = {1280: 860, 375: 760}
THEMES = ("light", "dark")
APPLICANTS = 90
SCENARIOS = ("applications_open", "central_review", "ranking", "offers_out")


@dataclass(frozen=True)
class Shot:
    """One page: its file name, whose page it is (an address, or "" for a visitor), and where."""

    name: str
    person: str
    path: str


def main() -> None:
    """Take all pictures: each scenario in a process and a database of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--applicants", type=int, default=APPLICANTS)
    parser.add_argument("--scenario", choices=SCENARIOS, help="only this one, in the database that is there")
    wanted = parser.parse_args()
    if wanted.scenario:
        _take(wanted.scenario, wanted.applicants)
        return
    for name in SCENARIOS:
        subprocess.run(
            [
                sys.executable,
                "-m",
                "mats_portal.demo.screenshots",
                "--scenario",
                name,
                "--applicants",
                str(wanted.applicants),
            ],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": _new_database(f"pictures_{name}")},
            check=True,
        )


def _new_database(name: str) -> str:
    """Make an empty database beside the one in DATABASE_URL and return its address."""
    address = os.environ["DATABASE_URL"]
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlunsplit(urlsplit(address)._replace(path=f"/{name}"))


def _take(scenario: str, n_applicants: int) -> None:
    """Prepare the database, start a web server, take the pictures of one scenario."""
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        os.environ.update(
            DJANGO_SETTINGS_MODULE="mats_portal.settings.demo",
            PORTAL_VAR_DIR=folder,
            LOG_LEVEL="ERROR",
            PORTAL_BASE_URL=f"http://127.0.0.1:{port}",
            DJANGO_ALLOW_ASYNC_UNSAFE="1",
        )
        import django  # noqa: PLC0415 -- settings read the environment above

        django.setup()
        shots = _prepare(scenario, n_applicants)
        web = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "mats_portal.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4"],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/livez")
            _draw(shots, f"http://127.0.0.1:{port}")
        finally:
            web.terminate()
            web.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310 -- an address of this machine
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(f"{address} does not answer")


def _prepare(scenario: str, n_applicants: int) -> list[Shot]:
    """Live one scenario and choose whose pages to show."""
    from django.core.management import call_command  # noqa: PLC0415 -- after django.setup()

    from core import clock  # noqa: PLC0415
    from mats_portal.demo import scenarios  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    with clock.at(scenarios.BEFORE_EVERYTHING):
        call_command("import_catalogue", ROOT / "catalogue" / scenarios.CATALOGUE, verbosity=0)
    world = scenarios.BUILDERS[scenario](n_applicants)
    _move_clock(world.moment)
    return {
        "applications_open": _while_open,
        "central_review": _while_reading,
        "ranking": _while_ranking,
        "offers_out": _with_offers,
    }[scenario](world)


def _while_open(world: Any) -> list[Shot]:
    from applications.models import Application  # noqa: PLC0415 -- after django.setup()

    drafts = Application.objects.filter(released_state="draft", track_applications__isnull=False).distinct()
    writing = max(drafts, key=lambda draft: draft.answers.count()).person.email
    return [
        Shot("home", "", "/"),
        Shot("streams", "", "/streams/?track=biosecurity"),
        Shot("stream", "", "/streams/ai-native-bio-safeguards/"),
        Shot("application", writing, "/my/application/"),
        Shot("section", writing, "/my/application/motivation/"),
        Shot("check", writing, "/my/application/check/"),
    ]


def _while_reading(world: Any) -> list[Shot]:
    from reviews.models import ReviewAssignment  # noqa: PLC0415 -- after django.setup()

    waiting = ReviewAssignment.objects.filter(track_application__isnull=False).select_related("reviewer")
    begun = waiting.filter(state="in_progress").first() or waiting.filter(state="assigned").first()
    assert begun is not None, "somebody still reads"
    reader, lead = begun.reviewer.email, next(iter(world.team.leads.values())).email
    return [
        Shot("review-queue", reader, "/review/"),
        Shot("review", reader, f"/review/{begun.public_id}/"),
        Shot("lead", lead, "/lead/"),
        Shot("assignments", world.team.staff[0].email, "/console/assignments/"),
    ]


def _while_ranking(world: Any) -> list[Shot]:
    from accounts.models import User  # noqa: PLC0415 -- after django.setup()
    from matching.models import PreferenceList, RankOrderList  # noqa: PLC0415
    from reviews.models import DecisionBatch  # noqa: PLC0415

    ranked = max(RankOrderList.objects.filter(state="draft"), key=lambda kept: kept.entries.count())
    mentor = User.objects.filter(grants__scope_key=ranked.stream.public_id, grants__role="mentor").first()
    assert mentor is not None
    wishes = max(PreferenceList.objects.all(), key=lambda kept: kept.entries.count())
    batch = DecisionBatch.objects.filter(gate="review", track__slug="empirical").first()
    assert batch is not None
    staff = world.team.staff[0].email
    return [
        Shot("stage-two", wishes.application.person.email, "/my/streams/"),
        Shot("preferences", wishes.application.person.email, "/my/preferences/"),
        Shot("mentor", mentor.email, "/mentor/"),
        Shot("ranking", mentor.email, f"/mentor/{ranked.stream.public_id}/ranking/"),
        Shot("batch", staff, f"/console/decisions/{batch.public_id}/"),
        Shot("board", staff, "/console/"),
        Shot("people", staff, "/console/people/"),
    ]


def _with_offers(world: Any) -> list[Shot]:
    from matching.models import MatchRun, Offer  # noqa: PLC0415 -- after django.setup()

    offer = Offer.objects.filter(state="sent").select_related("application__person").first()
    run = MatchRun.objects.filter(state="approved").first()
    assert offer is not None, "an offer waits for its reply"
    assert run is not None, "a run is approved"
    staff, person = world.team.staff[0].email, offer.application.person.email
    return [
        Shot("dashboard", person, "/my/"),
        Shot("offer", person, f"/my/offers/{offer.public_id}/"),
        Shot("match", staff, f"/console/match/{run.public_id}/"),
        Shot("offers", staff, "/console/offers/"),
        Shot("outbox", staff, "/console/outbox/"),
    ]


def _draw(shots: list[Shot], base: str) -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- a development dependency

    with sync_playwright() as drive:
        browser = drive.chromium.launch(
            executable_path=_browser(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--no-first-run",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        for shot in shots:
            context = browser.new_context(timezone_id="Europe/London")
            _sign_in(context, base, shot.person)
            page = context.new_page()
            for width, height in WIDTHS.items():
                for theme in THEMES:
                    context.add_cookies([{"name": "theme", "value": theme, "url": base}])
                    page.set_viewport_size({"width": width, "height": height})
                    answer = page.goto(base + shot.path)
                    assert answer is not None
                    assert answer.ok, f"{shot.path} answered {answer.status}"
                    target = TARGET / f"{width}-{theme}" / f"{shot.name}.png"
                    target.parent.mkdir(parents=True, exist_ok=True)
                    page.screenshot(path=target)
            context.close()
            print(f"{shot.name} ({shot.path})", flush=True)
        browser.close()


def _browser() -> str:
    import shutil  # noqa: PLC0415 -- used here alone

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise SystemExit("There is no browser: install the package chromium.")
    return found


def _move_clock(moment: datetime) -> None:
    from mats_portal.demo.domain import move_clock  # noqa: PLC0415 -- after django.setup()

    move_clock(to=moment, by=None)


def _sign_in(context: Any, base: str, address: str) -> None:
    from django.test import Client  # noqa: PLC0415 -- after django.setup()

    from accounts.models import User  # noqa: PLC0415

    if not address:
        return
    client = Client()
    client.force_login(User.objects.get(email=address), backend="django.contrib.auth.backends.ModelBackend")
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": base}])


if __name__ == "__main__":
    main()

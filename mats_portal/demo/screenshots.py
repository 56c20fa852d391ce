"""Draw the pictures of the README and of docs/screenshots anew: `make screenshots`.

Runs inside the embedded services on a database of its own: the cohort at the time of the offers, one more person who
is just applying, and the clock moved to the moment of each page.
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
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / "docs" / "screenshots"
WIDTHS = {1280: 860, 375: 760}
THEMES = ("light", "dark")
APPLICANTS = 120


@dataclass(frozen=True)
class Shot:
    """One page: its file name, whose page it is (an address, or "" for a visitor), where, and when."""

    name: str
    person: str
    path: str
    at: datetime


def main() -> None:
    """Prepare the database, start a web server, take every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--applicants", type=int, default=APPLICANTS)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        os.environ.update(
            DJANGO_SETTINGS_MODULE="mats_portal.settings.demo",
            PORTAL_VAR_DIR=folder,
            PORTAL_BASE_URL=f"http://127.0.0.1:{port}",
            DJANGO_ALLOW_ASYNC_UNSAFE="1",
        )
        import django  # noqa: PLC0415 -- settings read the environment above

        django.setup()
        shots = _prepare(wanted.applicants)
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


def _prepare(n_applicants: int) -> list[Shot]:
    """Live through the cycle and choose whose pages to show."""
    from django.core.management import call_command  # noqa: PLC0415 -- after django.setup()

    from applications.domain.application import choose_tracks, start_application  # noqa: PLC0415
    from core import clock  # noqa: PLC0415
    from matching.models import MatchRun, Offer  # noqa: PLC0415
    from mats_portal.demo import people, scenarios  # noqa: PLC0415
    from reviews.models import DecisionBatch, ReviewAssignment  # noqa: PLC0415
    from streams.queries import key_instant  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    with clock.at(scenarios.BEFORE_EVERYTHING):
        call_command("import_catalogue", ROOT / "catalogue" / scenarios.CATALOGUE, verbosity=0)
    world = scenarios.offers_out(n_applicants)

    def when(code: str, **shift: int) -> datetime:
        moment = key_instant(world.cycle, code)
        assert moment is not None, code
        return moment + timedelta(**shift)

    applying, reviewing = when("general_closes", days=-4), when("review_opens", days=4)
    ranking, matched, offered = (
        when("rankings_close", days=-2),
        when("match_run", hours=2),
        when("offers_sent", hours=5),
    )
    with clock.at(applying):
        newcomer = people.invent_person(
            name="Ilse Vandermolen-Ito", email="ilse@newcomers.example", zone="Europe/London", by=None
        )
        application = start_application(cycle=world.cycle, person=newcomer, by=newcomer)
        tracks = list(world.cycle.tracks.filter(slug__in=["empirical", "systems-security"]))
        choose_tracks(application=application, tracks=tracks, by=newcomer)
    offer = Offer.objects.filter(state="sent").select_related("application__person", "stream").first()
    run = MatchRun.objects.filter(state="approved").first()
    reading = (
        ReviewAssignment.objects.filter(track_application__track__slug="empirical").select_related("reviewer").first()
    )
    batch = DecisionBatch.objects.filter(gate="review", track__slug="empirical").first()
    assert all([offer, run, reading, batch]), "the cohort reached the offers"
    mentor = people.User.objects.filter(grants__scope_key=offer.stream.public_id, grants__role="mentor").first()
    assert mentor is not None
    staff, applicant = world.team.staff[0].email, offer.application.person.email
    return [
        Shot("home", "", "/", applying),
        Shot("streams", "", "/streams/?track=biosecurity", applying),
        Shot("stream", "", "/streams/ai-native-bio-safeguards/", applying),
        Shot("application", newcomer.email, "/my/application/", applying),
        Shot("section", newcomer.email, "/my/application/motivation/", applying),
        Shot("stage-two", applicant, "/my/streams/", when("stage2_closes", days=-3)),
        Shot("dashboard", applicant, "/my/", offered),
        Shot("preferences", applicant, "/my/preferences/", ranking),
        Shot("offer", applicant, f"/my/offers/{offer.public_id}/", offered),
        Shot("review-queue", reading.reviewer.email, "/review/", reviewing),
        Shot("review", reading.reviewer.email, f"/review/{reading.public_id}/", reviewing),
        Shot("batch", staff, f"/console/decisions/{batch.public_id}/", when("advance_released", days=1)),
        Shot("mentor", mentor.email, "/mentor/", ranking),
        Shot("ranking", mentor.email, f"/mentor/{offer.stream.public_id}/ranking/", ranking),
        Shot("match", staff, f"/console/match/{run.public_id}/", matched),
        Shot("offers", staff, "/console/offers/", offered),
        Shot("board", staff, "/console/", offered),
        Shot("outbox", staff, "/console/outbox/", offered),
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
            _move_clock(shot.at)
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
    time.sleep(1.1)  # the web server reads the clock's row once a second


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

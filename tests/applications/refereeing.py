"""Naming referees, asking them and writing their letters, for the tests of references."""

import re
from typing import Any

from django.test import Client

from applications.domain.application import close_application, open_stage2
from applications.domain.letters import save_letter_answer, start_letter, submit_letter
from applications.domain.references import (
    list_referee,
)
from applications.models import Application, Reference
from applications.queries.letters import BY_CODE
from applications.queries.references import link_token
from applications.states import ReferenceState, TrackState
from core import clock
from core.models import OutboxMail
from core.transitions import publish_state, transition
from mats_portal.desk.phases import move_phases
from tests.applications import factories
from tests.worlds import World

R = ReferenceState
CANARY = "canary-7f3a: she rewrote the parser over one weekend"


def name(application: Application, email: str = "ruth@lab.example.org", **more: Any) -> Reference:
    return list_referee(
        application=application,
        by=application.person,
        **{"name": "Ruth Okafor", "email": email, "access_waived": True, **more},
    )


def asked(world: World, who: str = "applicant", email: str = "ruth@lab.example.org") -> Reference:
    """Name a referee before stage 2 and let the calendar ask them."""
    application = factories.submitted(world, who)
    with clock.at(world.moments["open"]):
        reference = name(application, email)
    application = into_stage2(world, application)
    with clock.at(world.moments["stage2"]):
        move_phases()
    reference.refresh_from_db()
    return reference


def into_stage2(world: World, application: Application) -> Application:
    with clock.at(world.moments["closed"]):
        application = close_application(application=application)
    with clock.at(world.moments["stage2"]):
        for row in application.track_applications.filter(internal_state=TrackState.IN_SCREEN):
            publish_state(transition(row, "pass_screen", by=None), by=None)
        return open_stage2(application=application)


def fill(reference: Reference, text: str = CANARY) -> None:
    for code, value in {"known_as": "supervised", "letter": text}.items():
        save_letter_answer(reference=reference, question=BY_CODE[code], value=value, version=0)


def sent(world: World, text: str = CANARY) -> Reference:
    reference = asked(world)
    with clock.at(world.moments["stage2"]):
        start_letter(reference=reference)
        fill(reference, text)
        return submit_letter(reference=reference)


def link_of(mail: OutboxMail) -> str:
    found = re.search(r"http\S+(/refer/open/\S+/)", mail.body)
    assert found, mail.body
    return found.group(1)


def mails(prefix: str) -> list[OutboxMail]:
    return list(OutboxMail.objects.filter(key__startswith=prefix).order_by("pk"))


def visit(world: World, client: Client, reference: Reference) -> str:
    client.get(f"/refer/open/{link_token(reference.referee)}/")
    return f"/refer/{reference.public_id}/"

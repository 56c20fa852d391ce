"""Staff who are close to a person find neither their offer nor the mails that tell of it."""

import pytest
from django.test import Client

from core import clock
from core.models import OutboxMail
from core.states import MailState
from reviews.models import ConflictOfInterest
from tests.matching.scenes import offer_of, offered_scene
from tests.worlds import MOMENTS


@pytest.fixture
def scene(db):
    scene, _ = offered_scene()
    ada = offer_of(scene, "ada").application.person
    for key, state in (("a held result", MailState.QUEUED), ("a sent result", MailState.SENT)):
        OutboxMail.objects.create(
            key=key, to=ada.email, person=ada, template="x.txt", subject=key.capitalize(), body="Words.", state=state
        )
    return scene


def read(scene, who: str, path: str) -> str:
    client = Client()
    client.force_login(scene.world.people[who])
    with clock.at(MOMENTS["offers"]):
        answer = client.get(path)
    return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)


def test_offer_and_mails_are_there_for_staff_until_they_are_close(scene):
    ada, staff = offer_of(scene, "ada").application.person, scene.world.people["staff a"]
    reference = offer_of(scene, "ada").application.reference
    mail = OutboxMail.objects.get(key="a held result")
    assert reference in read(scene, "staff a", "/console/offers/")
    assert "A held result" in read(scene, "staff a", "/console/outbox/")
    assert "A held result" in read(scene, "staff a", f"/console/outbox/{mail.public_id}/")

    ConflictOfInterest.objects.create(reviewer=staff, person=ada, kind="other")

    assert reference not in read(scene, "staff a", "/console/offers/")
    assert "A held result" not in read(scene, "staff a", "/console/outbox/")
    assert "A sent result" not in read(scene, "staff a", f"/console/outbox/?q={ada.email}")
    assert read(scene, "staff a", f"/console/outbox/{mail.public_id}/") == "404"
    assert reference in read(scene, "staff b", "/console/offers/")
    assert "A held result" in read(scene, "staff b", "/console/outbox/")


def test_staff_who_applied_find_what_left_for_them_and_nothing_held(scene):
    staff = scene.world.people["staff a"]
    OutboxMail.objects.filter(key__startswith="a ").update(person=staff, to=staff.email)

    page = read(scene, "staff a", "/console/outbox/")

    assert "A sent result" in page
    assert "A held result" not in page

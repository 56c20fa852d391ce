"""What staff see of one person: what the questions promise, and no more."""

import pytest
from django.test import Client

from applications.models import AnswerSnapshot
from core import clock
from tests.matching.scenes import offered_scene
from tests.worlds import MOMENTS

CANARIES = {"none": "canary-plain", "demographic": "canary-counted", "special": "canary-needs"}


@pytest.fixture
def page(db):
    """Return the reader of one person's page: by name, as bytes."""
    scene, _ = offered_scene()
    snapshot = AnswerSnapshot.objects.filter(scope="general").order_by("pk").first()
    item = snapshot.content[0]["items"][0]
    snapshot.content[0]["items"] += [
        {**item, "question": f"About {kind}", "value": word, "display": word, "data_class": kind}
        for kind, word in CANARIES.items()
    ]
    snapshot.save()

    def read(who: str) -> str:
        client = Client()
        client.force_login(scene.world.people[who])
        with clock.at(MOMENTS["offers"]):
            answer = client.get(f"/console/people/{snapshot.application.public_id}/")
        assert answer.status_code == 200
        return answer.content.decode()

    return read


@pytest.mark.parametrize(("who", "seen"), [("staff a", {"none"}), ("admin", {"none", "special"})])
def test_answers_for_statistics_and_needs_are_shown_as_promised(page, who, seen):
    text = page(who)

    assert {kind for kind, word in CANARIES.items() if word in text} == seen
    assert "About demographic" not in text
    assert "Answers for statistics (1) are shown to nobody by name." in text

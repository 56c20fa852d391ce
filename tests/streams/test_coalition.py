"""A stream of many mentors: the page groups them by role, and each of them gets the same pool."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.states import Role, ScopeKind
from core import clock
from streams.models import Mentor, StreamMentor
from streams.states import MentorRole
from tests.matching.scenes import ranking_scene
from tests.worlds import grant, person

TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": ?"[^"]*"')
pytestmark = pytest.mark.django_db
ROLES = [MentorRole.LEAD, *[MentorRole.MENTOR] * 6, *[MentorRole.CO_MENTOR] * 4, MentorRole.COORDINATOR]


@pytest.mark.requirement(43)
def test_twelve_mentors_stand_on_the_page_and_see_one_pool() -> None:
    scene = ranking_scene()
    world, stream = scene.world, scene.world.streams["alpha"]
    StreamMentor.objects.filter(stream=stream).delete()
    mentors = []
    for number, role in enumerate(reversed(ROLES)):
        user = person(f"coalition mentor {number}")
        mentor = Mentor.objects.create(code=f"coalition-{number}", user=user, display_name=f"Coalition Mentor {number}")
        StreamMentor.objects.create(stream=stream, mentor=mentor, role=role, order=number)
        grant(user, Role.MENTOR, ScopeKind.STREAM, stream)
        mentors.append(user)

    with clock.at(world.moments["ranking"]):
        public = Client().get(f"/streams/{stream.slug}/").content.decode()
        pools = set()
        for user in mentors:
            client = Client()
            client.force_login(user)
            answer = client.get(reverse("matching:ranking", args=[stream.public_id]))
            assert answer.status_code == 200
            body = TOKEN.sub(b"", answer.content).decode()
            main = body[body.index("<main") : body.index("</main>")]
            pools.add(main)

    assert len(mentors) == 12
    shown = re.findall(r"Coalition Mentor (\d+)", public[public.index("<main") :])
    by_role = [11, *range(5, 11), *range(1, 5), 0]
    assert list(dict.fromkeys(map(int, shown))) == by_role, "those who lead first, whatever the order of their rows"
    assert len(pools) == 1
    assert "Ada" in pools.pop(), "liveness"

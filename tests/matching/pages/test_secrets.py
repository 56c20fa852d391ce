"""Neither side learns the other's order: what a page shows does not change with it."""

from http import HTTPStatus

import pytest
from django.urls import reverse

from core import clock
from tests.matching.pages.visits import client_of, ranking_url
from tests.matching.scenes import Scene, prefer, rank, ranking_scene

pytestmark = pytest.mark.django_db


SECRETS = {
    "an applicant's order": ("alpha mentor", lambda scene: prefer(scene, "ada", ["beta"], below=["alpha"])),
    "another stream's list": ("gamma mentor", lambda scene: rank(scene, "alpha", [["cleo"], ["ada"]])),
    "a stream's list, from its applicant": ("ada", lambda scene: rank(scene, "alpha", [["cleo"], ["ada"]])),
}


def seen(scene: Scene, name: str) -> dict[str, tuple[int, str]]:
    """Return what a person sees on every page they may try, without the parts that differ each time."""
    paths = ["/my/preferences/", "/my/offers/", "/mentor/", "/how-matching-works/"]
    paths += [ranking_url(scene, stream) for stream in scene.world.streams]
    paths += [
        reverse("matching:person", args=[row.stream.public_id, row.public_id])
        for one in scene.finalists.values()
        for row in one.stream_applications.select_related("stream").order_by("pk")
    ]
    client, found = client_of(scene, name), {}
    for path in paths:
        response = client.get(path)
        lines = [
            line
            for line in response.content.decode().splitlines()
            if "csrfmiddlewaretoken" not in line and response.get("X-Request-ID", "-") not in line
        ]
        found[path] = (response.status_code, "\n".join(lines))
    return found


@pytest.mark.parametrize("secret", SECRETS)
def test_two_worlds_look_the_same_to_who_may_not_know(secret):
    who, change = SECRETS[secret]
    scene = ranking_scene()
    with clock.at(scene.world.moments["ranking"]):
        before = seen(scene, who)
        change(scene)
        after = seen(scene, who)

    assert sum(status == HTTPStatus.OK for status, _body in before.values()) >= 3
    assert after == before


def test_control_the_same_changes_show_to_who_may_know():
    scene = ranking_scene()
    with clock.at(scene.world.moments["ranking"]):
        applicant, mentor = seen(scene, "ada"), seen(scene, "alpha mentor")
        prefer(scene, "ada", ["beta"], below=["alpha"])
        rank(scene, "alpha", [["cleo"], ["ada"]])

        assert seen(scene, "ada") != applicant
        assert seen(scene, "alpha mentor") != mentor

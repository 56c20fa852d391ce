"""A person's documents are given once and used by all streams, which may get one of their own."""

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from applications.domain.application import close_application, open_stage2, submit_application
from applications.domain.documents import store_document
from applications.domain.streams import submit_stream_application
from applications.models import Application
from applications.queries.sheets import Place, general_place, parts, stream_place
from applications.queries.snapshots import latest_snapshot
from core import clock, editions
from core.transitions import publish_state, transition
from questions.models import FormItem
from questions.states import DataClass, QuestionKind
from tests.applications import factories
from tests.worlds import World, question


@pytest.mark.requirement(109)
def test_one_cv_serves_every_stream_and_a_stream_can_get_another(world: World) -> None:
    cv = question("cv", QuestionKind.FILE, data_class=DataClass.DOCUMENT)
    general = FormItem.objects.get(question__code="why").version
    FormItem.objects.create(version=general, question=cv, order=90, section="motivation", required=False)
    for slug in ("alpha", "beta"):
        version = world.streams[slug].form.versions.get()
        FormItem.objects.create(version=version, question=cv, order=90, section="questions")
    editions.forget()
    application = factories.draft(world)
    with clock.at(world.moments["open"]):
        send(application, general_place(application), b"The one for everybody.")
    application = stage_two(world, application)
    rows = {slug: factories.stream_draft(world, application, slug) for slug in ("alpha", "beta")}
    with clock.at(world.moments["stage2"]):
        page = Client()
        page.force_login(application.person)
        assert "cv.txt" in page.get("/my/streams/alpha/").content.decode()
        send(application, stream_place(rows["beta"]), b"Written for beta.", name="beta.txt")
        for row in rows.values():
            submit_stream_application(stream_application=row, by=application.person, acknowledged=("agreement",))

    names = {}
    for slug, row in rows.items():
        snapshot = latest_snapshot(application, "stream", row.public_id)
        assert snapshot is not None
        names[slug] = next(
            item["value"]["name"] for part in snapshot.content for item in part["items"] if item["code"] == "cv"
        )
    assert names == {"alpha": "cv.txt", "beta": "beta.txt"}
    assert application.documents.count() == 2


def send(application: Application, place: Place, content: bytes, name: str = "cv.txt") -> None:
    """Send a file in answer to the question for a CV."""
    items = [one.item for part in parts(application, [place])[place] for one in part.items]
    item = next(one for one in items if one.question.code == "cv")
    store_document(
        application=application,
        item=item,
        scope=place.scope,
        scope_key=place.scope_key,
        upload=ContentFile(content, name=name),
        by=application.person,
    )


def stage_two(world: World, application: Application) -> Application:
    """Bring a draft into stage 2 as the calendar and the screen would."""
    with clock.at(world.moments["open"]):
        application = submit_application(application=application, by=application.person)
    with clock.at(world.moments["closed"]):
        application = close_application(application=application)
    with clock.at(world.moments["stage2"]):
        for row in application.track_applications.all():
            publish_state(transition(row, "pass_screen", by=None), by=None)
        return open_stage2(application=application)

"""What has happened so far: own acts and what was sent, and nothing of what is decided and not out."""

from html import unescape

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from applications.models import Application
from applications.queries.own_history import own_history
from core import audit, clock, outbox
from core.models import OutboxMail
from core.states import MailState
from core.transitions import transition
from tests.applications import factories
from tests.worlds import World


def texts(application: Application) -> list[str]:
    return [line.text for line in own_history(application)]


def page(application: Application, address: str = "/my/history/") -> str:
    client = Client()
    client.force_login(application.person)
    return unescape(client.get(address).content.decode())


def test_own_acts_stand_there_newest_first(world: World) -> None:
    application = factories.in_stage2(world)
    factories.stream_submitted(world, application, "alpha")

    found = texts(application)

    acts = [text for text in found if text.startswith("You ")]
    assert acts == [
        "You submitted to Stream Alpha",
        "You added Stream Alpha",
        "You submitted the application",
        "You chose your tracks",
        "You started the application",
    ]
    assert "You submitted to Stream Alpha" in page(application)
    assert "/my/history/" in page(application, "/my/")


def test_decisions_of_others_never_show_before_their_mail_has_left(world: World) -> None:
    application = factories.in_screen(world)
    before = texts(application)
    row = application.track_applications.get()
    with clock.at(world.moments["closed"]):
        transition(row, "fail_screen", by=world.people["staff a"])
        audit.record("note", application, by=world.people["staff a"])
        outbox.enqueue(
            key="decision",
            to=application.person.email,
            person=application.person,
            template="applications/mail/withdrawn.txt",
            application=application,
        )
    mail = OutboxMail.objects.get(key="decision")

    assert texts(application) == before, "decided, written, and not out"
    OutboxMail.objects.filter(pk=mail.pk).update(state=MailState.SENT, sent_at=clock.now())

    assert f"We wrote: {mail.subject}" in texts(application), "control: once it has left it shows"


def test_nobody_reads_anothers_history(world: World) -> None:
    mine, theirs = factories.draft(world), factories.submitted(world, "other applicant")
    assert "You submitted the application" not in texts(mine)
    assert "You submitted the application" in texts(theirs)
    client = Client()
    client.force_login(world.people["third applicant"])
    assert client.get("/my/history/").status_code == 302
    assert Client().get("/my/history/").status_code == 302


def test_history_costs_the_same_for_one_stream_and_for_three(world: World) -> None:
    application = factories.in_stage2(world, tracks=("empirical", "theory"))

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            own_history(Application.objects.select_related("person").get(pk=application.pk))
        return len(queries)

    factories.stream_draft(world, application, "alpha")
    one = cost()
    for slug in ("beta", "gamma"):
        factories.stream_submitted(world, application, slug)
    assert cost() == one


def test_a_track_that_was_taken_out_is_put_back_with_its_answers(world: World) -> None:
    application = factories.draft(world, tracks=("empirical", "theory"))
    client = Client()
    client.force_login(application.person)
    n_answers = application.answers.count()
    theory = world.tracks["theory"].public_id
    with clock.at(world.moments["open"]):
        assert "Tracks you took out" not in page(application, "/my/application/")
        client.post("/my/application/tracks/", {"tracks": [theory], "confirmed": "yes"})
        shown = page(application, "/my/application/")
        assert "Tracks you took out" in shown
        assert "1 answer kept" in shown
        client.post("/my/tracks/empirical/add/")
        client.post("/my/tracks/empirical/add/")
        after = page(application, "/my/application/")

    assert "Tracks you took out" not in after
    assert "Questions of Empirical" in after
    assert application.answers.count() == n_answers
    with clock.at(world.moments["closed"]):
        client.post("/my/application/tracks/", {"tracks": [theory], "confirmed": "yes"})
        assert "Put it back" not in page(application, "/my/application/")

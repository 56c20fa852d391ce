"""Words written once stand again: from an earlier cycle, and from another form of the same application."""

from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from applications.domain.application import choose_tracks, start_application
from applications.domain.bringing import ALREADY_WRITTEN, bring_answers, use_answer
from applications.domain.documents import store_document
from applications.models import Answer, Application
from applications.queries.bringing import bringing
from applications.queries.carrying import FILES_LAST
from applications.queries.offers import reuse_offers
from applications.queries.sheets import parts, stream_place, track_places
from applications.states import AnswerScope
from core import clock, editions
from core.models import AuditEvent
from core.refusals import Refused
from questions.models import FormItem, Question
from questions.states import DataClass, QuestionKind
from streams.models import Cycle, KeyDate, Track
from tests.applications import factories
from tests.worlds import World, form, question

YEAR = timedelta(days=364)


@pytest.fixture
def returning(world: World) -> Iterator[tuple[World, Application, Application]]:
    """Return the world, an application that was handed in, and an empty draft of the same person a year later."""
    before = factories.submitted(world)
    person = before.person
    Cycle.objects.update(is_public_current=False)
    cycle = Cycle.objects.create(
        slug="autumn-2027",
        code="27A",
        name="Autumn 2027",
        programme_starts_on=date(2027, 9, 27),
        programme_ends_on=date(2027, 12, 3),
        grace_minutes=15,
        general_form=world.cycle.general_form,
        is_public_current=True,
    )
    for one in KeyDate.objects.filter(cycle=world.cycle):
        KeyDate.objects.create(
            cycle=cycle,
            code=one.code,
            label=one.label,
            starts_at=one.starts_at + YEAR,
            zone=one.zone,
            precision=one.precision,
            order=one.order,
        )
    empirical = world.tracks["empirical"]
    track = Track.objects.create(
        cycle=cycle, slug="empirical", name="Empirical", summary="Measure.", order=1, form=empirical.form
    )
    with clock.at(world.moments["open"] + YEAR):
        now = start_application(cycle=cycle, person=person, by=person)
        choose_tracks(application=now, tracks=[track], by=person)
        yield world, before, now


def values(application: Application) -> dict[str, Any]:
    return dict(application.answers.values_list("question__code", "value"))


def client_of(application: Application) -> Client:
    client = Client()
    client.force_login(application.person)
    return client


def test_answers_come_marked_and_statements_are_made_anew(returning) -> None:
    _, before, now = returning

    n_brought = bring_answers(application=now, by=now.person)

    assert n_brought == 6
    assert values(now) == {code: value for code, value in values(before).items() if code != "consent"}
    marks = set(now.answers.values_list("taken_from", "taken_version"))
    assert marks == {("your application to Autumn 2026", 1)}
    found = bringing(now)
    assert found is not None
    assert [(line.question, line.notes) for line in found.anew] == [
        ("Consent?", ("Statements are made anew each time.",))
    ]
    assert AuditEvent.objects.get(verb="bring").details == {"n": 6, "cycle": "autumn-2026"}


def test_bringing_twice_changes_nothing_and_what_was_typed_or_emptied_stays(returning) -> None:
    _, _, now = returning
    factories.answer(now, "why", "My new reason.")
    factories.answer(now, "pronouns", "")

    assert bring_answers(application=now, by=now.person) == 4
    factories.answer(now, "full-name", "")
    first = list(now.answers.order_by("pk").values())
    assert bring_answers(application=now, by=now.person) == 0

    assert list(now.answers.order_by("pk").values()) == first
    assert (values(now)["why"], values(now)["pronouns"], values(now)["full-name"]) == ("My new reason.", "", "")
    assert AuditEvent.objects.filter(verb="bring").count() == 1


def test_what_changed_is_listed_and_nothing_is_dropped_silently(returning) -> None:
    _world, before, now = returning
    Question.objects.filter(code="why").update(text="Why does this matter to you?")
    version = FormItem.objects.get(question__code="method").version
    FormItem.objects.filter(question__code="method").update(max_words=3)
    Question.objects.filter(code="places").update(
        choices=[{"value": "london", "label": "London"}, {"value": "boston", "label": "Boston"}]
    )
    Question.objects.filter(code="full-name").update(asked_anew=True)
    Question.objects.filter(code="pronouns").update(data_class=DataClass.DEMOGRAPHIC)
    Answer.objects.filter(application=before, question__code="places").update(value=["berkeley", "london"])
    orphan = question("hobby", text="What else?")
    Answer.objects.create(application=before, question=orphan, scope=AnswerScope.GENERAL, value="Chess")

    found = bringing(now)
    assert found is not None
    changed = {line.question: line.notes for line in found.changed}

    assert version.items.count() == 1
    assert changed == {
        "Why does this matter to you?": ("It was asked in other words: “Why?”",),
        "Places?": ("No longer offered, so left out: berkeley",),
        "Method?": ("The limit is 3 words: yours has 9, so 6 have to go before you submit",),
    }
    assert [(line.question, line.notes[0]) for line in found.anew] == [
        ("Full-name?", "It is asked anew in each cycle."),
        ("Pronouns?", "Answers of this kind are never carried over."),
        ("Consent?", "Statements are made anew each time."),
    ]
    assert [(line.question, line.text) for line in found.gone] == [("What else?", "Chess")]
    page = unescape(client_of(now).get("/my/application/bring/").content.decode())
    for words in ("“Why?”", "What else?", "Chess", "Bring 4 answers"):
        assert words in page
    bring_answers(application=now, by=now.person)
    assert values(now)["places"] == ["london"]


def test_a_vanished_choice_alone_is_listed_and_not_brought(returning) -> None:
    _, _, now = returning
    Question.objects.filter(code="places").update(choices=[{"value": "boston", "label": "Boston"}])
    found = bringing(now)
    assert found is not None
    assert ("Places?", ("No longer offered: berkeley.",)) in [(line.question, line.notes) for line in found.anew]


def test_a_question_of_the_same_meaning_takes_the_answer_of_another(returning) -> None:
    _world, before, now = returning
    new = question("why-you", canonical_meaning="  WHY ", text="What moves you?")
    FormItem.objects.filter(question__code="why").update(question=new)
    editions.forget()

    bring_answers(application=now, by=now.person)

    assert values(now)["why-you"] == values(before)["why"]


def test_a_question_asked_only_with_another_answer_waits_for_it(returning) -> None:
    _, _, now = returning
    FormItem.objects.filter(question__code="proof").update(visible_if={"question": "places", "in": ["london"]})
    editions.forget()

    found = bringing(now)

    assert found is not None
    assert "Proof?" in [line.question for line in found.anew]
    assert "Proof?" not in [one.line.question for one in found.ready]


@pytest.mark.parametrize(("age", "comes"), [(timedelta(days=100), True), (FILES_LAST + timedelta(days=1), False)])
def test_a_file_is_copied_until_it_is_a_year_old(returning, age: timedelta, comes: bool) -> None:
    world, before, now = returning
    cv = question("cv", QuestionKind.FILE, data_class=DataClass.DOCUMENT)
    item = FormItem.objects.get(question__code="why")
    FormItem.objects.create(version=item.version, question=cv, order=90, section="motivation", required=False)
    editions.forget()
    Application.objects.filter(pk=before.pk).update(internal_state="draft")
    before.refresh_from_db()
    with clock.at(world.moments["open"]):
        store_document(
            application=before,
            item=FormItem.objects.get(question=cv),
            scope="general",
            scope_key="",
            upload=ContentFile(b"Twelve years of careful work.", name="cv.txt"),
            by=before.person,
        )
    old = before.documents.get()
    before.documents.update(uploaded_at=clock.now() - age)

    bring_answers(application=now, by=now.person)

    copies = list(now.documents.all())
    assert bool(copies) == comes
    if comes:
        assert copies[0].storage_name != old.storage_name
        assert default_storage.open(copies[0].storage_name).read() == b"Twelve years of careful work."
        assert values(now)["cv"]["id"] == copies[0].public_id
    else:
        found = bringing(now)
        assert found is not None
        assert "This file is more than a year old. Send a newer one." in [note for x in found.anew for note in x.notes]


def test_nothing_is_brought_into_what_is_no_draft(returning) -> None:
    world, _, now = returning
    with clock.at(world.moments["closed"] + YEAR), pytest.raises(Refused, match="closed"):
        bring_answers(application=now, by=now.person)
    with clock.at(world.moments["closed"] + YEAR):
        assert client_of(now).post("/my/application/bring/").status_code == 409
    assert not now.answers.exists()


def test_nobody_gets_anothers_answers(returning) -> None:
    world, before, now = returning
    other = world.people["other applicant"]
    theirs = start_application(cycle=now.cycle, person=other, by=other)

    assert bringing(theirs) is None
    assert bring_answers(application=theirs, by=other) == 0
    source = before.answers.get(question__code="why")
    item = FormItem.objects.get(question__code="why")
    with pytest.raises(Refused, match="another question"):
        use_answer(application=theirs, item=item, scope="general", scope_key="", source=source, title="x", by=other)
    page = client_of(theirs).get("/my/application/bring/").content.decode()
    assert "Nothing to bring" in page


def test_the_pages_lead_a_returning_person_through_it(returning) -> None:
    _, _, now = returning
    client = client_of(now)
    assert "Look at what can be brought" in client.get("/my/application/").content.decode()

    page = client.post("/my/application/bring/", follow=True).content.decode()

    assert "6 answers were brought." in page
    assert "What changed since Autumn 2026" in page
    section = unescape(client.get("/my/application/motivation/").content.decode())
    assert "From your application to Autumn 2026" in section
    factories.answer(now, "why", "Something else.")
    section = unescape(client.get("/my/application/motivation/").content.decode())
    assert "From your application to Autumn 2026, changed since" in section
    assert "There was nothing more to bring." in client.post("/my/application/bring/", follow=True).content.decode()


def test_the_dashboard_invites_somebody_who_applied_before(returning) -> None:
    _, before, now = returning
    now.delete()
    client = client_of(before)

    page = unescape(client.get("/my/").content.decode())
    client.post("/my/application/start/")

    assert "You applied in Autumn 2026, and have no application for Autumn 2027" in page
    assert "25 of about 30 minutes" in page
    assert Application.objects.filter(person=before.person, cycle__slug="autumn-2027").exists()
    assert "You applied in Autumn 2026" not in client.get("/my/").content.decode()


# --- Between the forms of one application


@pytest.fixture
def two_streams(world: World) -> Iterator[tuple[World, Application]]:
    """Return somebody who has answered what alpha asks, and has added beta, which asks the same."""
    application = factories.in_stage2(world)
    factories.stream_draft(world, application, "alpha")
    with clock.at(world.moments["stage2"]):
        client_of(application).post("/my/streams/add/beta/")
        yield world, application


def beta(application: Application) -> Any:
    return stream_place(application.stream_applications.select_related("stream").get(stream__slug="beta"))


def asked_in_beta(application: Application) -> Any:
    place = beta(application)
    return next(one for part in parts(application, [place])[place] for one in part.items)


@pytest.mark.requirement(109)
def test_an_answer_for_one_stream_is_offered_and_used_in_another(two_streams) -> None:
    _, application = two_streams
    client, item = client_of(application), asked_in_beta(application).item
    page = unescape(client.get("/my/streams/beta/").content.decode())
    assert "You answered this for Stream Alpha." in page
    key = page.split('name="use" value="')[1].split('"')[0]

    response = client.post("/my/streams/beta/", {f"version-{item.pk}": "0", f"answer-{item.pk}": "", "use": key})

    assert response.status_code == 302
    stored = application.answers.get(scope_key=beta(application).scope_key)
    assert stored.value == "I built a small test and ran it twice."
    assert stored.taken_from == "your answers for Stream Alpha"
    page = unescape(client.get("/my/streams/beta/").content.decode())
    assert "From your answers for Stream Alpha" in page
    assert "You answered this for" not in page


def test_using_never_replaces_what_was_typed_in_the_same_moment(two_streams) -> None:
    _, application = two_streams
    client, item = client_of(application), asked_in_beta(application).item
    key = client.get("/my/streams/beta/").content.decode().split('name="use" value="')[1].split('"')[0]

    response = client.post("/my/streams/beta/", {f"version-{item.pk}": "0", f"answer-{item.pk}": "Mine.", "use": key})

    assert response.status_code == 422
    assert ALREADY_WRITTEN in unescape(response.content.decode())
    assert application.answers.get(scope_key=beta(application).scope_key).value == "Mine."


def test_an_emptied_answer_can_be_filled_again_and_its_versions_stay(two_streams) -> None:
    _, application = two_streams
    place = beta(application)
    factories.answer(application, "fit", "First.", place=place)
    factories.answer(application, "fit", "", place=place)
    asked = asked_in_beta(application)
    offer = reuse_offers(application, place, [asked])[asked.item.pk]

    for _ in range(2):
        stored = use_answer(
            application=application,
            item=asked.item,
            scope=place.scope,
            scope_key=place.scope_key,
            source=offer.source,
            title=offer.title,
            by=application.person,
        )

    assert (stored.version, stored.taken_version) == (3, 3)
    assert list(stored.versions.order_by("version").values_list("value", flat=True)) == ["First.", ""]


def test_an_offer_that_changed_meanwhile_is_read_again_first(two_streams) -> None:
    _, application = two_streams
    client, item = client_of(application), asked_in_beta(application).item
    key = client.get("/my/streams/beta/").content.decode().split('name="use" value="')[1].split('"')[0]
    alpha = stream_place(application.stream_applications.select_related("stream").get(stream__slug="alpha"))
    factories.answer(application, "fit", "Written anew.", place=alpha)

    response = client.post("/my/streams/beta/", {f"version-{item.pk}": "0", "use": key})

    assert response.status_code == 409
    assert "has changed since this page was loaded" in response.content.decode()
    assert not application.answers.filter(scope_key=beta(application).scope_key).exists()


@pytest.mark.parametrize("use", ["", ":", "x:1:1", "\x00", "999999:1:1", "1", "1:" + "9" * 400])
def test_hostile_uses_do_nothing(two_streams, use: str) -> None:
    _, application = two_streams
    assert client_of(application).post("/my/streams/beta/", {"use": use}).status_code in {302, 409}
    assert not application.answers.filter(scope_key=beta(application).scope_key).exists()


def test_a_track_offers_what_another_track_was_told(world: World) -> None:
    method = form("theory-form", {"Theory": [(question("how", canonical_meaning="Method"), {"max_words": 4})]})
    Track.objects.filter(slug="theory").update(form=method)
    application = factories.draft(world)
    with clock.at(world.moments["open"]):
        choose_tracks(application=application, tracks=list(world.tracks.values()), by=application.person)
        theory = track_places(application)[1]
        page = unescape(client_of(application).get(f"/my/application/track-{theory.scope_key}/").content.decode())
    assert "You answered this for Empirical." in page
    assert "yours has 9, so 5 have to go" in page


def test_a_task_is_done_anew(two_streams) -> None:
    _, application = two_streams
    task = application.evaluation_assignments.get()
    source = application.answers.get(question__code="why")
    item = FormItem.objects.get(question__code="approach")
    with pytest.raises(Refused, match="done anew"):
        use_answer(
            application=application,
            item=item,
            scope=AnswerScope.EVALUATION,
            scope_key=task.public_id,
            source=source,
            title="x",
            by=application.person,
        )


def test_offers_cost_one_query_for_one_earlier_answer_and_for_many(two_streams) -> None:
    _world, application = two_streams
    place = beta(application)
    items = [one for part in parts(application, [place])[place] for one in part.items]

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert reuse_offers(application, place, items)
        return len(queries)

    assert cost() == 1
    for code in ("one", "two", "three"):
        Answer.objects.create(
            application=application,
            question=question(code, canonical_meaning="Fit"),
            scope=AnswerScope.GENERAL,
            value="Again.",
        )
    assert cost() == 1

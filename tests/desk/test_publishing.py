"""A cycle becomes the public one: everything is looked at, two people agree, and it can be taken back at first."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from applications.domain.application import start_application
from core import clock
from core.models import AuditEvent
from core.refusals import Refused
from mats_portal.desk.models import CyclePublication
from mats_portal.desk.publishing import (
    confirm_publication,
    discard_publication,
    propose_publication,
    publish_streams,
    undo_publication,
)
from mats_portal.desk.readiness import checks_of, stands_against
from questions.models import FormItem, FormVersion
from reviews.domain.rubrics import RubricText, save_track_rubric
from streams.models import Cycle, KeyDate, Step, Stream, Track
from tests.reviews import factories as reviewing
from tests.worlds import MOMENTS, World, small_world


@pytest.fixture
def world(db) -> World:
    """Autumn is whole and not public; spring, which has ended, is."""
    made = small_world()
    for track in made.tracks.values():
        text = RubricText(f"{track.name} review", 1, [reviewing.criterion("motivation", 100, question_codes=["why"])])
        save_track_rubric(track=track, text=text, by=None)
    # The small world's forms are made without a self-test; here they have to pass it.
    FormItem.objects.filter(question__code__in=["full-name", "pronouns"]).update(max_words=10)
    Cycle.objects.filter(pk=made.cycle.pk).update(is_public_current=False, summary="Ten weeks of research.")
    Cycle.objects.create(
        slug="spring-2026", code="26S", name="Spring 2026", is_public_current=True,
        programme_starts_on=date(2026, 2, 2), programme_ends_on=date(2026, 4, 10),
    )  # fmt: skip
    made.cycle.refresh_from_db()
    return made


def public() -> list[str]:
    return list(Cycle.objects.filter(is_public_current=True).values_list("code", flat=True))


def proposed(world: World) -> CyclePublication:
    return propose_publication(cycle=world.cycle, by=world.people["staff a"])


def new_track_without_rubric(cycle: Cycle) -> None:
    track = Track.objects.create(cycle=cycle, slug="new", name="New", summary="New.", order=9)
    Step.objects.create(track=track, order=1, kind="central_review", name="Reading")


FAULTS: dict[str, tuple[Callable[[Cycle], Any], str]] = {
    "no text": (lambda cycle: Cycle.objects.filter(pk=cycle.pk).update(summary=" "), "no text that introduces it"),
    "a date is missing": (
        lambda cycle: KeyDate.objects.filter(cycle=cycle, code="review_opens").delete(),
        "These dates are not set: review_opens",
    ),
    "dates in the wrong order": (
        lambda cycle: KeyDate.objects.filter(cycle=cycle, code="stage2_closes").update(starts_at=MOMENTS["before"]),
        "“stage2_closes” is not later than “stage2_opens”",
    ),
    "a step without its date": (
        lambda cycle: Step.objects.filter(track__cycle=cycle, order=1).update(opens_code="never"),
        "wait for dates that are not set: never",
    ),
    "a track without steps": (
        lambda cycle: Step.objects.filter(track__cycle=cycle, track__slug="theory").delete(),
        "Tracks without a step: Theory",
    ),
    "a form that is only a draft": (
        lambda cycle: FormVersion.objects.filter(form=cycle.general_form).update(state="retired"),
        "has no published version",
    ),
    "a form whose self-test is red": (
        lambda cycle: FormItem.objects.filter(version__form=cycle.general_form, max_words=20).update(max_words=None),
        "needs a limit of words",
    ),
    "no stream": (
        lambda cycle: Stream.objects.filter(cycle=cycle).update(state="draft"), "No stream is published",
    ),
    "no rubric": (
        new_track_without_rubric,
        "No rubric is in force for: New",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_not_ready_stands_against_it_by_name(world, fault) -> None:
    broken, words = FAULTS[fault]
    with clock.at(MOMENTS["before"]):
        assert stands_against(world.cycle) == [], "whole before it is broken"

        broken(world.cycle)
        cycle = Cycle.objects.get(pk=world.cycle.pk)

        assert words in " ".join(stands_against(cycle))
        with pytest.raises(Refused, match="is not ready"):
            propose_publication(cycle=cycle, by=world.people["staff a"])


def test_a_cycle_that_nobody_can_apply_to_any_more_is_not_made_public(world) -> None:
    with clock.at(MOMENTS["stage2"]), pytest.raises(Refused, match="Applications closed on"):
        proposed(world)


@pytest.mark.requirement(110)
def test_two_people_make_it_public_and_it_is_taken_back_while_nobody_has_applied(world) -> None:
    first, second = world.people["staff a"], world.people["admin"]
    with clock.at(MOMENTS["before"]):
        asked = proposed(world)
        assert public() == ["26S"], "nothing is shown before a second person confirms"
        with pytest.raises(Refused, match="Another person"):
            confirm_publication(publication=asked, by=first)
        with pytest.raises(Refused, match="asked for already"):
            proposed(world)

        done = confirm_publication(publication=asked, by=second)
        assert confirm_publication(publication=asked, by=second) == done
        assert public() == ["26A"]
        assert "Autumn 2026" in Client().get("/").content.decode()

        undone = undo_publication(publication=done, by=first)
        assert undo_publication(publication=done, by=first) == undone
        assert public() == ["26S"]

    found = AuditEvent.objects.filter(object_key=asked.public_id).order_by("pk")
    assert [(event.verb, event.actor) for event in found] == [
        ("propose_publication", first), ("confirm", second), ("undo", first),
    ]  # fmt: skip


def test_it_stays_once_somebody_has_begun_to_apply(world) -> None:
    with clock.at(MOMENTS["before"]):
        done = confirm_publication(publication=proposed(world), by=world.people["staff b"])
    with clock.at(MOMENTS["open"]):
        who = world.people["applicant"]
        start_application(cycle=world.cycle, person=who, by=who)
        with pytest.raises(Refused, match="Somebody has begun an application"):
            undo_publication(publication=done, by=world.people["staff b"])
    assert public() == ["26A"]


def test_nothing_was_public_before_and_nothing_is_after_it_is_taken_back(world) -> None:
    Cycle.objects.filter(code="26S").update(is_public_current=False)
    with clock.at(MOMENTS["before"]):
        done = confirm_publication(publication=proposed(world), by=world.people["staff b"])
        undo_publication(publication=done, by=world.people["staff a"])
    assert public() == []


def test_a_cycle_that_takes_applications_is_not_replaced(world) -> None:
    spring = Cycle.objects.get(code="26S")
    for code, at in (("general_opens", "before"), ("general_closes", "open")):
        KeyDate.objects.create(cycle=spring, code=code, label=code, starts_at=MOMENTS[at], order=len(code))
    with (
        clock.at(MOMENTS["before"] + timedelta(days=1)),
        pytest.raises(Refused, match="Spring 2026 takes applications"),
    ):
        proposed(world)


def test_what_was_put_away_is_not_confirmed_and_the_row_itself_wants_two_people(world) -> None:
    with clock.at(MOMENTS["before"]):
        asked = discard_publication(publication=proposed(world), by=world.people["staff a"])
        with pytest.raises(Refused):
            confirm_publication(publication=asked, by=world.people["staff b"])
        again = proposed(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        CyclePublication.objects.filter(pk=again.pk).update(
            state="done", confirmed_by=world.people["staff a"], confirmed_at=MOMENTS["before"]
        )


def test_streams_are_published_by_name_and_only_with_seats(world) -> None:
    Stream.objects.filter(cycle=world.cycle).update(state="draft", published_at=None)
    Stream.objects.filter(slug="gamma").update(seats_granted=0)
    keys = {row.slug: row.public_id for row in Stream.objects.all()}

    assert publish_streams(cycle=world.cycle, streams=[keys["alpha"]], by=world.people["staff a"]) == 1
    assert publish_streams(cycle=world.cycle, streams=[keys["alpha"]], by=world.people["staff a"]) == 0
    with pytest.raises(Refused, match="no granted seats"):
        publish_streams(cycle=world.cycle, streams=[keys["beta"], keys["gamma"]], by=world.people["staff a"])
    other = Cycle.objects.get(code="26S")
    assert publish_streams(cycle=other, streams=[keys["beta"]], by=world.people["staff a"]) == 0

    assert set(Stream.objects.filter(state="published").values_list("slug", flat=True)) == {"alpha"}


def test_two_people_do_it_on_the_page(world) -> None:
    """The way through the pages, the refusals and what each of the two reads."""
    first, second, url = (
        client_of(world, "staff a"),
        client_of(world, "staff b"),
        f"/console/setup/cycles/{world.cycle.public_id}/",
    )
    Stream.objects.filter(slug="gamma").update(state="draft", published_at=None)
    with clock.at(MOMENTS["before"]):
        page = first.get(url).content.decode()
        assert "1 stream is a draft" in page
        assert "Spring 2026 leaves the public site" in page
        assert first.post(f"{url}streams/").status_code == 422
        assert first.post(f"{url}streams/", {"stream": world.streams["gamma"].public_id}).status_code == 302
        assert "1 stream is a draft" not in first.get(url).content.decode()

        assert first.post(f"{url}publish/").status_code == 302
        again = first.post(f"{url}publish/")
        assert (again.status_code, "asked for already" in again.content.decode()) == (409, True)
        asked = CyclePublication.objects.get()
        to = f"/console/setup/publications/{asked.public_id}/"
        assert "Another person looks at this page" in first.get(url).content.decode()
        own = first.post(f"{to}confirm/")
        assert (own.status_code, public()) == (409, ["26S"])
        assert "Show Autumn 2026 on the public site" in second.get(url).content.decode()
        assert second.post(f"{to}confirm/").status_code == 302
        assert public() == ["26A"]
        assert "Take Autumn 2026 off the public site" in second.get(url).content.decode()
        assert second.post(f"{to}undo/").status_code == 302
        assert public() == ["26S"]
        assert "Taken back" in second.get(url).content.decode()
    assert all(check.text for check in checks_of(world.cycle))


def client_of(world: World, who: str) -> Client:
    client = Client()
    client.force_login(world.people[who])
    return client

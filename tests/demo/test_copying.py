"""A larger cohort: copies of lived people, whole, under names of their own, and no promise broken."""

import hashlib
from collections import Counter
from collections.abc import Iterator

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count
from django.test import override_settings

from accounts.models import User
from applications.domain.snapshots import checksum
from applications.models import Answer, AnswerSnapshot, Application, Document, EvaluationAssignment, StreamApplication
from core.models import AuditEvent, OutboxMail
from matching.models import Offer, PreferenceEntry, RankEntry
from mats_portal.demo import copy_plan, copying, scenarios, seeding
from mats_portal.demo.scenarios import World
from mats_portal.desk.management.commands.checkinvariants import statements
from reviews.models import Decision, Review, ReviewAssignment, ReviewScore

LIVED, WANTED = 24, 85


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[World]:
    """Two rounds of everybody and a part of a third, in rounds of statements that end in the middle of one."""
    files = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media"))
    with django_db_blocker.unblock(), transaction.atomic(), files, pytest.MonkeyPatch.context() as patch:
        patch.setattr(copying, "CHUNK", 25)
        world = scenarios.ranking(LIVED)
        counted = {model: model.objects.count() for model in (RankEntry, Offer)}
        assert copying.multiply(people=world.applicants, to=WANTED, seed=7) == WANTED - LIVED
        assert {model: model.objects.count() for model in (RankEntry, Offer)} == counted
        yield world
        transaction.set_rollback(True)


def lives(application: Application) -> dict[str, object]:
    """Return what became of one application, in numbers and states."""
    readings = ReviewAssignment.objects.filter(track_application__application=application) | (
        ReviewAssignment.objects.filter(evaluation__application=application)
    )
    return {
        "state": (application.internal_state, application.released_state, application.submitted_at),
        "tracks": sorted(application.track_applications.values_list("track", "internal_state", "released_state")),
        "streams": sorted(application.stream_applications.values_list("stream", "internal_state", "released_state")),
        "areas": application.stream_applications.aggregate(n=Count("areas"))["n"],
        "tasks": sorted(application.evaluation_assignments.values_list("definition", "state")),
        "answers": sorted(application.answers.values_list("scope", flat=True)),
        "snapshots": sorted(application.snapshots.values_list("scope", flat=True)),
        "readings": sorted(readings.values_list("reviewer", "state")),
        "scores": ReviewScore.objects.filter(review__assignment__in=readings).count(),
        "decisions": sorted(
            Decision.objects.filter(track_application__application=application).values_list("batch", "outcome")
        ),
        "order": PreferenceEntry.objects.filter(preference_list__application=application).count(),
        "mails": sorted(application.person.mails.values_list("template", "state")),
        "files": application.documents.filter(removed_at=None).count(),
        "letters": sorted(application.references.values_list("state", flat=True)),
        "forms": sorted(application.form_uses.values_list("scope", "version")),
        "saved": application.person.saved_streams.count(),
        "record": sorted(
            AuditEvent.objects.filter(
                object_key__in=[
                    application.public_id,
                    application.person.public_id,
                    *application.stream_applications.values_list("public_id", flat=True),
                ]
            ).values_list("verb", flat=True)
        ),
    }


@pytest.mark.django_db
def test_command_makes_as_many_as_asked_for(capsys, monkeypatch) -> None:
    """First of all: the world of the other tests stays until the last of them."""
    monkeypatch.setattr(seeding, "APPLICANTS", 3)

    call_command("seed_cohort", applicants=8, seed=5)

    assert capsys.readouterr().out.startswith("8 applicants in ")
    assert Application.objects.count() == 8


@pytest.mark.django_db
def test_every_statement_holds_for_the_larger_cohort(world: World) -> None:
    assert {name: list(check())[:3] for name, check in statements().items() if list(check())[:1]} == {}
    assert User.objects.filter(is_demo=True, applications__isnull=False).count() == WANTED
    assert Application.objects.count() == WANTED


@pytest.mark.django_db
def test_each_copy_lived_what_its_original_lived(world: World) -> None:
    originals = Application.objects.filter(person__in=[person.pk for person in world.applicants])
    expected = Counter(str(lives(application)) for application in originals)
    copies = Application.objects.exclude(pk__in=originals)

    found = Counter(str(lives(application)) for application in copies)

    assert len(expected) > 15
    assert set(found) == set(expected)
    assert all(2 * n <= found[life] <= 3 * n for life, n in expected.items())


@pytest.mark.django_db
def test_copies_have_names_addresses_and_references_of_their_own(world: World) -> None:
    for values in (
        User.objects.values_list("email", flat=True),
        User.objects.values_list("public_id", flat=True),
        Application.objects.values_list("reference", flat=True),
        OutboxMail.objects.values_list("key", flat=True),
    ):
        assert len(set(values)) == len(values)
    assert all(len(public_id) == 22 for public_id in StreamApplication.objects.values_list("public_id", flat=True))
    for mail in OutboxMail.objects.filter(person__is_demo=True).select_related("person"):
        assert mail.to == mail.person.email
    references = {a.person_id: a.reference for a in Application.objects.all()}
    receipts = OutboxMail.objects.filter(template="applications/mail/receipt.txt")
    assert receipts.values("person").distinct().count() > LIVED
    for mail in receipts:
        assert references[mail.person_id] in mail.subject + mail.body


@pytest.mark.django_db
def test_each_copy_has_files_of_its_own(world: World) -> None:
    answered = [
        (answer.application_id, answer.value["id"]) for answer in Answer.objects.filter(value__has_key="sha256")
    ]
    files = {row.public_id: row for row in Document.objects.all()}

    assert len(answered) > 10
    assert all(files[public_id].application_id == application for application, public_id in answered)
    assert len({row.storage_name for row in files.values()}) == len(files)
    for row in files.values():
        with default_storage.open(row.storage_name) as file:
            assert hashlib.sha256(file.read()).hexdigest() == row.sha256


def test_everything_that_hangs_on_an_application_is_copied_or_left_out_by_name() -> None:
    copied = {part.model for part in (*copy_plan.PARTS, *copy_plan.READINGS, *copy_plan.READ)} | {AnswerSnapshot}
    hanging = {
        relation.related_model
        for model in copy_plan.MAPPED - {User}
        for relation in model._meta.related_objects
        if not relation.related_model._meta.auto_created
    }

    assert hanging - copied == set(copy_plan.LEFT_OUT)


@pytest.mark.django_db
def test_what_was_handed_in_names_its_own_tasks_and_has_its_checksum(world: World) -> None:
    own: dict[int, set[str]] = {}
    for model in (StreamApplication, EvaluationAssignment):
        for application, public_id in model.objects.values_list("application", "public_id"):
            own.setdefault(application, set()).add(public_id)
    everybodys = set().union(*own.values())

    for snapshot in AnswerSnapshot.objects.all():
        named = {section["scope_key"] for section in snapshot.content} | {snapshot.scope_key}
        assert named & everybodys <= own.get(snapshot.application_id, set())
        assert checksum(snapshot.content) == snapshot.sha256
    for answer in Answer.objects.filter(scope__in=["stream", "evaluation"]):
        assert answer.scope_key in own[answer.application_id]
    assert Review.objects.count() > LIVED

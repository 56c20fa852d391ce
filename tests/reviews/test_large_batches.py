"""Acts on many decisions: a job for each, safe to run again after it was done, and pages of a bearable length."""

from typing import Any

import pytest
from django.test import Client

from core import clock, jobs
from core.models import Job, OutboxMail
from core.states import JobState, MailState
from reviews.models import DecisionBatch
from reviews.states import BatchState
from reviews.views import batches as views
from tests.reviews import factories
from tests.worlds import World


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Call two decisions many: the jobs do not know how many that is."""
    monkeypatch.setattr(views, "AT_ONCE", 1)
    factories.read_cohort(world, {"applicant": (4, 4), "other applicant": (2, 2)})
    return world


def post(world: World, who: str, url: str, **typed: Any) -> Job:
    client = Client()
    client.force_login(world.people[who])
    with clock.at(world.moments["advanced"]):
        session = client.session
        session["account_authentication_methods"] = [{"method": "code", "at": clock.now().timestamp()}]
        session.save()
        answer = client.post(url, typed)
    assert answer.status_code == 302, answer.content
    return Job.objects.get(public_id=answer.url.rstrip("/").rsplit("/", 1)[-1])


def run_twice(world: World, job: Job) -> Job:
    """Run a job, and once more as if its worker had died after the commit and before the end."""
    with clock.at(world.moments["advanced"]):
        jobs.run(job.pk)
        job.refresh_from_db()
        assert job.state == JobState.DONE, job.error
        first = job.result
        Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
        jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.DONE, first), job.error
    return job


def test_large_batch_is_approved_released_and_taken_back_by_jobs(world: World) -> None:
    batch = factories.review_batch(world)
    url = f"/console/decisions/{batch.public_id}/"

    job = post(world, "staff b", f"{url}approve/", version=batch.version)
    assert post(world, "staff b", f"{url}approve/", version=batch.version) == job
    batch.refresh_from_db()
    assert batch.state == BatchState.DRAFT
    run_twice(world, job)
    run_twice(world, post(world, "staff a", f"{url}release/"))
    batch.refresh_from_db()
    assert (batch.state, batch.approver) == (BatchState.RELEASED, world.people["staff b"])

    run_twice(world, post(world, "staff a", f"{url}undo/", reason="The line was typed wrongly."))
    counter = batch.counter_batches.get()
    assert set(OutboxMail.objects.filter(key__startswith="decision:").values_list("state", flat=True)) == {
        MailState.STOPPED
    }
    run_twice(
        world, post(world, "staff b", f"/console/decisions/{counter.public_id}/undo/approve/", version=counter.version)
    )
    counter.refresh_from_db()
    assert counter.state == BatchState.RELEASED
    assert DecisionBatch.objects.count() == 2


def test_voiding_the_approval_of_a_large_batch_is_a_job(world: World) -> None:
    batch = factories.approved_batch(world)

    run_twice(world, post(world, "staff a", f"/console/decisions/{batch.public_id}/recall/"))

    batch.refresh_from_db()
    assert (batch.state, batch.approver) == (BatchState.DRAFT, None)


def test_maker_is_refused_at_once_and_no_job_begins(world: World) -> None:
    batch = factories.review_batch(world)
    client = Client()
    client.force_login(world.people["staff a"])

    with clock.at(world.moments["review"]):
        answer = client.post(f"/console/decisions/{batch.public_id}/approve/", {"version": batch.version})

    assert answer.status_code in {302, 409}
    assert not Job.objects.filter(kind="reviews.approve").exists()


def test_page_of_a_batch_that_is_worked_on_offers_no_act_and_names_the_job(world: World) -> None:
    batch = factories.review_batch(world)
    job = post(world, "staff b", f"/console/decisions/{batch.public_id}/approve/", version=batch.version)
    client = Client()
    client.force_login(world.people["staff b"])

    with clock.at(world.moments["review"]):
        page = client.get(f"/console/decisions/{batch.public_id}/").content.decode()

    assert job.get_absolute_url() in page
    assert "/approve/" not in page


def test_lines_come_in_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = factories.review_batch(world)
    monkeypatch.setattr(views, "LINES_ON_A_PAGE", 1)
    client = Client()
    client.force_login(world.people["staff b"])

    with clock.at(world.moments["review"]):
        pages = [
            client.get(f"/console/decisions/{batch.public_id}/?page={n}").content.decode().count('id="line-')
            for n in (1, 2)
        ]
        beyond = client.get(f"/console/decisions/{batch.public_id}/?page=99&show=all").content.decode()

    assert pages == [1, 1]
    assert "Page 2 of 2" in beyond

"""One reading more: asked for where two leave it open, given out by the job, and settling the disagreement."""

from decimal import Decimal

import numpy as np
import pytest
from django.test import Client

from applications.domain.application import withdraw_application
from core import clock, jobs
from core.models import AuditEvent, Job
from core.refusals import Refused
from mats_portal.desk.agreement import agreement_page
from mats_portal.desk.fitting import Fit, reads_of_cycle
from reviews.domain import batches
from reviews.domain.further import ask_further_reads
from reviews.models import FurtherRead, Review, ReviewAssignment
from tests.reviews import factories
from tests.worlds import World

SCORES = {f"person {n}": pair for n, pair in enumerate([(5, 3), (4, 4), (3, 3), (2, 2), (4, 4), (1, 1)])}


@pytest.fixture
def cohort(world: World) -> dict:
    return factories.read_cohort(world, SCORES)


def ask(world: World, *applications) -> list[FurtherRead]:
    rows = [factories.of(one) for one in applications]
    return ask_further_reads(
        track=world.tracks["empirical"], rows=rows, reason="readers differ", by=world.people["empirical lead"]
    )


@pytest.mark.requirement(36)
def test_a_third_reader_is_found_and_settles_the_disagreement(world: World, cohort: dict) -> None:
    batch = factories.review_batch(world)
    assert "disagreement" in [problem.kind for problem in batches.check_batch(batch)]

    ask(world, cohort["person 0"])
    assert [p.kind for p in batches.check_batch(batch) if p.blocks] == ["unread", "disagreement"]
    job = factories.assign(world, track="empirical")

    assert job.result["given"] == 1
    readings = factories.readings_of(factories.of(cohort["person 0"]))
    assert len({one.reviewer_id for one in readings}) == 3
    factories.review(world, readings[-1], 4)
    factories.check_notes(world)
    assert [p for p in batches.check_batch(batch) if p.blocks] == []
    assert AuditEvent.objects.filter(verb="ask_further_read").count() == 1


def test_asking_twice_or_too_late_is_refused(world: World, cohort: dict) -> None:
    ask(world, cohort["person 0"])
    with pytest.raises(Refused, match="Nothing is left to ask for"):
        ask(world, cohort["person 0"])
    with clock.at(world.moments["review"]):
        withdraw_application(application=cohort["person 1"], by=world.people["person 1"])
    with pytest.raises(Refused, match="Nothing is left to ask for"):
        ask(world, cohort["person 1"])
    assert FurtherRead.objects.count() == 1


def test_only_the_texts_asked_for_get_one_more(world: World, cohort: dict) -> None:
    before = ReviewAssignment.objects.count()
    ask(world, cohort["person 0"], cohort["person 3"])
    factories.assign(world)
    factories.assign(world)

    assert ReviewAssignment.objects.count() == before + 2


def test_page_lists_them_with_the_chance_and_asks_for_those_ticked(world: World, cohort: dict) -> None:
    track, lead = world.tracks["empirical"], world.people["empirical lead"]
    page = agreement_page(track, lead, Decimal("3.5"))
    differing = next(one for one in page.candidates if one.row.spread == 2)
    assert differing.reason == "readers differ by 2.00"
    assert differing.crossing is not None
    assert 0 < differing.crossing < 0.5  # the raw mean is 4: another reading has to be below 2.5
    client = Client()
    client.force_login(lead)
    url = f"/lead/{track.public_id}/agreement/"
    with clock.at(world.moments["review"]):
        shown = client.get(url, {"line": "3.5"}).content.decode()
        assert "Krippendorff" in shown
        assert "readers differ by 2.00" in shown
        nobody = client.post(f"{url}further/", {"line": "3.5"})
        assert (nobody.status_code, b"Tick who is to be read" in nobody.content) == (409, True)
        assert client.post(f"{url}further/", {"row": ["x\x00", "'"], "line": "NaN"}).status_code == 409
        asked = client.post(f"{url}further/", {"line": "3.5", "row": differing.row.public_id})
    assert asked.status_code == 302
    job = Job.objects.filter(kind="reviews.assign").order_by("-pk").first()
    with clock.at(world.moments["review"]):
        jobs.run(job.pk)
    assert FurtherRead.objects.get().track_application.public_id == differing.row.public_id
    assert ReviewAssignment.objects.filter(track_application__further_read__isnull=False).count() == 3
    again = agreement_page(track, lead, Decimal("3.5"))
    assert differing.row.reference not in [one.row.reference for one in again.candidates]


def test_chance_is_that_of_the_predicted_reading(world: World, cohort: dict) -> None:
    """Drawn readings move the raw mean over the line as often as the page says."""
    track = world.tracks["empirical"]
    page = agreement_page(track, world.people["empirical lead"], Decimal("3.5"))
    fitted = Fit(reads_of_cycle(track), track.pk).calibration
    of_reader = fitted.error_variance / fitted.lambda_reviewer
    rng = np.random.default_rng(3)
    assert page.candidates
    for one in page.candidates:
        row = one.row
        variance = row.standard_error**2 + of_reader + fitted.error_variance
        after = (float(row.raw) * row.n_reads + rng.normal(row.adjusted, variance**0.5, 200_000)) / (row.n_reads + 1)
        crossed = np.mean((after >= 3.5) != (row.raw >= Decimal("3.5")))
        assert one.crossing == pytest.approx(crossed, abs=0.01)


def test_severity_plot_is_an_image_without_script_and_escapes_names(world: World, cohort: dict) -> None:
    reviewer = Review.objects.first().assignment.reviewer
    reviewer.display_name = "<script>x</script> & a name that is very long indeed"
    reviewer.save()
    client = Client()
    client.force_login(world.people["empirical lead"])

    answer = client.get(f"/lead/{world.tracks['empirical'].public_id}/agreement/severity.svg")

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")
    image = answer.content.decode()
    assert "<script" not in image
    assert "too few" in image  # nobody has read eight

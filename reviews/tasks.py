"""Jobs of the reviews."""

from typing import Any

from django.urls import reverse

from core import jobs
from core.models import Job
from reviews.domain.assignments import apply_assignment, end_assignments
from reviews.engine import assign
from reviews.queries import needs
from streams.models import Cycle, Track


@jobs.kind("reviews.assign", label="Assigning reviewers")
def assign_reviewers(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Give every text of a cycle (``track_id``: of one track) its readers.

    One short transaction a text: what a killed run has given stays, and the next run goes on from there.
    """
    cycle = Cycle.objects.get(pk=job.params["cycle_id"])
    track_id = job.params.get("track_id")
    progress.step("Counting what is to be read")
    ended = end_assignments(by=job.asked_by)
    texts = needs.targets(cycle, Track.objects.get(pk=track_id) if track_id else None)
    open_texts = dict(enumerate(text for text in texts if text.missing and text.rubric_id is not None))
    plan = assign(
        needs={key: text.missing for key, text in open_texts.items()},
        eligible={key: text.eligible for key, text in open_texts.items()},
        loads=needs.loads(),
        seed=job.pk,
    )
    given = 0
    for done, (key, readers) in enumerate(sorted(plan.readers.items()), 1):
        progress.step(f"Giving out text {done} of {len(plan.readers)}", done, len(plan.readers))
        given += apply_assignment(target=open_texts[key], readers=readers, by=job.asked_by)
    unmet = [
        {
            "reference": open_texts[key].reference,
            "tracks": list(open_texts[key].tracks),
            "kind": open_texts[key].kind,
            "missing": missing,
            "why": "too few reviewers without a conflict",
        }
        for key, missing in sorted(plan.unmet.items())
    ]
    unmet += [
        {
            "reference": text.reference,
            "tracks": list(text.tracks),
            "kind": text.kind,
            "missing": text.missing,
            "why": "no rubric",
        }
        for text in texts
        if text.missing and text.rubric_id is None
    ]
    return {"texts": len(texts), "given": given, "ended": ended, "unmet": unmet, "url": reverse("reviews:assignments")}

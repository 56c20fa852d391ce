"""The job behind a match run."""

from typing import Any

from core import jobs
from core.models import Job
from matching.domain.runs import JOB_KIND, compute_run
from matching.models import MatchRun


@jobs.kind(JOB_KIND, label="Match run", queue="match")
def run_match(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Compute one run."""
    run = compute_run(MatchRun.objects.values_list("pk", flat=True).get(public_id=job.params["run"]), progress)
    return {"url": run.get_absolute_url(), "size": run.certificate["size"]}

"""Progress of a job: a page, and the fragment that htmx asks for every two seconds."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core import clock, jobs, queries
from core.http import render_page
from core.models import Job
from core.policies import policy


@policy("core.view_every_job")
@require_safe
def job_list(request: HttpRequest) -> HttpResponse:
    """List recent jobs."""
    recent = queries.jobs_visible_to(request.user).select_related("asked_by").order_by("-pk")[:50]
    return render(request, "core/jobs.html", {"jobs": [{"job": job, "label": jobs.label_of(job)} for job in recent]})


@policy("core.view_job", job=queries.jobs_visible_to)
@require_safe
def job(request: HttpRequest, job: Job) -> HttpResponse:
    """Show how far a job is."""
    silent = job.silent_since and (clock.wall() - job.silent_since).total_seconds() > 60
    context = {
        "job": job,
        "label": jobs.label_of(job),
        "silent": silent,
        "next_url": job.result.get("url", ""),
    }
    response = render_page(request, "core/job.html", "core/_job.html", context)
    if job.is_over and job.result.get("url") and getattr(request, "htmx", False):
        response["HX-Redirect"] = job.result["url"]
    return response


@policy("core.view_job", job=queries.jobs_visible_to)
@require_POST
def job_cancel(request: HttpRequest, job: Job) -> HttpResponse:
    """Ask a job to stop."""
    jobs.cancel(job=job, by=request.user)
    return redirect(job)


@policy("core.view_job", job=queries.jobs_visible_to)
@require_POST
def job_run_again(request: HttpRequest, job: Job) -> HttpResponse:
    """Queue a failed or cancelled job again."""
    jobs.run_again(job=job, by=request.user)
    return redirect(job)

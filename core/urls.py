"""Addresses of the platform's own pages."""

from django.urls import path

from core.views import health, jobs, outbox, record

app_name = "core"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("livez", health.livez, name="livez"),
    path("theme/", record.theme, name="theme"),
    path("console/outbox/", outbox.outbox_page, name="outbox"),
    path("console/outbox/settle/", outbox.settle_unknown, name="settle_unknown"),
    path("console/outbox/<str:mail>/", outbox.mail, name="mail"),
    path("console/outbox/<str:mail>/<slug:act>/", outbox.mail_act, name="mail_act"),
    path("console/jobs/", jobs.job_list, name="jobs"),
    path("console/jobs/<str:job>/", jobs.job, name="job"),
    path("console/jobs/<str:job>/cancel/", jobs.job_cancel, name="job_cancel"),
    path("console/jobs/<str:job>/again/", jobs.job_run_again, name="job_run_again"),
    path("console/audit/", record.audit_log, name="audit"),
]

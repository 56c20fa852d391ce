"""Addresses of the applicant's pages."""

from django.urls import path

from applications.views import general, hand_in, messages, stage2, tasks

app_name = "applications"
urlpatterns = [
    path("my/application/", general.tasklist, name="tasklist"),
    path("my/application/start/", general.start, name="start"),
    path("my/application/check/", hand_in.check, name="check"),
    path("my/application/submit/", hand_in.submit, name="submit"),
    path("my/application/reopen/", hand_in.reopen, name="reopen"),
    path("my/application/withdraw/", hand_in.withdraw, name="withdraw"),
    path("my/application/receipt/<slug:reference>/", hand_in.receipt, name="receipt"),
    path("my/application/receipt/<slug:reference>.txt", hand_in.receipt_text, name="receipt_text"),
    path("my/application/<slug:section>/", general.section, name="section"),
    path("my/application/<slug:section>/versions/", general.versions, name="versions"),
    path("my/streams/", stage2.stage2, name="stage2"),
    path("my/streams/add/<slug:slug>/", stage2.stream_add, name="stream_add"),
    path("my/streams/<slug:slug>/", stage2.stream_form, name="stream_form"),
    path("my/streams/<slug:slug>/versions/", stage2.stream_versions, name="stream_versions"),
    path("my/streams/<slug:slug>/reopen/", stage2.stream_reopen, name="stream_reopen"),
    path("my/streams/<slug:slug>/withdraw/", stage2.stream_withdraw, name="stream_withdraw"),
    path("my/tasks/<str:task>/", tasks.task, name="task"),
    path("my/tasks/<str:task>/reopen/", tasks.task_reopen, name="task_reopen"),
    path("my/messages/", messages.message_list, name="messages"),
    path("my/messages/<str:mail>/", messages.message, name="message"),
]

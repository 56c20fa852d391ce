"""Addresses of the applicant's pages."""

from django.urls import path

from applications.views import files, general, hand_in, letters, messages, referees, score_hook, staff, stage2, tasks

app_name = "applications"
urlpatterns = [
    path("my/application/", general.tasklist, name="tasklist"),
    path("my/application/start/", general.start, name="start"),
    path("my/application/bring/", general.bring, name="bring"),
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
    path("my/tracks/<slug:slug>/add/", stage2.track_add, name="track_add"),
    path("my/streams/<slug:slug>/", stage2.stream_form, name="stream_form"),
    path("my/streams/<slug:slug>/versions/", stage2.stream_versions, name="stream_versions"),
    path("my/streams/<slug:slug>/reopen/", stage2.stream_reopen, name="stream_reopen"),
    path("my/streams/<slug:slug>/withdraw/", stage2.stream_withdraw, name="stream_withdraw"),
    path("my/tasks/<str:task>/", tasks.task, name="task"),
    path("my/tasks/<str:task>/reuse/", tasks.task_reuse, name="task_reuse"),
    path("my/tasks/<str:task>/start/", tasks.task_start, name="task_start"),
    path("my/tasks/<str:task>/reopen/", tasks.task_reopen, name="task_reopen"),
    path("my/referees/", referees.referees, name="referees"),
    path("my/referees/<str:referee>/replace/", referees.referee_replace, name="referee_replace"),
    path("my/referees/<str:referee>/remind/", referees.referee_remind, name="referee_remind"),
    path("my/referees/<str:referee>/ask/", referees.referee_ask, name="referee_ask"),
    path("console/people/<str:application>/more-time/", staff.more_time, name="more_time"),
    path("console/references/<str:referee>/bounced/", staff.reference_bounced, name="reference_bounced"),
    path("console/references/<str:referee>/new-link/", staff.reference_new_link, name="reference_new_link"),
    path("refer/", letters.referee, name="referee"),
    path("refer/open/<str:token>/", letters.referee_enter, name="referee_enter"),
    path("refer/<str:letter>/", letters.letter, name="letter"),
    path("refer/<str:letter>/decline/", letters.letter_decline, name="letter_decline"),
    path("refer/<str:letter>/done/", letters.letter_done, name="letter_done"),
    path("my/files/<str:document>/", files.file, name="file"),
    path("my/files/<str:document>/text/", files.file_text, name="file_text"),
    path("hooks/scores/<slug:provider>/", score_hook.score_hook, name="score_hook"),
    path("my/history/", messages.history, name="history"),
    path("my/messages/", messages.message_list, name="messages"),
    path("my/messages/<str:mail>/", messages.message, name="message"),
]

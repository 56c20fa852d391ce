"""Addresses of reading and deciding."""

from django.urls import path

from reviews.views import batches, identity, practice, progress, proposals, reading, results, undo

app_name = "reviews"
urlpatterns = [
    path("review/", reading.queue, name="queue"),
    path("review/next/", reading.next_text, name="next"),
    path("review/done/", reading.done, name="done"),
    path("review/conflicts/", reading.conflicts, name="conflicts"),
    path("review/guide/", reading.guide, name="guide"),
    path("review/calibration/", practice.practice_home, name="practice"),
    path("review/calibration/<str:track>/", practice.practice_set, name="practice_set"),
    path("review/calibration/<str:track>/start/", practice.practice_start, name="practice_start"),
    path("review/calibration/texts/<str:item>/", practice.practice_item, name="practice_item"),
    path("review/<str:assignment>/", reading.review, name="review"),
    path("review/<str:assignment>/reveals/", identity.flag, name="identity_flag"),
    path("lead/identity/", identity.flags, name="identity_flags"),
    path("lead/identity/<str:flag>/", identity.flag_decide, name="identity_decide"),
    path("review/<str:assignment>/conflict/", reading.conflict, name="conflict"),
    path("review/<str:assignment>/decline/", proposals.decline, name="decline"),
    path("review/<str:assignment>/files/<str:document>/", reading.review_file, name="review_file"),
    path("lead/", progress.lead_home, name="lead_home"),
    path("lead/<str:track>/assignments/", proposals.track_assignments, name="track_assignments"),
    path("lead/<str:track>/assignments/propose/", proposals.propose, name="propose"),
    path("lead/<str:track>/assignments/file/", proposals.propose_file, name="propose_file"),
    path("lead/proposals/<str:proposal>/", proposals.proposal, name="proposal"),
    path("lead/proposals/<str:proposal>/discard/", proposals.proposal_discard, name="proposal_discard"),
    path("lead/proposals/<str:proposal>/<str:line>/", proposals.proposal_line, name="proposal_line"),
    path("lead/readings/<str:assignment>/move/", proposals.assignment_move, name="assignment_move"),
    path("my/result/", results.result, name="result"),
    path("console/assignments/", progress.assignments, name="assignments"),
    path("console/decisions/", batches.batch_list, name="batches"),
    path("console/decisions/new/", batches.batch_new, name="batch_new"),
    path("console/decisions/<str:batch>/", batches.batch_page, name="batch"),
    path("console/decisions/<str:batch>/outcome/", batches.batch_outcome, name="batch_outcome"),
    path("console/decisions/<str:batch>/mails/", batches.batch_mails, name="batch_mails"),
    path("console/decisions/<str:batch>/approve/", batches.batch_approve, name="batch_approve"),
    path("console/decisions/<str:batch>/recall/", batches.batch_recall, name="batch_recall"),
    path("console/decisions/<str:batch>/schedule/", batches.batch_schedule, name="batch_schedule"),
    path("console/decisions/<str:batch>/release/", batches.batch_release, name="batch_release"),
    path("console/decisions/<str:batch>/undo/", undo.batch_undo, name="batch_undo"),
    path("console/decisions/<str:batch>/undo/approve/", undo.batch_undo_approve, name="batch_undo_approve"),
    path("console/decisions/<str:batch>/discard/", batches.batch_discard, name="batch_discard"),
]

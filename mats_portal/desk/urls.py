"""Addresses of the pages that gather from several apps."""

from django.urls import path

from mats_portal.desk.views import (
    agreement,
    calendar,
    console,
    dashboard,
    data,
    exports,
    gallery,
    mentor,
    process,
    roles,
)

app_name = "desk"
urlpatterns = [
    path("how-it-works/", process.process, name="process"),
    path("my/", dashboard.dashboard, name="dashboard"),
    path("my/calendar/", calendar.calendar, name="calendar"),
    path("my/calendar/link/", calendar.link_new, name="calendar_link_new"),
    path("my/calendar/link/end/", calendar.link_end, name="calendar_link_end"),
    path("calendar/<str:signed>.ics", calendar.feed, name="calendar_feed"),
    path("my/data/", data.data, name="data"),
    path("my/data/copy/", data.copy_new, name="copy_new"),
    path("my/data/copy/<str:copy>/", data.copy_file, name="copy_file"),
    path("my/data/delete/", data.delete, name="delete"),
    path("my/data/delete/<str:deletion>/cancel/", data.delete_cancel, name="delete_cancel"),
    path("mentor/", mentor.mentor, name="mentor"),
    path("lead/<str:track>/agreement/", agreement.agreement, name="agreement"),
    path("console/", console.board, name="board"),
    path("console/people/", console.people_page, name="people"),
    path("console/people/<str:application>/", console.person_page, name="person"),
    path("console/files/<str:document>/", console.document_file, name="document_file"),
    path("console/silence/", console.silence_page, name="silence"),
    path("console/exports/", exports.exports, name="exports"),
    path("console/exports/new/", exports.export_new, name="export_new"),
    path("console/exports/choices/<str:saved>/remove/", exports.saved_export_remove, name="saved_export_remove"),
    path("console/exports/<str:export>/file/", exports.export_file, name="export_file"),
    path("console/setup/roles/", roles.role_list, name="roles"),
    path("console/setup/roles/new/", roles.role_new, name="role_new"),
    path("console/setup/roles/<str:grant>/revoke/", roles.role_revoke, name="role_revoke"),
    path("console/setup/accounts/<str:person>/", roles.account, name="account"),
    path("console/setup/accounts/<str:person>/suspend/", roles.suspend, name="suspend"),
    path("console/setup/accounts/<str:person>/reinstate/", roles.reinstate, name="reinstate"),
    path("console/setup/accounts/<str:person>/reset-factor/", roles.reset_factor, name="reset_factor"),
    path("console/setup/components/", gallery.gallery, name="gallery"),
]

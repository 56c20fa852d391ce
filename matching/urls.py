"""Addresses of preferences, rank order lists, match runs and offers."""

from django.urls import path

from matching.views import commitments, counterfactuals, method, offers, preferences, ranking, runs

app_name = "matching"
urlpatterns = [
    path("how-matching-works/", method.explain, name="explain"),
    path("my/preferences/", preferences.preferences, name="preferences"),
    path("my/preferences/confirm/", preferences.preferences_confirm, name="preferences_confirm"),
    path("my/offers/", offers.my_offers, name="my_offers"),
    path("my/offers/<str:offer>/", offers.offer, name="offer"),
    path("my/offers/<str:offer>/accept/", offers.offer_accept, name="offer_accept"),
    path("my/offers/<str:offer>/decline/", offers.offer_decline, name="offer_decline"),
    path("mentor/<str:stream>/people/<str:person>/", ranking.person, name="person"),
    path("mentor/<str:stream>/people/<str:person>/files/<str:document>/", ranking.person_file, name="person_file"),
    path(
        "mentor/<str:stream>/people/<str:person>/files/<str:document>/text/",
        ranking.person_file_text,
        name="person_file_text",
    ),
    path("mentor/<str:stream>/ranking/", ranking.ranking, name="ranking"),
    path("mentor/<str:stream>/ranking/submit/", ranking.ranking_submit, name="ranking_submit"),
    path("mentor/<str:stream>/ranking/take-back/", ranking.ranking_take_back, name="ranking_take_back"),
    path("mentor/<str:stream>/ranking/if-late/", ranking.ranking_late_rule, name="ranking_late_rule"),
    path("console/match/", runs.run_list, name="runs"),
    path("console/match/new/", runs.run_new, name="run_new"),
    path("console/match/commitment/", commitments.publish, name="commit_to_seed"),
    path("console/match/<str:run>/", runs.run, name="run"),
    path("console/match/<str:run>/profile.svg", runs.run_plot, name="run_plot"),
    path("console/match/<str:run>/streams.svg", runs.run_stream_plot, name="run_stream_plot"),
    path("console/match/<str:run>/what-if/", counterfactuals.what_if, name="what_if"),
    path("console/match/<str:run>/people/<str:person>/", runs.run_person, name="run_person"),
    path("console/match/<str:run>/approve/", runs.run_approve, name="run_approve"),
    path("console/match/<str:run>/discard/", runs.run_discard, name="run_discard"),
    path("console/match/<str:run>/release/", offers.offers_release, name="offers_release"),
    path("console/offers/", offers.board, name="offers"),
    path("console/offers/export.csv", offers.offers_export, name="offers_export"),
]

"""Gather what was written before packets existed; what applicants have read already stands as handed over."""

import random

from django.db import migrations
from django.db.models import F

READ_TO_THE_END = ["advanced", "not_advanced"]


def gather(apps, schema_editor):
    """Make packets of the readings handed in: applications first, and tasks where nothing was told yet."""
    Review = apps.get_model("reviews", "Review")
    Decision = apps.get_model("reviews", "Decision")
    TrackApplication = apps.get_model("applications", "TrackApplication")
    written = Review.objects.filter(assignment__state="submitted").exclude(feedback_public="").order_by("pk")
    released = dict(
        Decision.objects.filter(
            batch__state="released", batch__gate="review", batch__counters=None, left_out="", taken_back_at=None
        )
        .order_by("batch__released_at", "pk")
        .values_list("track_application_id", "batch__released_at")
    )
    ended = set(TrackApplication.objects.filter(released_state__in=READ_TO_THE_END).values_list("pk", flat=True))
    told = {pk: at for pk, at in released.items() if pk in ended}
    lines = [
        (row, review, "", text, place)
        for review, row, text, place in written.filter(assignment__track_application__isnull=False).values_list(
            "pk", "assignment__track_application_id", "feedback_public", "assignment__position"
        )
    ]
    graded = written.filter(
        assignment__evaluation__isnull=False,
        assignment__evaluation__definition__tracks=F("assignment__evaluation__application__track_applications__track"),
    )
    lines += [
        (row, review, title, text, place)
        for review, row, title, text, place in graded.values_list(
            "pk",
            "assignment__evaluation__application__track_applications",
            "assignment__evaluation__definition__title",
            "feedback_public",
            "assignment__position",
        )
        if row not in told
    ]
    _store(apps, lines, told)


def _store(apps, lines, told):
    Packet = apps.get_model("reviews", "FeedbackPacket")
    Sentence = apps.get_model("reviews", "FeedbackSentence")
    words = {}
    for row, _, about, text, _ in sorted(lines, key=lambda line: line[4]):
        words.setdefault(row, []).append({"about": about, "text": text})
    Packet.objects.bulk_create(
        [
            Packet(track_application_id=row, state="told", told=found, told_at=told[row])
            if row in told
            else Packet(track_application_id=row)
            for row, found in words.items()
        ],
        batch_size=1000,
    )
    packets = dict(Packet.objects.values_list("track_application_id", "pk"))
    chance = random.SystemRandom()
    Sentence.objects.bulk_create(
        [
            Sentence(
                packet_id=packets[row],
                review_id=review,
                about=about,
                original=text,
                text=text,
                # What was told keeps the order in which it was told.
                position=place if row in told else chance.randrange(2**31),
            )
            for row, review, about, text, place in lines
        ],
        batch_size=1000,
    )


class Migration(migrations.Migration):
    dependencies = [("reviews", "0012_feedback"), ("applications", "0008_scores_by_hand")]

    operations = [migrations.RunPython(gather, migrations.RunPython.noop)]

"""A cycle of the programme, its dated events and its sites."""

from datetime import date

from django.db import models
from django.db.models import F, Q

from core.ids import public_id
from streams.states import Audience, CapsBy, FeedbackPolicy, OfferMode, Precision, ReferenceMoment, WhoActs

#: How short and how long the times of a question about a submission may be, in whole days.
LEAST_DAYS_TO_ANSWER, LEAST_DAYS_TO_DECIDE, MOST_DAYS = 3, 1, 60


def reminder_days() -> list[int]:
    """Return how many days before its date the author of a submission is reminded of a question about it."""
    return [3, 1]


class Cycle(models.Model):
    """One round of the programme, such as Autumn 2026."""

    public_id = models.CharField(max_length=32, unique=True, default=public_id, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    code = models.CharField(max_length=8, unique=True, help_text="Stands in references of applications, such as 26A.")
    name = models.CharField(max_length=100)
    summary = models.TextField(blank=True)

    programme_starts_on = models.DateField()
    programme_ends_on = models.DateField()
    zone_rule = models.CharField(max_length=40, default="AoE", help_text="AoE or the name of a time zone.")
    grace_minutes = models.PositiveSmallIntegerField(default=15)
    effort_budget_minutes = models.PositiveSmallIntegerField(default=480)
    reviews_per_application = models.PositiveSmallIntegerField(default=2)
    offer_mode = models.CharField(max_length=10, choices=OfferMode.choices, default=OfferMode.MATCH)
    caps_by = models.CharField(max_length=8, choices=CapsBy.choices, default=CapsBy.NOTHING)
    max_referees = models.PositiveSmallIntegerField(default=2)
    referees_asked = models.CharField(
        max_length=10, choices=ReferenceMoment.choices, default=ReferenceMoment.STAGE2, help_text="When they are asked."
    )
    practice_required = models.BooleanField(
        default=False, help_text="Whether a reviewer practises before they may write the first review of a track."
    )
    cohort_cap = models.PositiveSmallIntegerField(null=True, blank=True)
    gives_out_reading = models.BooleanField(
        default=True, help_text="Texts go to readers when the review opens. Otherwise track leads apply a proposal."
    )
    feedback_policy = models.CharField(
        max_length=8, choices=FeedbackPolicy.choices, default=FeedbackPolicy.CHECKED, help_text="What applicants get."
    )
    explain_difference = models.PositiveSmallIntegerField(
        default=2, help_text="Two readers whose levels of a criterion differ by this much explain it; 0 is never."
    )
    concern_reply_days = models.PositiveSmallIntegerField(
        default=7, help_text="How long somebody has to answer a question about their submission."
    )
    concern_decision_days = models.PositiveSmallIntegerField(
        default=7, help_text="How long two people have to decide after that."
    )
    concern_appeal_days = models.PositiveSmallIntegerField(
        default=7, help_text="How long somebody can appeal when their submission does not count."
    )
    concern_reminder_days = models.JSONField(
        default=reminder_days,
        blank=True,
        help_text="How many days before the date whoever has not answered is reminded.",
    )
    is_public_current = models.BooleanField(default=False)
    finder = models.JSONField(
        default=list,
        blank=True,
        editable=False,
        help_text="Questions of the track finder, as the catalogue file says them.",
    )

    general_form = models.ForeignKey(
        "questions.Form", on_delete=models.PROTECT, null=True, blank=True, related_name="cycles"
    )

    class Meta:
        ordering = ["-programme_starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_public_current"], condition=Q(is_public_current=True), name="cycle_one_public_current"
            ),
            models.CheckConstraint(
                condition=Q(programme_ends_on__gt=F("programme_starts_on")), name="cycle_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(offer_mode__in=OfferMode.values), name="cycle_offer_mode_known"),
            models.CheckConstraint(condition=Q(caps_by__in=CapsBy.values), name="cycle_caps_by_known"),
            models.CheckConstraint(condition=Q(max_referees__lte=5), name="cycle_at_most_five_referees"),
            models.CheckConstraint(
                condition=Q(referees_asked__in=ReferenceMoment.values), name="cycle_referees_asked_known"
            ),
            models.CheckConstraint(
                condition=Q(feedback_policy__in=FeedbackPolicy.values), name="cycle_feedback_policy_known"
            ),
            models.CheckConstraint(condition=Q(reviews_per_application__gte=1), name="cycle_at_least_one_review"),
            models.CheckConstraint(condition=Q(grace_minutes__lte=120), name="cycle_grace_at_most_two_hours"),
            models.CheckConstraint(
                condition=Q(
                    concern_reply_days__range=(LEAST_DAYS_TO_ANSWER, MOST_DAYS),
                    concern_appeal_days__range=(LEAST_DAYS_TO_ANSWER, MOST_DAYS),
                    concern_decision_days__range=(LEAST_DAYS_TO_DECIDE, MOST_DAYS),
                ),
                name="cycle_time_to_answer_questions",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def n_weeks(self) -> int:
        """Length of the programme in started weeks, both end days included."""
        return weeks_between(self.programme_starts_on, self.programme_ends_on)


def weeks_between(first: date, last: date) -> int:
    return -(-((last - first).days + 1) // 7)


class KeyDate(models.Model):
    """A dated event of a cycle. The one place where its date is written; every page reads it from here."""

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="key_dates")
    code = models.SlugField(max_length=40)
    label = models.CharField(max_length=120)
    note = models.TextField(blank=True)

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    zone = models.CharField(max_length=40, default="AoE", help_text="As entered: AoE or the name of a time zone.")
    precision = models.CharField(max_length=12, choices=Precision.choices, default=Precision.DAY)

    audience = models.CharField(max_length=20, choices=Audience.choices, default=Audience.EVERYONE)
    who_acts = models.CharField(max_length=20, choices=WhoActs.choices, default=WhoActs.NOBODY)
    public = models.BooleanField(default=True)
    order = models.PositiveSmallIntegerField()

    moved_from = models.DateTimeField(null=True, blank=True)
    moved_reason = models.CharField(max_length=300, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["cycle", "order"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "code"], name="key_date_code_unique"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")), name="key_date_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(audience__in=Audience.values), name="key_date_audience_known"),
            models.CheckConstraint(condition=Q(who_acts__in=WhoActs.values), name="key_date_who_acts_known"),
            models.CheckConstraint(condition=Q(precision__in=Precision.values), name="key_date_precision_known"),
            models.CheckConstraint(
                condition=Q(moved_from__isnull=True) | ~Q(moved_reason=""), name="key_date_moved_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle.code} {self.code}"


class Site(models.Model):
    """A place where fellows work together."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    city = models.CharField(max_length=100)
    timezone = models.CharField(max_length=60)
    seats = models.PositiveSmallIntegerField(null=True, blank=True)
    cycles = models.ManyToManyField(Cycle, related_name="sites", blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

"""A small cycle for tests: two tracks, three streams, their forms, dates and people, without the catalogue.

Tests of every app start here: ``world = small_world()``, then ``with clock.at(world.moments["open"]): ...``.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from accounts.models import RoleGrant, User
from accounts.states import Role, ScopeKind
from applications.models import EvaluationDefinition
from applications.states import AiPolicy
from questions.models import Form, FormItem, FormVersion, Question
from questions.states import DataClass, FormState, QuestionKind
from streams.models import (
    Agreement,
    Cycle,
    KeyDate,
    Mentor,
    Site,
    Step,
    Stream,
    StreamArea,
    StreamMentor,
    StreamTrack,
    Track,
)
from streams.states import InPerson, Precision, SelectionMode, StepKind, StreamState

LONG_AGO = datetime(2026, 4, 1, tzinfo=UTC)
#: Key dates of the small cycle: code, instant, zone.
DATES = [
    ("general_opens", datetime(2026, 5, 12, 12, tzinfo=UTC)),
    ("general_closes", datetime(2026, 6, 8, 12, tzinfo=UTC)),
    ("screen_released", datetime(2026, 6, 12, 16, tzinfo=UTC)),
    ("stage2_opens", datetime(2026, 6, 12, 16, tzinfo=UTC)),
    ("stage2_closes", datetime(2026, 6, 25, 12, tzinfo=UTC)),
    ("review_opens", datetime(2026, 6, 25, 13, tzinfo=UTC)),
    ("review_closes", datetime(2026, 7, 6, 12, tzinfo=UTC)),
    ("advance_released", datetime(2026, 7, 7, 16, tzinfo=UTC)),
    ("stream_stage_opens", datetime(2026, 7, 7, 16, tzinfo=UTC)),
    ("stream_stage_closes", datetime(2026, 7, 25, 12, tzinfo=UTC)),
    ("rankings_close", datetime(2026, 7, 27, 12, tzinfo=UTC)),
    ("preferences_close", datetime(2026, 7, 27, 12, tzinfo=UTC)),
    ("match_run", datetime(2026, 7, 28, 9, tzinfo=UTC)),
    ("offers_sent", datetime(2026, 7, 30, 16, tzinfo=UTC)),
    ("offers_reply_by", datetime(2026, 8, 7, 12, tzinfo=UTC)),
    ("waitlist_ends", datetime(2026, 8, 21, 16, tzinfo=UTC)),
    ("onboarding_done", datetime(2026, 9, 12, 12, tzinfo=UTC)),
    ("programme_starts", datetime(2026, 9, 28, 8, tzinfo=UTC)),
    ("programme_ends", datetime(2026, 12, 4, 18, tzinfo=UTC)),
]
#: Moments between the dates, by what is possible then.
MOMENTS = {
    "before": datetime(2026, 5, 1, 12, tzinfo=UTC),
    "open": datetime(2026, 6, 1, 12, tzinfo=UTC),
    "closed": datetime(2026, 6, 8, 13, tzinfo=UTC),
    "stage2": datetime(2026, 6, 15, 12, tzinfo=UTC),
    "review": datetime(2026, 6, 27, 12, tzinfo=UTC),
    "advanced": datetime(2026, 7, 8, 12, tzinfo=UTC),
    "ranking": datetime(2026, 7, 20, 12, tzinfo=UTC),
    "matching": datetime(2026, 7, 28, 12, tzinfo=UTC),
    "offers": datetime(2026, 7, 31, 12, tzinfo=UTC),
    "late_offers": datetime(2026, 8, 8, 12, tzinfo=UTC),
}
#: Steps of a track, in order; a track without a screen leaves the second one out.
STEPS = [
    (StepKind.FORM, "general_opens", "general_closes"),
    (StepKind.SCREEN, "general_closes", "screen_released"),
    (StepKind.STREAM_APPLICATION, "stage2_opens", "stage2_closes"),
    (StepKind.EVALUATION, "stage2_opens", "stage2_closes"),
    (StepKind.CENTRAL_REVIEW, "review_opens", "review_closes"),
    (StepKind.RANKING, "stream_stage_opens", "rankings_close"),
    (StepKind.OFFER, "offers_sent", "offers_reply_by"),
]


@dataclass(frozen=True)
class World:
    """What ``small_world`` made. ``tracks``: empirical (screened), theory (not). ``streams``: alpha and beta in
    empirical (beta in both, in person, with areas and an agreement), gamma in theory."""

    cycle: Cycle
    tracks: dict[str, Track]
    streams: dict[str, Stream]
    people: dict[str, User]
    evaluation: EvaluationDefinition
    moments: dict[str, datetime]

    def date(self, code: str) -> datetime:
        """Return the instant of a key date."""
        return dict(DATES)[code]

    @property
    def grace(self) -> timedelta:
        """How long after a deadline something is still taken."""
        return timedelta(minutes=self.cycle.grace_minutes)


def person(name: str, **fields: object) -> User:
    """Make one person with an address of their own."""
    slug = name.lower().replace(" ", ".")
    return User.objects.create_user(f"{slug}@example.org", None, display_name=name.title(), **fields)


def grant(user: User, role: str, scope_kind: str = ScopeKind.ALL, scope: Track | Stream | None = None) -> RoleGrant:
    """Give a role, as staff would."""
    key = scope.public_id if scope is not None else ""
    return RoleGrant.objects.create(user=user, role=role, scope_kind=scope_kind, scope_key=key, granted_at=LONG_AGO)


def question(code: str, kind: str = QuestionKind.LONG_TEXT, **fields: object) -> Question:
    """Make one question of the bank."""
    fields = {
        "canonical_meaning": code.replace("-", " ").capitalize(),
        "text": f"{code.capitalize()}?",
        "effort_minutes": 5,
        **fields,
    }
    return Question.objects.create(code=code, kind=kind, **fields)


def form(code: str, sections: dict[str, list[tuple[Question, dict]]]) -> Form:
    """Make a published form: section title to its questions with their settings."""
    made = Form.objects.create(code=code, title=code.replace("-", " ").capitalize())
    version = FormVersion.objects.create(
        form=made,
        number=1,
        state=FormState.PUBLISHED,
        published_at=LONG_AGO,
        sections=[{"code": title.lower().replace(" ", "-"), "title": title, "intro": ""} for title in sections],
    )
    order = 0
    for title, rows in sections.items():
        for asked, settings in rows:
            order += 1
            FormItem.objects.create(
                version=version, question=asked, order=order, section=title.lower().replace(" ", "-"), **settings
            )
    return made


def small_world() -> World:
    """Make the cycle with everything that is configured, and the people; nobody has applied."""
    cycle = _cycle()
    tracks = _tracks(cycle)
    streams = _streams(cycle, tracks)
    evaluation = EvaluationDefinition.objects.create(
        cycle=cycle,
        code="coding",
        title="Coding task",
        brief="Read the **brief**.",
        effort_minutes=90,
        ai_policy=AiPolicy.ALLOWED_DISCLOSE,
        form=form("coding-form", {"Task": [(question("approach"), {"max_words": 50})]}),
    )
    evaluation.tracks.set(tracks.values())
    return World(cycle, tracks, streams, _people(tracks, streams), evaluation, MOMENTS)


def _cycle() -> Cycle:
    choices = [{"value": "berkeley", "label": "Berkeley"}, {"value": "london", "label": "London"}]
    general = form(
        "general",
        {
            "About you": [
                (question("full-name", QuestionKind.SHORT_TEXT, data_class=DataClass.IDENTITY), {}),
                (question("pronouns", QuestionKind.SHORT_TEXT, data_class=DataClass.IDENTITY), {"required": False}),
            ],
            "Motivation": [
                (question("why"), {"max_words": 20}),
                (question("proof", QuestionKind.LINKS), {"required": False}),
            ],
            "Places": [
                (question("places", QuestionKind.MULTI_CHOICE, choices=choices, data_class=DataClass.LOGISTICS), {}),
            ],
            "Statements": [(question("consent", QuestionKind.CONSENT), {})],
        },
    )
    cycle = Cycle.objects.create(
        slug="autumn-2026",
        code="26A",
        name="Autumn 2026",
        programme_starts_on=date(2026, 9, 28),
        programme_ends_on=date(2026, 12, 4),
        grace_minutes=15,
        general_form=general,
        is_public_current=True,
    )
    KeyDate.objects.bulk_create(
        [
            KeyDate(
                cycle=cycle,
                code=code,
                label=code.replace("_", " ").capitalize(),
                starts_at=at,
                order=order,
                zone="AoE" if is_end_of_day(code) else "UTC",
                precision=Precision.END_OF_DAY if is_end_of_day(code) else Precision.TIME,
            )
            for order, (code, at) in enumerate(DATES, start=1)
        ]
    )
    return cycle


def is_end_of_day(code: str) -> bool:
    """Say whether a key date is an end of day AoE, as deadlines are."""
    return dict(DATES)[code].hour == 12 and code != "general_opens"


def _tracks(cycle: Cycle) -> dict[str, Track]:
    method = form("empirical-form", {"Empirical": [(question("method"), {"max_words": 30})]})
    tracks = {
        "empirical": Track.objects.create(
            cycle=cycle,
            slug="empirical",
            name="Empirical",
            summary="Measure.",
            order=1,
            form=method,
            blind_fields=[DataClass.IDENTITY, DataClass.INSTITUTION],
        ),
        "theory": Track.objects.create(cycle=cycle, slug="theory", name="Theory", summary="Prove.", order=2),
    }
    for slug, track in tracks.items():
        steps = [step for step in STEPS if slug == "empirical" or step[0] != StepKind.SCREEN]
        Step.objects.bulk_create(
            [
                Step(track=track, order=order, kind=kind, name=str(kind.label), opens_code=opens, closes_code=closes)
                for order, (kind, opens, closes) in enumerate(steps, start=1)
            ]
        )
    return tracks


def _streams(cycle: Cycle, tracks: dict[str, Track]) -> dict[str, Stream]:
    site = Site.objects.create(slug="berkeley", name="Berkeley office", city="Berkeley", timezone="America/Los_Angeles")
    fit = question("fit")
    streams = {}
    for slug, members, seats in [
        ("alpha", ["empirical"], 2),
        ("beta", ["empirical", "theory"], 1),
        ("gamma", ["theory"], 2),
    ]:
        streams[slug] = Stream.objects.create(
            cycle=cycle,
            slug=slug,
            title=f"Stream {slug.title()}",
            summary=f"The {slug} stream.",
            state=StreamState.PUBLISHED,
            published_at=LONG_AGO,
            seats_asked=seats,
            seats_granted=seats,
            selection_mode=SelectionMode.MENTOR_ASSIGNS,
            site=site,
            in_person=InPerson.REQUIRED if slug == "beta" else InPerson.NONE,
            form=form(f"{slug}-form", {"Questions": [(fit, {"max_words": 40})]}),
        )
        for track in members:
            StreamTrack.objects.create(stream=streams[slug], track=tracks[track], primary=track == members[0])
    beta, body = streams["beta"], "You keep the material of this stream to yourself."
    StreamArea.objects.create(stream=beta, code="north", title="North", order=1)
    StreamArea.objects.create(stream=beta, code="south", title="South", order=2)
    Agreement.objects.create(
        stream=beta,
        title="Confidentiality",
        version=1,
        body=body,
        published_at=LONG_AGO,
        sha256=hashlib.sha256(body.encode()).hexdigest(),
    )
    return streams


def _people(tracks: dict[str, Track], streams: dict[str, Stream]) -> dict[str, User]:
    names = [
        "applicant",
        "other applicant",
        "third applicant",
        "reviewer a",
        "reviewer b",
        "reviewer c",
        "empirical lead",
        "theory lead",
        "staff a",
        "staff b",
        "admin",
        "observer",
        *(f"{slug} mentor" for slug in streams),
    ]
    people = {name: person(name) for name in names}
    for name in ("reviewer a", "reviewer b", "reviewer c"):
        for track in tracks.values():
            grant(people[name], Role.REVIEWER, ScopeKind.TRACK, track)
    for slug, track in tracks.items():
        grant(people[f"{slug} lead"], Role.TRACK_LEAD, ScopeKind.TRACK, track)
    for slug, stream in streams.items():
        mentor = Mentor.objects.create(
            code=f"{slug}-mentor", user=people[f"{slug} mentor"], display_name=f"{slug.title()} Mentor"
        )
        StreamMentor.objects.create(stream=stream, mentor=mentor)
        grant(people[f"{slug} mentor"], Role.MENTOR, ScopeKind.STREAM, stream)
    for name in ("staff a", "staff b"):
        grant(people[name], Role.STAFF)
    grant(people["admin"], Role.ADMIN)
    grant(people["observer"], Role.OBSERVER)
    return people

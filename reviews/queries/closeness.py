"""Who may be too close to whom, by what stands in the portal: certain, or a hint for a person to look at."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.queries import is_staff
from applications.models import Answer, Application
from applications.states import ENDED
from core.models import Job
from core.states import JobState
from questions.states import DataClass
from reviews.models import CoAuthor, ConflictHint, ConflictOfInterest
from reviews.queries.access import conflicted_with
from reviews.queries.needs import pools
from reviews.states import ConflictSource, HintState
from streams.models import Cycle, Mentor, Track

#: Addresses that say nothing about where somebody works.
PUBLIC_MAIL = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "yahoo.com",
        "icloud.com",
        "me.com",
        "proton.me",
        "protonmail.com",
        "gmx.net",
        "gmx.de",
        "gmx.com",
        "web.de",
        "mail.com",
        "mail.ru",
        "yandex.ru",
        "qq.com",
        "163.com",
        "126.com",
        "aol.com",
        "fastmail.com",
        "posteo.de",
        "tutanota.com",
        "zoho.com",
        "example.org",
        "example.com",
        "example.net",
    ]
)
#: Words that stand in names of institutions without telling them apart.
FILLERS = frozenset(
    [
        "the",
        "of",
        "at",
        "and",
        "for",
        "de",
        "la",
        "der",
        "die",
        "das",
        "und",
        "a",
        "an",
        "in",
        "university",
        "universitat",
        "universite",
        "institute",
        "college",
        "dept",
        "department",
        "school",
        "faculty",
        "lab",
        "laboratory",
        "center",
        "centre",
        "inc",
        "ltd",
        "llc",
        "gmbh",
    ]
)


@dataclass(frozen=True)
class Found:
    """Two people who may be close (primary keys), and by what."""

    reviewer: int
    person: int
    source: str
    evidence: str
    is_certain: bool = False


def plain(text: str) -> str:
    """Return a name without case, accents and punctuation."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = (char if char.isalnum() else " " for char in letters if not unicodedata.combining(char))
    return " ".join("".join(kept).split())


def institution_key(text: str) -> frozenset[str]:
    """Return the words that tell an institution apart; two spellings of one give the same."""
    return frozenset(plain(text).split()) - FILLERS


def domain_of(email: str) -> str:
    """Return the organisation's part of an address; empty for a public mail service."""
    domain = email.rpartition("@")[2].lower()
    return "" if domain in PUBLIC_MAIL else domain


def same_organisation(one: str, other: str) -> bool:
    """Say whether two domains are one, or one lies inside the other."""
    if not one or not other:
        return False
    short, long = sorted((one, other), key=len)
    return short == long or (long.endswith(f".{short}") and short.count(".") >= 1 and not _is_suffix(short))


def _is_suffix(domain: str) -> bool:
    """Say whether a domain is one under which strangers register: ``ac.uk``, ``edu.au``, ``co.jp``."""
    first, _, last = domain.partition(".")
    return len(last) == 2 and first in {"ac", "co", "com", "edu", "gov", "net", "org", "or", "ne"}


def find_closeness(cycle: Cycle, *, mentored: Iterable[tuple[int, int]] = ()) -> list[Found]:
    """Return who of the cycle's reviewers may be close to whom of its applicants.

    ``mentored`` are the pairs (mentor, fellow) of earlier cycles. Certain are these, and a co-author's own address;
    addresses of one organisation, equal names and equal institutions are hints.
    """
    pool = frozenset().union(*pools(Track.objects.filter(cycle=cycle)).values())
    reviewers = {user.pk: user for user in User.objects.filter(pk__in=pool)}
    live = Application.objects.filter(cycle=cycle).exclude(internal_state__in=sorted(ENDED))
    people = {user.pk: user for user in User.objects.filter(pk__in=live.values("person"))}
    found = [
        Found(mentor, fellow, ConflictSource.MENTOR, "mentor of this person in an earlier cycle", True)
        for mentor, fellow in sorted(set(mentored))
        if mentor in reviewers and fellow in people
    ]
    found += _by_co_authors(reviewers, people)
    found += _by_address(reviewers, people)
    found += _by_institution(reviewers, people, live)
    return [one for one in found if one.reviewer != one.person]


def _by_co_authors(reviewers: dict[int, User], people: dict[int, User]) -> Iterator[Found]:
    by_email = {user.email.lower(): user.pk for user in people.values()}
    by_name: dict[str, list[int]] = defaultdict(list)
    for user in people.values():
        by_name[plain(user.display_name)].append(user.pk)
    for row in CoAuthor.objects.filter(reviewer__in=reviewers).order_by("pk"):
        if row.email in by_email:
            yield Found(row.reviewer_id, by_email[row.email], ConflictSource.CO_AUTHOR, "stands in the list", True)
        elif name := plain(row.name):
            for person in by_name.get(name, []):
                yield Found(row.reviewer_id, person, ConflictSource.CO_AUTHOR, "the same name as a co-author")


def _by_address(reviewers: dict[int, User], people: dict[int, User]) -> Iterator[Found]:
    domains: dict[str, list[int]] = defaultdict(list)
    for user in people.values():
        if domain := domain_of(user.email):
            domains[domain].append(user.pk)
    for reviewer in reviewers.values():
        own = domain_of(reviewer.email)
        for domain, members in domains.items():
            if same_organisation(own, domain):
                for person in members:
                    yield Found(
                        reviewer.pk, person, ConflictSource.ADDRESS, f"both write from {min(own, domain, key=len)}"
                    )


def _by_institution(reviewers: dict[int, User], people: dict[int, User], live: QuerySet) -> Iterator[Found]:
    own: dict[frozenset[str], list[int]] = defaultdict(list)
    for user_id, affiliation in Mentor.objects.filter(user__in=reviewers).values_list("user_id", "affiliation"):
        if key := institution_key(affiliation):
            own[key].append(user_id)
    if not own:
        return
    answers = Answer.objects.filter(application__in=live, question__data_class=DataClass.INSTITUTION)
    for person, value in answers.values_list("application__person_id", "value"):
        text = value if isinstance(value, str) else ""
        for reviewer in own.get(institution_key(text), []):
            if person in people:
                yield Found(reviewer, person, ConflictSource.INSTITUTION, f"both at {text}"[:200])


def hints_visible_to(user: Any) -> QuerySet[ConflictHint]:
    """Return the hints that ``user`` may decide on: for staff, but none about themselves or somebody close to them."""
    if user.is_anonymous or not is_staff(user):
        return ConflictHint.objects.none()
    return ConflictHint.objects.exclude(conflicted_with(user, "person")).exclude(reviewer=user)


def running_search() -> Job | None:
    """Return the job that looks for conflicts now, if one does."""
    return Job.objects.filter(kind="reviews.find_conflicts", state__in=[JobState.QUEUED, JobState.RUNNING]).first()


@dataclass(frozen=True)
class HintRow:
    """One hint, or one conflict on record."""

    public_id: str
    reviewer: str
    person: str
    source: str
    evidence: str


def open_hints(user: Any) -> list[HintRow]:
    """Return what waits to be looked at, the latest last."""
    rows = hints_visible_to(user).filter(state=HintState.OPEN).select_related("reviewer", "person").order_by("pk")
    return [
        HintRow(row.public_id, str(row.reviewer), str(row.person), row.get_source_display(), row.evidence)
        for row in rows
    ]


def recorded_conflicts(user: Any, search: str = "") -> list[HintRow]:
    """Return the conflicts on record that ``user`` may see, by name; ``search`` is part of either name."""
    if user.is_anonymous or not is_staff(user):
        return []
    rows = (
        ConflictOfInterest.objects.exclude(person=user)
        .exclude(reviewer=user)
        .select_related("reviewer", "person")
        .order_by("reviewer__display_name", "person__display_name", "pk")
    )
    if search:
        rows = rows.filter(Q(reviewer__display_name__icontains=search) | Q(person__display_name__icontains=search))
    return [
        HintRow("", str(row.reviewer), str(row.person), row.get_source_display(), row.get_kind_display())
        for row in rows
    ]

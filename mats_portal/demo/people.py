"""The invented people who work for the programme. All addresses are under a domain that cannot exist."""

import unicodedata
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.domain.grants import grant_role
from accounts.models import User
from accounts.states import Role, ScopeKind
from core import audit
from streams.models import Cycle, Mentor, Stream, Track

STAFF = (
    ("Ruth Adeyemi", "Europe/London"),
    ("Sam Okonkwo-Lindqvist", "America/Los_Angeles"),
    ("Ioana Petrescu", "Europe/London"),
)
ADMIN = ("Ines Carvalho", "Europe/Lisbon")
OBSERVER = ("Wilhelmina Osei", "Africa/Accra")
#: By the slug of the track; a track that is not named here gets the next of the spare names.
LEADS = {
    "empirical": ("Tove Sandqvist", "Europe/Stockholm"),
    "theory": ("Ambrose Nakagawa-Reid", "Asia/Tokyo"),
    "strategy-forecasting": ("Farida Boulmerka", "Europe/Paris"),
    "policy-governance": ("Leontyne Marchetti", "Europe/Rome"),
    "systems-security": ("Radomir Vukelja", "Europe/Zagreb"),
    "biosecurity": ("Chandrika Weerasuriya", "Asia/Colombo"),
    "founding-field-building": ("Maxime Tchoumi", "Africa/Douala"),
}
SPARE_LEADS = (
    ("Oddny Fjeldstad", "Europe/Oslo"),
    ("Bashir Qureshi-Lunt", "Europe/London"),
    ("Tamsin Arkwright", "Europe/London"),
    ("Eulalia Montcada", "Europe/Madrid"),
    ("Josip Hrgovic", "Europe/Zagreb"),
    ("Nandini Rowthorn", "Asia/Kolkata"),
    ("Peregrine Achterberg", "Europe/Amsterdam"),
)
REVIEWERS = (
    ("Lena Brandstetter", "Europe/Vienna"),
    ("Kwabena Asante-Moore", "Africa/Accra"),
    ("Yuki Tanemura", "Asia/Tokyo"),
    ("Salma Benhaddou", "Africa/Casablanca"),
    ("Piotr Zielonka", "Europe/Warsaw"),
    ("Marisol Quintanar", "America/Mexico_City"),
    ("Anjali Deshmukh-Carr", "Asia/Kolkata"),
    ("Teemu Rautiainen", "Europe/Helsinki"),
    ("Hoang Thi Lan", "Asia/Ho_Chi_Minh"),
    ("Gideon Abramowicz", "Europe/London"),
    ("Nomvula Dlamini-Hart", "Africa/Johannesburg"),
    ("Callum Strathearn", "Europe/London"),
)
#: How many tracks each reviewer reads for: 12 reviewers and 7 tracks give each track at least five.
POOLS_EACH = 3


@dataclass(frozen=True)
class Team:
    """Who works for the programme; ``leads`` by the primary key of their track."""

    staff: list[User]
    admin: User
    observer: User
    leads: dict[int, User]
    reviewers: list[User]
    mentors: list[User]


def address(name: str, place: str) -> str:
    """Return the address of an invented person: ASCII letters of the name, at a domain that cannot exist."""
    letters = unicodedata.normalize("NFKD", name.lower().replace(" ", "."))
    plain = "".join(letter for letter in letters if letter.isascii() and (letter.isalnum() or letter in ".-"))
    return f"{plain.strip('.-') or 'person'}@{place}.example"


@transaction.atomic
def invent_person(*, name: str, email: str, zone: str, by: Any) -> User:
    """Make an invented person with a confirmed address and no password, once."""
    if present := User.objects.filter(email=email).first():
        return present
    person = User.objects.create_user(email, display_name=name, timezone=zone, is_demo=True)
    EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    audit.record("invent", person, by=by)
    return person


@transaction.atomic
def invent_team(*, cycle: Cycle) -> Team:
    """Make staff, leads, reviewers and the mentors' accounts, with their grants. A second call changes nothing."""
    staff = [_with_role(name, "staff", zone, Role.STAFF, by=None) for name, zone in STAFF]
    by = staff[0]
    tracks = list(Track.objects.filter(cycle=cycle).order_by("order"))
    leads, spare = {}, iter(SPARE_LEADS)
    for track in tracks:
        name, zone = LEADS.get(track.slug) or next(spare)
        leads[track.pk] = _on(_person(name, "leads", zone, by), Role.TRACK_LEAD, ScopeKind.TRACK, track, by)
    reviewers = []
    for number, (name, zone) in enumerate(REVIEWERS):
        reviewer = _person(name, "reviewers", zone, by)
        # Steps of one and three around the ring of tracks, so that no two tracks have the same readers.
        for shift in (0, 1, 3)[:POOLS_EACH]:
            _on(reviewer, Role.REVIEWER, ScopeKind.TRACK, tracks[(number + shift) % len(tracks)], by)
        reviewers.append(reviewer)
    return Team(
        staff=staff,
        admin=_with_role(*_placed(ADMIN, "admin"), Role.ADMIN, by=by),
        observer=_with_role(*_placed(OBSERVER, "board"), Role.OBSERVER, by=by),
        leads=leads,
        reviewers=reviewers,
        mentors=[_mentor(mentor, cycle, by) for mentor in Mentor.objects.order_by("pk")],
    )


def _placed(person: tuple[str, str], place: str) -> tuple[str, str, str]:
    return person[0], place, person[1]


def _person(name: str, place: str, zone: str, by: Any) -> User:
    return invent_person(name=name, email=address(name, place), zone=zone, by=by)


def _with_role(name: str, place: str, zone: str, role: str, *, by: Any) -> User:
    person = _person(name, place, zone, by)
    grant_role(user=person, role=role, by=by)
    return person


def _on(person: User, role: str, kind: str, scope: Any, by: Any) -> User:
    grant_role(user=person, role=role, scope_kind=kind, scope=scope, by=by)
    return person


def _mentor(mentor: Mentor, cycle: Cycle, by: Any) -> User:
    person = mentor.user or invent_person(
        name=mentor.display_name, email=address(mentor.display_name, "mentors"), zone=mentor.timezone, by=by
    )
    if mentor.user_id is None:
        Mentor.objects.filter(pk=mentor.pk).update(user=person)
        audit.record("link_account", mentor, by=by)
    for stream in Stream.objects.filter(cycle=cycle, mentors=mentor):
        _on(person, Role.MENTOR, ScopeKind.STREAM, stream, by)
    return person

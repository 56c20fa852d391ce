"""Two worlds that differ in one secret are the same to whoever must not know it: every byte of all they can fetch."""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from core import clock, jobs
from mats_portal.desk.exports import domain
from mats_portal.desk.exports.sets import SETS
from tests.faulty import plant
from tests.security.crawl import (
    Difference,
    Limits,
    Tour,
    Visitor,
    crawl,
    differences_on_a_second_visit,
    starting_points,
    without_timestamps,
)
from tests.security.two_worlds import (
    LETTER,
    NOTE,
    QUESTION,
    REASON,
    SECRETS,
    Cast,
    assemble,
    fork,
    mails_of,
    unknown_to,
)
from tests.worlds import MOMENTS

#: Who is asked in the quick version; the full one asks everybody.
FEW = ("applicant", "co-reader", "waiting reader", "mentor", "close staff")
#: Words of one field each that reach none of the few.
CANARIES = (NOTE.encode(), LETTER.encode(), REASON.encode(), QUESTION.encode())


@pytest.fixture
def cast(db: None) -> Iterator[Cast]:
    logging.disable(logging.WARNING)  # a crawl meets many closed doors, and each would be logged
    yield assemble()
    logging.disable(logging.NOTSET)


def may_compare(cast: Cast, visitor: Visitor, path: str) -> bool:
    """Whoever has handed their own reading in sees the other levels beside it: on that page, and nowhere else."""
    own = cast.other_reading
    return visitor.user == own.reviewer and path == f"/review/{own.public_id}/compare/"


@dataclass
class Figures:
    """How much was compared."""

    worlds: int = 0
    visitors: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)
    answers: int = 0
    size: int = 0

    def add(self, visitor: Visitor, tour: Tour) -> None:
        """Count one visit to all addresses of a tour."""
        self.worlds += 1
        self.visitors.add(visitor.name)
        self.addresses |= set(tour.answers)
        self.kinds += tour.kinds
        self.answers += len(tour.answers)
        self.size += tour.n_bytes

    def __str__(self) -> str:
        kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(self.kinds.items()))
        return (
            f"{self.worlds} visits to a second world by {len(self.visitors)} people: {len(self.addresses)} addresses,"
            f" {self.answers} answers compared ({kinds}), {self.size / 1e6:.1f} MB"
        )


def told_apart(cast: Cast, visitor: Visitor, tour: Tour, secrets: list[str]) -> list[Difference]:
    """Return where a visitor sees that these secrets are different."""
    with fork():
        for name in secrets:
            SECRETS[name].swap(cast)
        return differences_on_a_second_visit(visitor.enter(), tour)


def first_visit(cast: Cast, visitor: Visitor, *, public: bool) -> Tour:
    """Return all that a visitor can fetch in the first world."""
    with fork():
        limits = Limits(words=cast.words(), public=public)
        return crawl(visitor.enter(), starting_points(cast.sample, public=public), limits)


def files_of(cast: Cast, visitor: Visitor) -> dict[str, bytes]:
    """Return what a member of the staff can have written into files: every set, every column, both formats."""
    files = {}
    for kind, chosen in SETS.items():
        for file_format in ("csv", "xlsx"):
            export = domain.request_export(
                kind=kind,
                cycle=cast.world.cycle,
                columns=[
                    one.key for one in chosen.columns(cast.world.cycle) if not domain.lock_reason(one, visitor.user)
                ],
                filters={},
                purpose="To compare",
                file_format=file_format,
                by=visitor.user,
            )
            jobs.run(export.job_id)
            with default_storage.open(export.storage_name) as file:
                body = without_timestamps(file.read())
            files[f"{kind}.{file_format}"] = body.replace(export.public_id.encode(), b"")
    return files


@pytest.mark.threat("T03")
@pytest.mark.threat("T04")
@pytest.mark.threat("T07")
@pytest.mark.threat("T08")
@pytest.mark.threat("T10")
@pytest.mark.requirement(21)
@pytest.mark.requirement(38)
def test_whoever_must_not_know_gets_the_same_bytes(cast: Cast) -> None:
    """All secrets that a person must not know are changed at once; what they get must stay as it is."""
    figures, found, shown = Figures(), [], set()
    with clock.at(MOMENTS["review"]):
        for visitor in map(cast.visitor, FEW):
            tour = first_visit(cast, visitor, public=False)
            secrets = list(unknown_to(cast, visitor))
            apart = told_apart(cast, visitor, tour, secrets)
            found += [f"{visitor.name}: {one}" for one in apart if not may_compare(cast, visitor, one.path)]
            shown |= {
                (word, visitor.name) for word in CANARIES if any(word in one.body for one in tour.answers.values())
            }
            figures.add(visitor, tour)
    print(figures)

    assert found == []
    assert shown == set(), "words of one field that reach nobody here"
    assert figures.answers > 800
    assert figures.kinds["varied"] > 100


@pytest.mark.prove
@pytest.mark.parametrize("released", [False, True], ids=["before the release", "after it"])
def test_each_secret_alone_shows_to_nobody_who_must_not_know(
    released: bool, cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    figures, found = Figures(), []
    if released:
        mails_of(cast, release=True)
    with clock.at(MOMENTS["advanced" if released else "review"]):
        for visitor in cast.visitors:
            # What public pages offer to choose is tried without a session and with one; the pages themselves always.
            tour = first_visit(cast, visitor, public=visitor.name in {"anonymous", "applicant"})
            for name in unknown_to(cast, visitor, released=released):
                if not (released and "decision" in name):
                    apart = told_apart(cast, visitor, tour, [name])
                    found += [
                        f"{name}, {visitor.name}: {one}" for one in apart if not may_compare(cast, visitor, one.path)
                    ]
                    figures.add(visitor, tour)
            with capsys.disabled():
                print(f"\n{visitor.name}: {figures}; {len(found)} differences so far", flush=True)

    assert found == []


def test_each_canary_is_seen_by_somebody_who_may(cast: Cast) -> None:
    """Else their absence elsewhere would say nothing."""
    sample, staff = cast.sample, cast.visitor("staff")
    pages = {
        NOTE: (cast.visitor("reader"), f"/review/{cast.reading.public_id}/"),
        LETTER: (staff, f"/console/people/{sample.parameters['application']}/"),
        QUESTION: (staff, f"/console/people/{sample.parameters['application']}/"),
        REASON: (staff, f"/console/decisions/{cast.batch.public_id}/"),
    }
    with clock.at(MOMENTS["review"]):
        for word, (visitor, url) in pages.items():
            assert word.encode() in visitor.enter().get(url).body, url


@pytest.mark.threat("T07")
@pytest.mark.parametrize("released", [False, True], ids=["before the release", "by the release"])
def test_mails_are_the_same_in_both_worlds(released: bool, cast: Cast) -> None:
    with fork():
        mails = mails_of(cast, release=released)
    assert bool(mails) or not released, "liveness: a release writes mails"
    for name, secret in SECRETS.items():
        if released and "decision" in name:
            continue
        with fork():
            secret.swap(cast)
            other = mails_of(cast, release=released)
        kept = {one.user.email for one in cast.visitors if one.user and name in unknown_to(cast, one)}
        assert {to: mails.get(to) for to in kept} == {to: other.get(to) for to in kept}, name


@pytest.mark.threat("T04")
def test_files_of_somebody_close_are_the_same_in_both_worlds(cast: Cast, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    with clock.at(MOMENTS["review"]):
        files = {}
        for who in ("close staff", "staff"):
            for world in (1, 2):
                with fork():
                    if world == 2:
                        SECRETS["an unreleased decision"].swap(cast)
                    files[who, world] = files_of(cast, cast.visitor(who))

    assert files["close staff", 1] == files["close staff", 2]
    assert len(files["close staff", 1]) == 6
    assert files["staff", 1] != files["staff", 2], "control: who may know has it in their files"


FIRST = "ReviewAssignment.objects.filter(track_application=assignment.track_application).order_by('pk').first()"
#: For each secret a leak, planted into what the page of a text or of a result is made of.
LEAKS = {
    "who reads": f"str({FIRST}.reviewer_id)",
    "a score": f"str({FIRST}.review.mean)",
    "a score beside an open reading": "str(Review.objects.order_by('-pk').first().mean)",
    "a conflict": "'x' * __import__('reviews.models', fromlist=['x']).ConflictOfInterest.objects.count()",
    "an internal note": f"{FIRST}.review.note_internal",
    "a question for an interview": "Review.objects.exclude(follow_up_1='').get().follow_up_1",
    "a letter": "__import__('applications.models', fromlist=['x']).Letter.objects.first().content[0]['display']",
}


@pytest.mark.parametrize("name", [*LEAKS, "an unreleased decision"])
def test_control_a_leak_is_noticed(name: str, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    if name in LEAKS:
        visitor, url = cast.visitor("co-reader"), f"/review/{cast.other_reading.public_id}/"
        where, old = "reviews.queries.reading.review_page", "label=assignment.label"
        plant(monkeypatch, where, old, f"{old} + {LEAKS[name]}")
    else:
        visitor, url = cast.visitor("applicant"), "/my/result/"
        state = "TrackApplication.objects.get(pk=row.pk).internal_state"
        plant(
            monkeypatch,
            "reviews.queries.results.result_pages",
            "waiting=tuple(row.track.name for",
            f"waiting=tuple(row.track.name + {state} for",
        )
    assert name in unknown_to(cast, visitor)
    with clock.at(MOMENTS["review"]):
        with fork():
            tour = Tour({url: visitor.enter().get(url)})
        assert tour.answers[url].status == 200
        apart = told_apart(cast, visitor, tour, [name])

    assert [one.path for one in apart] == [url]

"""Scores of tests that are done at a provider: matched by the candidate code, never by a name."""

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import IntegrityError, transaction

from applications.models import EvaluationAssignment, ExternalScore, ScoreDelivery
from applications.states import NOT_ASKED, NOT_READ
from core import clock
from core.refusals import Refused
from core.transitions import locked, transition

COLUMNS = ("code", "score", "out_of")
MAX_ROWS = 20_000
#: What the columns of the table hold at most: five digits before the point, three after.
LARGEST = Decimal("99999.999")


@dataclass(frozen=True)
class Reported:
    """One line of a file or of a call: a candidate code and a score."""

    line: int
    code: str
    score: str
    out_of: str


@dataclass(frozen=True)
class Outcome:
    """What came, or would come, of a report. ``refused`` and ``unmatched`` name the lines."""

    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)
    unmatched: list[tuple[int, str]] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)


def read_scores(content: str) -> list[Reported]:
    """Read a CSV with the columns code, score and out_of, in any order. Raises ``Refused`` for anything else."""
    reader = csv.reader(io.StringIO(content.removeprefix("\ufeff")), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise Refused(f"Line {reader.line_num} is no line of a CSV file: {error}.") from error
    head = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    if missing := [name for name in COLUMNS if name not in head]:
        raise Refused(f"The first line names the columns {', '.join(COLUMNS)}; it lacks {', '.join(missing)}.")
    if len(rows) - 1 > MAX_ROWS:
        raise Refused(f"A file holds at most {MAX_ROWS} scores.")
    places = [head.index(name) for name in COLUMNS]
    return [
        Reported(line, *(row[place].strip() if place < len(row) else "" for place in places)) for line, row in rows[1:]
    ]


def check_scores(*, provider: str, reported: Sequence[Reported]) -> Outcome:
    """Say what importing would do, and change nothing."""
    outcome, _ = _plan(provider, reported)
    return outcome


@transaction.atomic
def import_scores(*, provider: str, reported: Sequence[Reported], source: str, by: Any = None) -> Outcome:
    """Store every score that has an assignment of this provider; the same report twice is one."""
    outcome, planned = _plan(provider, reported)
    for assignment, value, out_of in planned:
        _receive(assignment, value=value, out_of=out_of, source=source, by=by)
    return outcome


def _plan(
    provider: str, reported: Iterable[Reported]
) -> tuple[Outcome, list[tuple[EvaluationAssignment, Decimal, Decimal]]]:
    reported = list(reported)
    outcome = Outcome()
    rows = EvaluationAssignment.objects.filter(
        public_id__in={one.code[:22] for one in reported}, definition__provider=provider
    ).select_related("external_score")
    known = {row.public_id: row for row in rows.order_by("pk")}
    planned, seen = [], set()
    for one in reported:
        if one.code not in known:
            outcome.unmatched.append((one.line, one.code[:60]))
            continue
        try:
            value, out_of = _number(one.score), _number(one.out_of)
        except ValueError as error:
            outcome.refused.append((one.line, str(error)))
            continue
        if known[one.code].state in NOT_ASKED:
            outcome.refused.append((one.line, "This person is excused from the test, or it is not asked any more."))
        elif known[one.code].state in NOT_READ:
            outcome.refused.append((one.line, "A question about this test is not settled, or it does not count."))
        elif not 0 <= value <= out_of or not out_of:
            outcome.refused.append((one.line, f"{one.score} is not between 0 and {one.out_of}."))
        elif one.code in seen:
            outcome.refused.append((one.line, "This code stands in an earlier line too."))
        else:
            seen.add(one.code)
            stored = getattr(known[one.code], "external_score", None)
            if stored is not None and (stored.value, stored.out_of) == (value, out_of):
                outcome.unchanged.append(one.line)
                continue
            (outcome.new if stored is None else outcome.changed).append(one.line)
            planned.append((known[one.code], value, out_of))
    return outcome, planned


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"“{text[:30]}” is not a number.") from error
    if not number.is_finite() or abs(number) > LARGEST:
        raise ValueError(f"“{text[:30]}” is not a number that a score can be.")
    return number.quantize(Decimal("0.001"))


def _receive(
    assignment: EvaluationAssignment, *, value: Decimal, out_of: Decimal, source: str, by: Any
) -> EvaluationAssignment:
    row = locked(assignment)
    now = clock.now()
    ExternalScore.objects.update_or_create(
        assignment=row, defaults={"value": value, "out_of": out_of, "source": source, "received_at": now}
    )
    return transition(row, "receive_score", by=by, submitted_at=row.submitted_at or now)


@transaction.atomic
def score_by_hand(*, assignment: EvaluationAssignment, value: Decimal, out_of: Decimal, by: Any) -> Outcome:
    """Store one score as staff typed it, by the rules of a file. Raises ``Refused`` where such a line is refused."""
    line = Reported(1, assignment.public_id, str(value), str(out_of))
    outcome = import_scores(provider=assignment.definition.provider, reported=[line], source="hand", by=by)
    for _, reason in [*outcome.refused, *((1, "This task has no provider.") for _ in outcome.unmatched)]:
        raise Refused(reason)
    return outcome


def take_delivery(*, provider: str, delivery_id: str, body: bytes, reported: Sequence[Reported]) -> dict[str, Any]:
    """Import one signed call of a provider. The same call again answers as the first did.

    Raises ``Refused`` where the same delivery comes with another body.
    """
    sha256 = hashlib.sha256(body).hexdigest()
    try:
        with transaction.atomic():
            delivery = ScoreDelivery.objects.create(provider=provider, delivery_id=delivery_id, sha256=sha256)
            delivery.outcome = asdict(import_scores(provider=provider, reported=reported, source="hook"))
            delivery.save(update_fields=["outcome"])
    except IntegrityError:
        # Waited for the other copy of the same call to commit; its answer is ours.
        delivery = ScoreDelivery.objects.get(provider=provider, delivery_id=delivery_id)
    if delivery.sha256 != sha256:
        raise Refused("This delivery came before with another content.")
    return delivery.outcome

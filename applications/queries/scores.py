"""Scores that providers of tests reported."""

from dataclasses import dataclass

from applications.models import EvaluationAssignment, ExternalScore


@dataclass(frozen=True)
class ExternalScoreRow:
    """One reported score, without useless zeros."""

    value: str
    out_of: str


def external_score(row: EvaluationAssignment) -> ExternalScoreRow | None:
    """Return what a provider reported for one assignment, if anything."""
    if not row.definition.is_external:
        return None
    found = ExternalScore.objects.filter(assignment=row).first()
    return ExternalScoreRow(f"{found.value.normalize():f}", f"{found.out_of.normalize():f}") if found else None

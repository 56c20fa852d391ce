"""What people wait for an answer to: how much of it is open, since when, and what is late."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Value

from applications.queries.integrity import days_word
from applications.states import LIVE_CASE
from core import clock
from mats_portal.desk.figures import Figure
from mats_portal.desk.integrity import cases_visible_to
from mats_portal.desk.models import CorrectionState
from mats_portal.desk.privacy.requesting import corrections_visible_to
from mats_portal.desk.retention.queries import LEGAL_DAYS
from streams.models import Cycle
from streams.queries.cycles import address_in


def waiting_figures(cycle: Cycle, user: Any) -> list[Figure]:
    """Return the open questions about submissions and the open corrections that ``user`` finds in their lists.

    Of every cycle, as the lists are: nobody waits less because another cycle is in view.
    """
    now = clock.now()
    cases = cases_visible_to(user).filter(state__in=sorted(LIVE_CASE))
    corrections = corrections_visible_to(user).filter(state=CorrectionState.OPEN)
    # A person waits for a correction a month at most, as for every answer about their data.
    late = Q(asked_at__lte=now - timedelta(days=LEGAL_DAYS))
    rows = _counted("cases", cases, "raised_at", Q(decide_by__lte=now)).union(
        _counted("corrections", corrections, "asked_at", late), all=True
    )
    nothing = {"n": 0, "since": None, "late": 0}
    found = {row["kind_of"]: row for row in rows}
    asked, put_right = found.get("cases", nothing), found.get("corrections", nothing)
    return [
        Figure("questions about submissions", asked["n"], address_in(cycle, "desk:cases"), _words(asked, now)),
        Figure("corrections asked for", put_right["n"], address_in(cycle, "desk:corrections"), _words(put_right, now)),
    ]


def _counted(what: str, rows: QuerySet[Any], since: str, late: Q) -> QuerySet[Any]:
    """Return one row: how many there are, since when, how many are late; no row for none."""
    plain = rows.select_related(None).order_by().annotate(kind_of=Value(what)).values("kind_of")
    return plain.annotate(n=Count("pk"), since=Min(since), late=Count("pk", filter=late))


def _words(found: dict[str, Any], now: datetime) -> str:
    if not found["n"]:
        return "none is open"
    days = (now - found["since"]).days
    age = f"oldest {days_word(days)}" if days else "oldest from today"
    return f"{age}, {found['late']} overdue" if found["late"] else f"{age}, none overdue"

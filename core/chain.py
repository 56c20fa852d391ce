"""The chain over the record: each link hashes a line together with the link before.

Lines are written without it, since a chain inside each act would let only one act happen at a time. A task seals what
was committed since, in one order; whoever keeps a link elsewhere can tell later that nothing before it was changed.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC

import structlog
from django.db import transaction
from django.db.models import Max, QuerySet

from core.advisory import SEALS, sole_holder
from core.models import AuditEvent, AuditSeal

log = structlog.get_logger(__name__)
#: What the first link stands on.
START = "0" * 64
BITE = 2000


@dataclass(frozen=True)
class Verdict:
    """What a walk along the chain found. ``problems`` are sentences, the first few of each walk."""

    n_sealed: int
    n_unsealed: int
    head: str
    problems: tuple[str, ...]


def seal() -> int:
    """Seal every committed line that is not sealed yet; returns how many. Safe to run twice and at the same time."""
    sealed = 0
    with sole_holder(SEALS) as alone:
        while alone and (bite := _seal_some()):
            sealed += bite
    return sealed


@transaction.atomic
def _seal_some() -> int:
    number = AuditSeal.objects.aggregate(last=Max("number"))["last"] or 0
    link = AuditSeal.objects.get(number=number).hash if number else START
    links = []
    for event in unsealed().order_by("pk")[:BITE]:
        number += 1
        link = link_of(link, number, event)
        links.append(AuditSeal(number=number, event=event, hash=link))
    AuditSeal.objects.bulk_create(links)
    if links:
        # Logs leave the machine: a copy of the head is then where no owner of the database can change it.
        log.info("record_sealed", head=f"{number}:{link}", lines=len(links))
    return len(links)


def unsealed() -> QuerySet[AuditEvent]:
    """Return the lines that no link covers yet. A late commit may have a lower key than what is sealed already."""
    return AuditEvent.objects.filter(seal__isnull=True)


def link_of(before: str, number: int, event: AuditEvent) -> str:
    """Return the link over ``event`` at place ``number`` of the chain (SHA-256, in hexadecimal digits)."""
    line = [
        number,
        event.pk,
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.actor_id,
        event.verb,
        event.object_type,
        event.object_key,
        event.before,
        event.after,
        event.details,
        event.request_id,
    ]
    text = json.dumps(line, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(bytes.fromhex(before) + text.encode()).hexdigest()


def verify(*, kept: str = "", shown: int = 10) -> Verdict:
    """Walk the whole chain and compare it with the lines; ``kept`` is a link ``number:hash`` written down earlier."""
    problems: list[str] = []
    number, link, seen = 0, START, not kept
    for seal in _links():
        seen = seen or str(seal) == kept
        if seal.number != number + 1:
            problems.append(f"Links {number + 1} to {seal.number - 1} are missing.")
        number = seal.number
        found = link_of(link, number, seal.event)
        if found != seal.hash:
            problems.append(f"Link {number} does not fit its line (event {seal.event_id}) and the link before.")
        # Go on from what is stored: one changed line is one problem, not one for each line after it.
        link = seal.hash
        if len(problems) >= shown:
            break
    if not seen and len(problems) < shown:
        problems.append(f"The link {kept} is not in the chain: it was cut off or written anew.")
    return Verdict(number, unsealed().count(), f"{number}:{link}", tuple(problems))


def _links() -> Iterator[AuditSeal]:
    return AuditSeal.objects.select_related("event").order_by("number").iterator(chunk_size=BITE)

"""A new cycle made from an earlier one: the same tracks, forms, rubrics, streams and texts, later dates, nobody in it.

It goes the way of every catalogue: written, read again and checked, imported whole or not at all.
"""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.urls import reverse

from core import audit, jobs
from core.models import Job
from core.refusals import Refused
from mats_portal.desk.catalogue.exporting import read_cycle, write_catalogue
from mats_portal.desk.catalogue.importing import import_catalogue
from mats_portal.desk.catalogue.reading import Mistakes
from streams.models import Cycle
from streams.states import StreamState

WEEK = timedelta(weeks=1)
JOB_KIND = "desk.copy_cycle"


@dataclass(frozen=True)
class NewCycle:
    """What the new cycle is called, and its first day."""

    slug: str
    code: str
    name: str
    starts_on: date


def problems(source: Cycle, new: NewCycle) -> dict[str, str]:
    """Return what stands against ``new``, by the name of its field: names that are taken, weekdays that would shift."""
    found = {
        name: f"There is a cycle called “{getattr(new, name)}” already."
        for name in ("name", "slug", "code")
        if Cycle.objects.filter(**{name: getattr(new, name)}).exists()
    }
    moved = new.starts_on - source.programme_starts_on
    if moved % WEEK:
        day = f"{source.programme_starts_on:%A}"
        found["starts_on"] = (
            f"{source} starts on a {day}. Choose a {day}, so that every date keeps its day of the week."
        )
    elif not moved:
        found["starts_on"] = f"This is the first day of {source} itself."
    return found


def check_new_cycle(source: Cycle, new: NewCycle) -> timedelta:
    """Return by how much every date moves. Raises ``Refused`` with the first of its `problems`."""
    for problem in problems(source, new).values():
        raise Refused(problem)
    return new.starts_on - source.programme_starts_on


def copy_cycle(*, source: Cycle, new: NewCycle, by: Any) -> Cycle:
    """Make ``new`` from what ``source`` holds. Streams come as drafts, and the new cycle is not the public one.

    Raises ``Refused`` as `check_new_cycle` does, ``Mistakes`` where ``source`` breaks a rule of the catalogue.
    """
    moved = check_new_cycle(source, new)
    content = moved_content(read_cycle(source.slug), new, moved)
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        write_catalogue(content, Path(folder))
        import_catalogue(path=Path(folder), by=by)
        made = Cycle.objects.get(slug=new.slug)
        audit.record("copy_cycle", made, by=by, source=source.slug, days=moved.days)
    return made


def moved_content(content: dict[str, Any], new: NewCycle, moved: timedelta) -> dict[str, Any]:
    """Return a catalogue's contents under new names, every date ``moved``, as nothing has been moved or published."""
    cycle = content["cycle"] | {"slug": new.slug, "code": new.code, "name": new.name, "public_current": False}
    cycle = _moved(cycle, moved, ("programme_starts_on", "programme_ends_on"))
    unmoved: dict[str, Any] = {"moved_from": None, "moved_on": None, "moved_reason": ""}
    draft: dict[str, Any] = {"state": StreamState.DRAFT, "published_on": None, "pause_reason": ""}
    return content | {
        "cycle": cycle,
        "key_dates": [_moved(entry, moved, ("on", "until")) | unmoved for entry in content["key_dates"]],
        "streams": [entry | draft for entry in content["streams"]],
    }


def _moved(entry: dict[str, Any], moved: timedelta, names: Iterable[str]) -> dict[str, Any]:
    return entry | {name: entry[name] + moved for name in names if entry[name]}


@transaction.atomic
def request_copy(*, source: Cycle, new: NewCycle, by: Any) -> Job:
    """Ask for the copy; a job makes it. Raises ``Refused`` as `check_new_cycle` does."""
    check_new_cycle(source, new)
    names = {"slug": new.slug, "code": new.code, "called": new.name, "starts_on": new.starts_on.isoformat()}
    return jobs.start(JOB_KIND, by=by, source=source.pk, **names)


def do_copy(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Make the copy that ``job`` asks for. Killed anywhere and run again, it makes one."""
    asked = job.params
    new = NewCycle(asked["slug"], asked["code"], asked["called"], date.fromisoformat(asked["starts_on"]))
    made = Cycle.objects.filter(slug=new.slug, code=new.code, name=new.name).first()
    if made is None:
        progress.step("Reading, checking and writing the new cycle", 0, 1)
        try:
            made = copy_cycle(source=Cycle.objects.get(pk=asked["source"]), new=new, by=job.asked_by)
        except Mistakes as wrong:
            first = "; ".join(str(mistake) for mistake in wrong.found[:3])
            raise Refused(f"The earlier cycle breaks rules of the catalogue ({len(wrong.found)}): {first}") from wrong
    progress.step("Done", 1, 1)
    return {"cycle": made.slug, "url": reverse("desk:cycles")}

"""The deadline rush: simulated applicants in the last minutes, and whether anything that was acknowledged is lost.

``python -m mats_portal.embedded --durable -- python -m benchmarks.rush``. Open loop: each person acts when their plan
says so, whether or not the server has answered the others, so that a slow server is not spared by its own slowness.
Each person saves one long answer again and again on the version they were told, and at last submits. Afterwards the
database is asked for the newest acknowledged text of everybody, and for every acknowledged submission.
"""

import argparse
import asyncio
import os
import random
import re
import secrets
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import django
from django.core.management import call_command

#: Applicants think this long between two saves.
PAUSE = 20.0
#: What is given up on; it counts as an error.
PATIENCE = 60.0


@dataclass
class Figures:
    """What the rush found; times in seconds from the moment at which the person meant to act."""

    took: dict[str, list[float]] = field(default_factory=lambda: {"save": [], "submit": []})
    wrong: Counter[str] = field(default_factory=Counter)

    def line(self, act: str, seconds: float) -> str:
        """Return one line of the report."""
        times = sorted(self.took[act])
        if not times:
            return f"{act:<8} none"
        at = lambda share: times[min(len(times) - 1, int(share * len(times)))] * 1000  # noqa: E731 -- three uses
        return (
            f"{act:<8}{len(times):>8}{len(times) / seconds:>9.1f}{statistics.median(times) * 1000:>10.0f}"
            f"{at(0.95):>10.0f}{at(0.99):>10.0f}"
        )


@dataclass
class Rusher:
    """One applicant: who they are, what they save where, and what the server acknowledged."""

    number: int
    headers: dict[str, str]
    path: str
    name: str
    version: int
    application_id: int
    question_id: int
    plan: list[float]
    submits: bool
    acknowledged: str = ""
    #: Sent since then without an answer: any of these may stand in the database too.
    unanswered: list[str] = field(default_factory=list)
    has_submitted: bool = False


async def rush(port: int, people: list[Rusher], figures: Figures) -> None:
    """Let everybody act by their plan; nobody waits for another."""
    begun = time.perf_counter()
    gate = asyncio.Semaphore(900)  # open sockets, below the usual limit of a process
    await asyncio.gather(*(_live(port, person, begun, figures, gate) for person in people))


async def _live(port: int, person: Rusher, begun: float, figures: Figures, gate: asyncio.Semaphore) -> None:
    for step, due in enumerate(person.plan):
        await asyncio.sleep(max(0.0, begun + due - time.perf_counter()))
        meant = begun + due
        last = step == len(person.plan) - 1
        if last and person.submits:
            await _submit(port, person, meant, figures, gate)
        else:
            await _save(port, person, f"Applicant {person.number}, save {step}. " * 8, meant, figures, gate)


async def _save(port: int, person: Rusher, text: str, meant: float, figures: Figures, gate: asyncio.Semaphore) -> None:
    fields = {"field": person.name, "value": text, "version": person.version}
    person.unanswered.append(text)
    status, body = await _post(port, person.path, person.headers, fields, figures, gate)
    found = re.search(rb'"version": ?(\d+)', body)
    if status == 200 and found:
        figures.took["save"].append(time.perf_counter() - meant)
        person.version, person.acknowledged, person.unanswered = int(found[1]), text, []
    elif status:
        figures.wrong[f"save: status {status}"] += 1


async def _submit(port: int, person: Rusher, meant: float, figures: Figures, gate: asyncio.Semaphore) -> None:
    status, _ = await _post(port, "/my/application/submit/", person.headers, {"x": "1"}, figures, gate)
    if status == 302:
        figures.took["submit"].append(time.perf_counter() - meant)
        person.has_submitted = True
    elif status:
        figures.wrong[f"submit: status {status}"] += 1


async def _post(
    port: int, path: str, headers: dict[str, str], fields: dict[str, object], figures: Figures, gate: asyncio.Semaphore
) -> tuple[int, bytes]:
    """Post on a connection of its own, as a browser that was idle would. Returns status 0 for a fault."""
    from benchmarks.load import _exchange  # noqa: PLC0415 -- same package; kept beside its use

    async with gate:
        writer = None
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), PATIENCE)
            head = {**headers, "Connection": "close"}
            asked = ("POST", path, head, urlencode(fields).encode())
            status, body, _ = await asyncio.wait_for(_exchange((reader, writer), asked), PATIENCE)
        except (OSError, EOFError, ValueError, TimeoutError) as fault:
            figures.wrong[type(fault).__name__] += 1
            return 0, b""
        finally:
            if writer is not None:
                writer.close()
    return status, body


def invent(n: int, seconds: float, submitting: float) -> list[Rusher]:
    """Make ``n`` complete drafts with a session each, and everybody's plan."""
    from benchmarks import pages, seed  # noqa: PLC0415 -- Django is set up by now

    cohort = seed.begin()
    seed.grow_drafts(cohort, n)
    chance = random.Random(26)
    people: list[Rusher] = []
    section = name = ""
    for number, user in enumerate(cohort.drafters[:n]):
        client = pages.signed_in(user)
        if not section:
            section, name = pages.long_answer_of(client)
        first = chance.uniform(0, min(PAUSE, seconds / 2))
        plan = [first + PAUSE * step for step in range(1000) if first + PAUSE * step < seconds]
        submits = chance.random() < submitting
        if submits:
            plan.append(seconds * (1 - chance.random() ** 2 / 2))
            plan.sort()
            plan = plan[: plan.index(max(plan)) + 1]
        answer = pages.stored_answer(user, name)
        people.append(
            Rusher(
                number,
                pages.headers_of(client),
                section,
                name,
                answer.version,
                answer.application_id,
                answer.question_id,
                plan,
                submits,
            )
        )
    return people


def lost(people: list[Rusher]) -> tuple[int, int, int]:
    """Return how many acknowledged texts and submissions the database lacks, and how many were submitted twice."""
    from applications.models import Answer, AnswerSnapshot, Application  # noqa: PLC0415 -- see invent

    stored = {
        (row.application_id, row.question_id): row.value
        for row in Answer.objects.filter(application__in=[one.application_id for one in people], scope="general")
    }
    texts = 0
    for one in people:
        fitting = {text.strip() for text in [one.acknowledged, *one.unanswered]}
        texts += bool(one.acknowledged and stored.get((one.application_id, one.question_id), "").strip() not in fitting)
    states = dict(Application.objects.values_list("pk", "internal_state"))
    submissions = sum(one.has_submitted and states[one.application_id] != "submitted" for one in people)
    snapshots = Counter(AnswerSnapshot.objects.filter(scope="general").values_list("application", flat=True))
    twice = sum(snapshots[one.application_id] > 1 for one in people)
    return texts, submissions, twice


def main() -> None:
    """Seed, rush, count, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rush", description=__doc__)
    parser.add_argument("--applicants", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--submitting", type=float, default=0.3, help="share of people who submit in the end")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4)
    asked = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.web.settings"
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    os.environ["ALLOWED_HOSTS"] = "127.0.0.1"
    django.setup()
    from benchmarks import pages  # noqa: PLC0415 -- Django is set up by now
    from benchmarks.__main__ import machine  # noqa: PLC0415 -- see above

    print(machine(), flush=True)
    call_command("migrate", verbosity=0)
    people = invent(asked.applicants, asked.seconds, asked.submitting)
    figures = Figures()
    options = ("--threads", str(asked.threads)) if asked.threads > 1 else ()
    with (
        tempfile.TemporaryDirectory() as folder,
        pages.server("benchmarks.web.settings", Path(folder), workers=asked.workers, options=options) as port,
    ):
        begun = time.perf_counter()
        asyncio.run(rush(port, people, figures))
        seconds = time.perf_counter() - begun
    texts, submissions, twice = lost(people)
    print(f"{asked.applicants:,} applicants in {seconds:.0f} s, each saves every {PAUSE:.0f} s")
    print(f"{asked.submitting:.0%} submit in the end, more and more of them towards it")
    print(f"gunicorn with {asked.workers} workers of {asked.threads} threads; load {os.getloadavg()[0]:.1f} at the end")
    print(f"{'':<8}{'answered':>8}{'a second':>9}{'p50 ms':>10}{'p95 ms':>10}{'p99 ms':>10}")
    for act in ("save", "submit"):
        print(figures.line(act, seconds))
    print(f"errors: {figures.wrong.total()} {dict(figures.wrong) or ''}")
    print(f"acknowledged and lost: {texts} texts, {submissions} submissions; submitted twice: {twice}")
    if texts or submissions or twice:
        sys.exit(1)


if __name__ == "__main__":
    main()

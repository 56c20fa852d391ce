"""Holds, rules, and the erasure of what fell due: drawn up by one person, confirmed by another, done by a job."""

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from applications.domain.concerns import end_case
from applications.domain.snapshots import checksum
from applications.models import Answer, AnswerSnapshot, AnswerVersion, Application, IntegrityCase
from applications.states import LIVE_CASE
from core import audit, clock, jobs
from core.models import OutboxMail
from core.refusals import Refused
from core.transitions import locked, transition
from mats_portal.desk.models import (
    RetentionClass,
    RetentionHold,
    RetentionItem,
    RetentionRule,
    RetentionRun,
    RunState,
)
from mats_portal.desk.privacy.deleting import CHUNK, delete_rows, empty_rows, forget_exports_about, forget_referees
from mats_portal.desk.privacy.holding import Holding, Treatment
from mats_portal.desk.privacy.registry import HOLDINGS
from mats_portal.desk.retention.counting import count_answers
from mats_portal.desk.retention.due import falls_due, is_held, kept_by, rule_of
from questions.states import DataClass
from streams.models import Cycle

JOB_KIND = "desk.retention"
#: The way from a row to its application, instead of to the person: longer ways end in the same step.
TO_PERSON = "application__person"


@transaction.atomic
def set_rule(*, cycle: Cycle, kind: str, months: int, by: Any) -> RetentionRule:
    """Keep a class of data so many months in one cycle; lists drawn up by the old rule are discarded."""
    locked(cycle)
    if kind not in RetentionClass.values or not 1 <= months <= 120:
        raise Refused("Choose between 1 and 120 months.")
    rule, _ = RetentionRule.objects.update_or_create(cycle=cycle, kind=kind, defaults={"months": months})
    for run in RetentionRun.objects.filter(cycle=cycle, kind=kind, state=RunState.PROPOSED):
        transition(locked(run), "discard", by=by, ended_at=clock.now())
    audit.record("set_retention", rule, by=by, cycle=cycle.code, kind=kind, months=months)
    return rule


@transaction.atomic
def place_hold(*, person: User, reason: str, by: Any) -> RetentionHold:
    """Let nothing of a person be deleted until the hold is released. Placing a second one changes nothing."""
    person = locked(person)
    present = RetentionHold.objects.filter(person=person, released_at=None).first()
    if present is not None:
        return present
    if not reason.strip():
        raise Refused("Write down why nothing may be deleted.")
    hold = RetentionHold.objects.create(person=person, reason=reason.strip()[:300], placed_by=by)
    audit.record("place_hold", hold, by=by)
    return hold


@transaction.atomic
def release_hold(*, hold: RetentionHold, by: Any) -> RetentionHold:
    """Let the rules and the person's own request take their course again. Twice is once."""
    hold = locked(hold)
    if hold.released_at is None:
        hold.released_at, hold.released_by = clock.now(), by
        hold.save(update_fields=["released_at", "released_by"])
        audit.record("release_hold", hold, by=by)
    return hold


@transaction.atomic
def propose_run(*, cycle: Cycle, kind: str, by: Any) -> RetentionRun:
    """Draw up the list of what goes. Nothing goes before a second person has confirmed it.

    Raises ``Refused`` while nothing is due, or while another list of this class is open.
    """
    locked(cycle)
    if kind not in RetentionClass.values or not rule_of(cycle, kind).is_due:
        raise Refused("Nothing of this kind is due yet.")
    applications = list(falls_due(cycle, kind).values_list("pk", flat=True))
    if not applications:
        raise Refused("Nothing of this kind is due: it is erased already, or held.")
    try:
        with transaction.atomic():
            run = RetentionRun.objects.create(
                cycle=cycle, kind=kind, proposed_by=by, counts=rows_by_kind(kind, applications)
            )
    except IntegrityError as error:
        raise Refused("A list of this kind is drawn up already. Confirm or discard it first.") from error
    RetentionItem.objects.bulk_create([RetentionItem(run=run, application_id=pk) for pk in applications])
    audit.record("propose_erasure", run, by=by, after=run.state, applications=len(applications))
    return run


@transaction.atomic
def discard_run(*, run: RetentionRun, by: Any) -> RetentionRun:
    """Put a list away that nobody confirmed."""
    run = locked(run)
    return run if run.state == RunState.DISCARDED else transition(run, "discard", by=by, ended_at=clock.now())


@transaction.atomic
def confirm_run(*, run: RetentionRun, by: Any) -> RetentionRun:
    """Start the erasure, as the second person. Twice is once; what the rule no longer lets go is spared.

    Answers for statistics are counted here, before the first of them goes.
    """
    run = locked(run, "cycle")
    if run.state in {RunState.CONFIRMED, RunState.DONE}:
        return run
    if run.proposed_by_id == by.pk:
        raise Refused("You drew this list up. Another person confirms it.")
    if not rule_of(run.cycle, run.kind).is_due:
        raise Refused("The rule has changed since: nothing of this kind is due. Discard the list.")
    if run.kind == RetentionClass.DEMOGRAPHICS:
        count_answers(run.cycle)
    run = transition(run, "confirm", by=by, confirmed_by=by, confirmed_at=clock.now())
    run.job = jobs.start(JOB_KIND, by=by, run=run.pk)
    run.save(update_fields=["job"])
    return run


def carry_out(run: RetentionRun, progress: jobs.Progress) -> RetentionRun:
    """Erase what the list names, one application after the other; killed anywhere, it is run again and goes on."""
    run = RetentionRun.objects.select_related("cycle").get(pk=run.pk)
    total = run.items.count()
    waiting = run.items.filter(done_at=None, spared=False).select_related("application__person").order_by("pk")
    for item in waiting:
        progress.step("Erasing", total - waiting.count(), total)
        erase_item(item=item, kind=run.kind)
    return finish_run(run=run)


def erase_item(*, item: RetentionItem, kind: str) -> None:
    """Erase one application's data of one class, unless a hold came in between."""
    is_due = rule_of(item.run.cycle, kind).is_due
    if is_due and kind != RetentionClass.DEMOGRAPHICS:  # whose own erasure takes them off the list
        # The wish to be kept longer is an answer too: half erased by a killed worker, it is on the other list.
        kinds = {kind, RetentionClass.UNSUCCESSFUL} if kind == RetentionClass.WISHED else {kind}
        is_due = any(kept_by(item.run.cycle, one).filter(pk=item.application_id).exists() for one in sorted(kinds))
    if is_held(item.application.person) or not is_due:
        RetentionItem.objects.filter(pk=item.pk).update(spared=True)
        return
    if kind == RetentionClass.DEMOGRAPHICS:
        erase_statistics(application=item.application)
    else:
        erase_application(application=item.application)
    settle_item(item=item)


@transaction.atomic
def settle_item(*, item: RetentionItem) -> None:
    """Write down that one application's data are gone."""
    RetentionItem.objects.filter(pk=item.pk, done_at=None).update(done_at=clock.now())
    audit.record("erase_application", item.application, by=None)


@transaction.atomic
def finish_run(*, run: RetentionRun) -> RetentionRun:
    """Close the run."""
    run = locked(run)
    return run if run.state == RunState.DONE else transition(run, "finish", by=None, ended_at=clock.now())


def erase_application(*, application: Application) -> None:
    """Treat every row of one application as the registry says; the account and other applications stay.

    Each step looks for what is left, in transactions of a few hundred rows.
    """
    for case in IntegrityCase.objects.filter(assignment__application=application, state__in=sorted(LIVE_CASE)):
        end_case(case=case)
    forget_exports_about(person=application.person)
    delete_mails_about(application=application)
    for holding in HOLDINGS:
        _treat(holding, application)()
    forget_referees(person=application.person)


def _treat(holding: Holding, application: Application) -> Callable[[], None]:
    rows = rows_of_application(holding, application.pk)
    if rows is None or holding.treatment is Treatment.KEEP:
        return lambda: None
    if holding.treatment is Treatment.DELETE:
        return lambda: delete_rows(holding=holding, rows=rows)
    return lambda: empty_rows(holding=holding, rows=rows)


def rows_of_application(holding: Holding, pk: int) -> QuerySet | None:
    """Return the rows of one model that hang on one application; ``None`` where no way leads over one."""
    about = Q()
    for path in holding.paths:
        if holding.model == "applications.Application" and path == "person":
            about |= Q(pk=pk)
        elif path == TO_PERSON or path.endswith(f"__{TO_PERSON}"):
            about |= Q(**{path.removesuffix("__person"): pk})
    return holding.model_class._base_manager.filter(about) if about else None


def delete_mails_about(*, application: Application) -> None:
    """Delete the mails that name one of the application's rows."""
    named = {application.public_id}
    for holding in HOLDINGS:
        has_name = any(column.name == "public_id" for column in holding.model_class._meta.get_fields())
        rows = rows_of_application(holding, application.pk) if has_name and not holding.withheld else None
        if rows is not None:
            named.update(rows.values_list("public_id", flat=True))
    about = Q(pk__in=[])
    for name in sorted(named):
        about |= Q(key__contains=name)
    OutboxMail.objects.filter(about).delete()


def rows_by_kind(kind: str, applications: list[int]) -> dict[str, int]:
    """Return how many rows of which model lose their content: what the dry run shows."""
    if kind == RetentionClass.DEMOGRAPHICS:
        n = Answer.objects.filter(application__in=applications, question__data_class=DataClass.DEMOGRAPHIC).count()
        return {"applications.Answer": n}
    found: dict[str, int] = {}
    for holding in HOLDINGS:
        if holding.treatment is Treatment.KEEP:
            continue
        about = Q()
        for path in holding.paths:
            if holding.model == "applications.Application" and path == "person":
                about |= Q(pk__in=applications)
            elif path == TO_PERSON or path.endswith(f"__{TO_PERSON}"):
                about |= Q(**{f"{path.removesuffix('__person')}__in": applications})
        if about and (n := holding.model_class._base_manager.filter(about).count()):
            found[holding.model] = n
    return found


def erase_statistics(*, application: Application) -> None:
    """Delete one application's answers for statistics, as typed, in earlier versions, and as handed in."""
    asked = Q(question__data_class=DataClass.DEMOGRAPHIC, application=application)
    with transaction.atomic():
        locked(application)
        keys = list(Answer.objects.filter(asked).values_list("pk", flat=True)[:CHUNK])
        AnswerVersion.objects.filter(answer__in=keys).delete()
        for snapshot in AnswerSnapshot.objects.filter(application=application).order_by("pk"):
            kept = [
                {**section, "items": [one for one in section["items"] if one["data_class"] != DataClass.DEMOGRAPHIC]}
                for section in snapshot.content
            ]
            if kept != snapshot.content:
                AnswerSnapshot.objects.filter(pk=snapshot.pk).update(content=kept, sha256=checksum(kept))
        # The rows by which this application is found, last.
        Answer.objects.filter(pk__in=keys).delete()

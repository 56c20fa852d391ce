"""Faults that somebody could have written into reviewing, deciding and releasing: one line each, in a real function."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """``old`` stands in the function called ``where``; ``new`` is what a tired programmer wrote instead."""

    where: str
    old: str
    new: str
    #: The short life that comes past it.
    tour: str = "deciding"


FAULTS = {
    "the maker of a batch approves it": Fault(
        "reviews.domain.batches.demand_second_person", "batch.maker_id == by.pk", "batch.maker_id == 0"
    ),
    "somebody close to an applicant approves": Fault(
        "reviews.domain.batches.demand_second_person", "if batch.decisions.filter(", "if not batch.decisions.filter("
    ),
    "an older version than the present one is approved": Fault(
        "reviews.domain.batches.demand_second_person", "batch.version != version", "batch.version < version"
    ),
    "an edit leaves the approval standing": Fault(
        "reviews.domain.batches._editable", "batch = recall_batch(batch=batch, by=by)", "return batch"
    ),
    "a voided approval leaves its decisions standing": Fault(
        "reviews.domain.batches.recall_batch",
        '"track_application_id", flat=True)',
        '"track_application_id", flat=True)[:0]',
    ),
    "somebody decides on a person close to them": Fault(
        "reviews.domain.batches._own_line_refused",
        "decisions_visible_to(by).filter(pk=decision.pk)",
        "Decision.objects.filter(pk=decision.pk)",
    ),
    "a batch proposes on its maker's own application": Fault(
        "reviews.domain.batches.create_batch", '.exclude(conflicted_with(by, "application__person"))', ""
    ),
    "decisions on people whom nobody has read are approved": Fault(
        "reviews.queries.checks._against", "_unread(decisions, reads), ", "", tour="reading"
    ),
    "a batch is released without, or for the second time after, its approval": Fault(
        "core.transitions.transition",
        "if not table.allows(verb, before, table.remembered(row)):",
        'if not table.allows(verb, before, table.remembered(row)) and verb != "release":',
    ),
    "a release forgets its last line": Fault(
        "reviews.domain.batches.release_batch", '.order_by("pk"))', '.order_by("pk"))[:-1]'
    ),
    "a release shows and mails those who have withdrawn": Fault(
        "applications.domain.releases._release_part",
        "row.internal_state == TrackState.WITHDRAWN",
        "row.internal_state == TrackState.LAPSED",
    ),
    "a release mails those whom it passed over": Fault(
        "reviews.domain.batches.release_batch", "for line in lines if not line.left_out)", "for line in lines)"
    ),
    "mails are decided on after the commit": Fault(
        "reviews.domain.batches.release_batch",
        "outbox.enqueue_all(",
        "(lambda mails: transaction.on_commit(lambda: outbox.enqueue_all(mails)))(",
    ),
    "a mail says advanced to everybody": Fault(
        "reviews.queries.letters.letter", "{Outcome(decision.outcome)}", "advance"
    ),
    "a release is scheduled for the past": Fault(
        "reviews.domain.batches.schedule_batch", "release_at <= clock.now()", "release_at <= batch.created_at"
    ),
    "a release is taken back after its window": Fault(
        "reviews.domain.undo.demand_undo_is_open",
        "asked_at >= until",
        "asked_at < batch.created_at",
        tour="taking back",
    ),
    "mails go on leaving while a release is taken back": Fault(
        "reviews.domain.undo.request_undo",
        "held = _hold_mails(batch, lines)",
        "held: dict[int, list[str]] = {}",
        tour="taking back",
    ),
    "held mails never leave although the release stands": Fault(
        "reviews.domain.batches.discard_batch",
        "if batch.counters_id:",
        "if batch.counters_id is None:",
        tour="taking back",
    ),
    "whoever was closed is led back past the review": Fault(
        "applications.domain.gates._way_back",
        "return APPLICATION_BACK[ApplicationState(found)]",
        "return APPLICATION_BACK[ApplicationState.FINAL]",
        tour="taking back",
    ),
    "a text goes by hand to somebody close to its author": Fault(
        "reviews.queries.standing.Standing.why_not", " or (reader, self.person[key]) in self.pairs", "", tour="reading"
    ),
    "a text goes by hand to somebody who has had it": Fault(
        "reviews.queries.standing.Standing.why_not",
        "if reader in self.touched[key]:",
        "if reader is None:",
        tour="reading",
    ),
    "a text gets more readers than it is to have": Fault(
        "reviews.domain.assignments.apply_assignment", "[: max(k - present, 0)]", "[:k]", tour="reading"
    ),
    "a conflict leaves the text on the table": Fault(
        "reviews.domain.conflicts._assignments_of", "return list(", "return [] and list(", tour="reading"
    ),
    "somebody else hands a text back": Fault(
        "reviews.domain.assignments.decline_assignment", "assignment.reviewer_id != by.pk", "by is None", tour="reading"
    ),
    "a review is amended after the end of the review": Fault(
        "reviews.domain.writable.writable_assignment",
        'if dates.has_begun("review_closes", arrived):',
        "if opens_at is None:",
        tour="reading",
    ),
    "a review is written by somebody else": Fault(
        "reviews.domain.writable.writable_assignment", "assignment.reviewer_id != by.pk or ", "", tour="reading"
    ),
    "an old tab overwrites a newer review": Fault(
        "reviews.domain.reviews._store",
        "(stored.version if stored else 0) != version",
        "version is None",
        tour="reading",
    ),
    "a score lies beyond the scale": Fault(
        "reviews.domain.reviews._check_scores",
        "not criterion.scale_min <= value <= criterion.scale_max",
        "value < criterion.scale_min",
        tour="reading",
    ),
    "an incomplete review is handed in": Fault(
        "reviews.domain.reviews.submit_review",
        "if missing := missing_scores(criteria, reading.scores):",
        "if len(missing := missing_scores(criteria, reading.scores)) == len(criteria):",
        tour="reading",
    ),
}

#: Faults in what is shown, for the tests that compare two worlds: the secret that shows, and the fault.
SHOWN = {
    "the other reader's reading": Fault(
        "reviews.queries.reading.review_page",
        "Review.objects.filter(assignment=assignment)",
        "Review.objects.filter(assignment__track_application=assignment.track_application).order_by('-pk')",
    ),
    "answers of hidden classes": Fault(
        "reviews.queries.evidence.classes_for", "return READABLE - {", "return {*DataClass} | {"
    ),
}

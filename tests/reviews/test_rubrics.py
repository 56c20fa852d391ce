"""Versions of rubrics: drafted, checked, published; scores stay with the version that they were given by."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from core import clock
from core.models import AuditEvent
from core.refusals import Refused, Stale
from reviews.domain.assignments import apply_assignment, reassign
from reviews.domain.reviews import OtherVersion, save_review_draft, submit_review
from reviews.domain.rubrics import (
    CriterionText,
    RubricText,
    change_rubric_draft,
    discard_rubric_draft,
    publish_rubric,
    save_track_rubric,
    start_rubric_draft,
)
from reviews.models import Criterion, PracticeItem, Review, ReviewAssignment, Rubric
from reviews.queries.needs import targets
from reviews.queries.reads import reads_of
from reviews.queries.rubric_checks import findings, surroundings_of
from reviews.queries.rubric_effects import effects_of
from reviews.queries.rubric_texts import Difference, differences, text_of
from reviews.queries.rubrics import criteria_for, latest_rubrics, missing_scores
from reviews.states import GroupRule, RubricState
from tests.applications import factories as applying
from tests.reviews import factories
from tests.reviews.factories import criterion
from tests.worlds import World


@pytest.fixture
def rubric(world: World) -> Rubric:
    """Return the rubric in force of the empirical track, after a text was given to its readers."""
    return Rubric.objects.get(track=world.tracks["empirical"])


def evident(text: RubricText) -> RubricText:
    """Return the text with an answer behind each criterion."""
    return replace(text, criteria=[replace(row, question_codes=["why"]) for row in text.criteria])


def draft_of(rubric: Rubric, change: Any = evident) -> Rubric:
    """Return a saved draft of the next version."""
    draft = start_rubric_draft(rubric=rubric, by=None)
    return change_rubric_draft(rubric=draft, text=change(text_of(draft)), edits=draft.edits, by=None)


def published(rubric: Rubric, change: Any = evident, **options: Any) -> Rubric:
    """Put the next version in force."""
    draft = draft_of(rubric, change)
    return publish_rubric(rubric=draft, edits=draft.edits, by=None, **options).rubric


def heavier_motivation(text: RubricText) -> RubricText:
    """Move twenty percent from the skills to the motivation."""
    weights = {"motivation": Decimal(60), "code": Decimal(40), "maths": Decimal(40)}
    return evident(replace(text, criteria=[replace(row, weight=weights[row.code]) for row in text.criteria]))


# ---------------------------------------------------------------------------------------------------------- drafts


def test_draft_says_what_its_version_says_and_is_there_once(world: World, rubric: Rubric) -> None:
    draft = start_rubric_draft(rubric=rubric, by=world.people["staff a"])

    assert start_rubric_draft(rubric=rubric, by=world.people["staff b"]) == draft
    assert text_of(draft) == replace(text_of(rubric), version=2)
    assert latest_rubrics()[0][world.tracks["empirical"].pk] == rubric.pk, "nobody reads by a draft"
    assert AuditEvent.objects.get(verb="start_draft").actor == world.people["staff a"]


def test_two_editors_do_not_write_over_each_other(rubric: Rubric) -> None:
    draft = start_rubric_draft(rubric=rubric, by=None)
    first = replace(text_of(draft), title="From the first")

    change_rubric_draft(rubric=draft, text=first, edits=0, by=None)
    with pytest.raises(Stale, match="Somebody else saved this draft") as stale:
        change_rubric_draft(rubric=draft, text=replace(first, title="From the second"), edits=0, by=None)
    with pytest.raises(Stale, match="changed since you looked"):
        publish_rubric(rubric=draft, edits=0, by=None)

    assert stale.value.current.title == "From the first"
    assert Rubric.objects.get(pk=draft.pk).title == "From the first"


def test_draft_keeps_one_criterion_at_least_and_each_code_once(rubric: Rubric) -> None:
    draft = start_rubric_draft(rubric=rubric, by=None)
    text = text_of(draft)

    with pytest.raises(Refused, match="at least one criterion"):
        change_rubric_draft(rubric=draft, text=replace(text, criteria=[]), edits=0, by=None)
    with pytest.raises(Refused, match="same code"):
        change_rubric_draft(
            rubric=draft, text=replace(text, criteria=[*text.criteria, text.criteria[0]]), edits=0, by=None
        )

    assert text_of(draft) == text


def test_published_version_is_neither_changed_nor_thrown_away_not_even_by_hand(rubric: Rubric) -> None:
    text = text_of(rubric)
    acts = [
        lambda: change_rubric_draft(rubric=rubric, text=text, edits=0, by=None),
        lambda: discard_rubric_draft(rubric=rubric, by=None),
        lambda: publish_rubric(rubric=rubric, edits=0, by=None),
    ]
    by_hand = [
        lambda: Criterion.objects.filter(rubric=rubric).update(weight=1),
        lambda: Criterion.objects.filter(rubric=rubric, code="motivation").delete(),
        lambda: Criterion.objects.create(rubric=rubric, code="late", name="Late", weight=1),
        lambda: Rubric.objects.filter(pk=rubric.pk).update(title="Another"),
    ]

    for act in acts:
        with pytest.raises(Refused, match="published and never changes"):
            act()
    for act in by_hand:
        with pytest.raises(DatabaseError, match=r"never change|Cannot update"), transaction.atomic():
            act()

    assert text_of(Rubric.objects.get(pk=rubric.pk)) == text


def test_control_draft_can_be_changed_by_hand_and_thrown_away(rubric: Rubric) -> None:
    draft = start_rubric_draft(rubric=rubric, by=None)

    assert Criterion.objects.filter(rubric=draft).update(help="more") == 3
    discard_rubric_draft(rubric=draft, by=None)

    assert not Rubric.objects.filter(pk=draft.pk).exists()
    assert start_rubric_draft(rubric=rubric, by=None).version == 2


# ---------------------------------------------------------------------------------------------------------- checks


def with_first(**changes: Any) -> Any:
    """Return a change of the first criterion of a sound text."""
    return lambda text: replace(text, criteria=[replace(text.criteria[0], **changes), *text.criteria[1:]])


FAULTS = [
    (with_first(weight=Decimal(30)), "The weights add up to 90, not to 100."),
    (with_first(question_codes=[]), "“Motivation” names no question as its evidence."),
    (with_first(question_codes=["moon"]),
     "“Motivation” rests on “moon”, which is not asked in the forms that are read by it."),
    (with_first(question_codes=["full-name"]), "“Motivation” rests on “full-name”, which its readers do not get."),
    (with_first(question_codes=["places"]), "“Motivation” rests on “places”, which its readers do not get."),
    (with_first(anchors={"1": "a", "5": "b"}), "“Motivation” does not say what level 2, 3, 4 means."),
    (with_first(anchors={"3": "a", "5": "b"}), "“Motivation” does not say what level 1, 2 means."),
    (with_first(anchors={"1": "a", "3": "  ", "5": "b"}), "“Motivation” does not say what level 2, 3, 4 means."),
    (with_first(anchors={"1": "a", "3": "b", "5": "c", "7": "d"}),
     "“Motivation” describes level 7, which is not on the scale 1 to 5."),
    (with_first(group_rule=GroupRule.MAX), "“Motivation” names no group: the best of which criteria counts?"),
    (with_first(group="alone", group_rule=GroupRule.ANY_OF),
     "“Motivation” stands alone in the group “alone”: there is nothing to be the best of."),
    (with_first(group="skill"), "The criteria of the group “skill” differ in rule, weight or area."),
    (with_first(stream_slug="alpha", area_code="moon"),
     "“Motivation” hangs on the area “alpha/moon”, which no stream has that is read here."),
]  # fmt: skip


@pytest.mark.requirement(37)
def test_checks_find_each_planted_fault_and_nothing_is_published(rubric: Rubric) -> None:
    draft = draft_of(rubric)
    sound = text_of(draft)

    for change, finding in FAULTS:
        draft = change_rubric_draft(rubric=draft, text=change(sound), edits=draft.edits, by=None)
        assert finding in findings(text_of(draft), surroundings_of(draft))
        with pytest.raises(Refused, match="This rubric is not ready"):
            publish_rubric(rubric=draft, edits=draft.edits, by=None)

    assert Rubric.objects.get(track=rubric.track, state=RubricState.PUBLISHED) == rubric


def test_control_sound_draft_has_no_finding(rubric: Rubric) -> None:
    draft = draft_of(rubric)

    assert findings(text_of(draft), surroundings_of(draft)) == []


def test_answers_that_nobody_has_to_give_are_no_evidence(world: World, rubric: Rubric) -> None:
    question = world.cycle.general_form.versions.get().items.get(question__code="why").question
    question.optional_only = True
    question.save()
    draft = draft_of(rubric)

    assert "“Code” rests on answers alone that nobody has to give." in findings(text_of(draft), surroundings_of(draft))


# ------------------------------------------------------------------------------------------------------ publishing


def test_publishing_retires_the_version_before_and_is_recorded(world: World, rubric: Rubric) -> None:
    draft = draft_of(rubric)
    with clock.at(world.moments["review"]):
        done = publish_rubric(rubric=draft, edits=draft.edits, by=world.people["staff a"])

    states = dict(Rubric.objects.filter(track=rubric.track).values_list("version", "state"))
    assert (states, done.moved) == ({1: "retired", 2: "published"}, 0)
    assert done.rubric.published_at == world.moments["review"]
    assert latest_rubrics()[0][rubric.track_id] == draft.pk
    events = AuditEvent.objects.filter(actor=world.people["staff a"]).values_list("verb", "before", "after")
    assert list(events.order_by("pk")) == [("retire", "published", "retired"), ("publish", "draft", "published")]


def test_texts_that_somebody_has_begun_keep_their_version_and_others_take_the_new_one(
    world: World, rubric: Rubric
) -> None:
    begun, done, fresh = (
        applying.under_review(world, who) for who in ("applicant", "other applicant", "third applicant")
    )
    factories.assign(world)
    first, second = factories.readings_of(factories.of(begun))
    with clock.at(world.moments["review"]):
        save_review_draft(assignment=first, reading=factories.reading(first), version=0, by=first.reviewer)
    factories.read(world, done, (4, 2))
    before = list(Review.objects.order_by("pk").values_list("mean", "version"))
    draft = draft_of(rubric, heavier_motivation)
    foreseen = effects_of(draft, text_of(draft))

    with clock.at(world.moments["review"]):
        moved = publish_rubric(rubric=draft, edits=draft.edits, by=None).moved

    assert (foreseen.n_texts_moved, foreseen.n_moved, foreseen.n_texts_kept) == (1, 2, 2)
    assert (foreseen.n_handed_in, foreseen.n_in_progress, foreseen.n_waiting_kept) == (2, 1, 1)
    assert moved == 2
    versions = {
        application.pk: [row.rubric.version for row in factories.readings_of(factories.of(application))]
        for application in (begun, done, fresh)
    }
    assert versions == {begun.pk: [1, 1], done.pk: [1, 1], fresh.pk: [2, 2]}
    assert list(Review.objects.order_by("pk").values_list("mean", "version")) == before
    assert second.rubric == rubric, "the other reader of a text that was begun reads it by the same words"


def test_means_are_of_the_version_by_which_the_text_was_read(world: World, rubric: Rubric) -> None:
    old, new = applying.under_review(world, "applicant"), applying.under_review(world, "other applicant")
    factories.assign(world)
    scores = {"motivation": 5, "code": 2, "maths": 1}
    first = factories.readings_of(factories.of(old))
    factories.review(world, first[0], scores=scores)
    published(rubric, heavier_motivation)
    factories.review(world, first[1], scores=scores)
    for assignment in factories.readings_of(factories.of(new)):
        factories.review(world, assignment, scores=scores)

    rows = [factories.of(old).pk, factories.of(new).pk]
    reads = reads_of(rows, 2)
    assert reads[rows[0]].means == (Decimal("3.200"), Decimal("3.200"))  # (40*5 + 60*2) / 100
    assert reads[rows[1]].means == (Decimal("3.800"), Decimal("3.800"))  # (60*5 + 40*2) / 100

    factories.review(world, first[0], scores={**scores, "motivation": 4})
    assert reads_of(rows[:1], 2)[rows[0]].means[0] == Decimal("2.800"), "an amended reading stays with its version"


def test_a_further_reader_gets_the_version_of_the_text(world: World, rubric: Rubric) -> None:
    begun = applying.under_review(world)
    factories.assign(world)
    first, second = factories.readings_of(factories.of(begun))
    factories.review(world, first)
    published(rubric)
    spare = factories.add_reviewers(world, 1)[0]
    with clock.at(world.moments["review"]):
        given = reassign(assignment=second, reader=spare, by=world.people["staff a"])
        ReviewAssignment.objects.filter(pk=given.pk).delete()
        target = next(
            one for one in targets(world.cycle, world.tracks["empirical"]) if one.person_id == begun.person_id
        )
        apply_assignment(target=target, readers=frozenset({spare.pk}), by=None)

    assert given.rubric_id == target.rubric_id == rubric.pk
    assert ReviewAssignment.objects.get(reviewer=spare).rubric == rubric


def test_scores_chosen_by_the_levels_of_another_version_are_not_taken(world: World, rubric: Rubric) -> None:
    applying.under_review(world)
    factories.assign(world)
    assignment = ReviewAssignment.objects.filter(rubric=rubric).first()
    typed = factories.reading(assignment, rubric=rubric.public_id)
    new = published(rubric)

    for write in (save_review_draft, submit_review):
        with clock.at(world.moments["review"]), pytest.raises(OtherVersion, match="A new version of the rubric"):
            write(assignment=assignment, reading=typed, version=0, by=assignment.reviewer)

    assert not Review.objects.exists()
    with clock.at(world.moments["review"]):
        submit_review(
            assignment=assignment, reading=replace(typed, rubric=new.public_id), version=0, by=assignment.reviewer
        )
    assert Review.objects.get().assignment.rubric == new


def test_scale_changes_while_nothing_is_read_and_not_afterwards(world: World, rubric: Rubric) -> None:
    def longer(text: RubricText) -> RubricText:
        anchors = {"1": "a", "3": "b", "5": "c", "7": "d"}
        return evident(replace(text, scale=(1, 7), criteria=[replace(row, anchors=anchors) for row in text.criteria]))

    version = published(rubric, longer)
    assert set(version.criteria.values_list("scale_min", "scale_max")) == {(1, 7)}

    application = applying.under_review(world)
    factories.assign(world)
    assignment = factories.readings_of(factories.of(application))[0]
    factories.review(world, assignment, 7)
    assert Review.objects.get().mean == 7
    draft = draft_of(version, lambda text: replace(evident(text), scale=(1, 5), criteria=text_of(rubric).criteria))
    found = findings(text_of(draft), surroundings_of(draft))

    assert any("1 readings have begun on the scale 1 to 7" in finding for finding in found)
    with pytest.raises(Refused, match="not ready"):
        publish_rubric(rubric=draft, edits=draft.edits, by=None)


def test_import_brings_no_version_older_than_the_one_in_force_and_none_over_a_draft(
    world: World, rubric: Rubric
) -> None:
    track, text = world.tracks["empirical"], text_of(rubric)
    save_track_rubric(track=track, text=replace(text, version=3), by=None)

    with pytest.raises(Refused, match="Version 3 is in force already"), transaction.atomic():
        save_track_rubric(track=track, text=replace(text, version=2), by=None)
    draft = start_rubric_draft(rubric=rubric, by=None)
    for version in (4, 5):
        with pytest.raises(Refused, match="Staff are drafting a version"):
            save_track_rubric(track=track, text=replace(text, version=version), by=None)

    assert draft.version == 4
    assert save_track_rubric(track=track, text=replace(text, version=3), by=None).change == "unchanged"


def test_practice_goes_along_only_where_it_fits_and_only_if_asked(world: World, rubric: Rubric) -> None:
    factories.add_practice(world)

    second = published(rubric, take_practice=True)
    third = published(second)
    assert [version.practice_items.count() for version in (rubric, second, third)] == [2, 2, 0]

    fresh = PracticeItem.objects.filter(rubric=second)
    assert {item.public_id for item in fresh}.isdisjoint({item.public_id for item in rubric.practice_items.all()})
    PracticeItem.objects.filter(rubric=second).update(rubric=third)
    taste = criterion("taste", 20, question_codes=["why"])

    def other(text: RubricText) -> RubricText:
        first, *skills = evident(text).criteria
        return replace(text, criteria=[replace(first, weight=Decimal(20)), taste, *skills])

    assert published(third, other, take_practice=True).practice_items.count() == 0, "no level for the new criterion"


# ---------------------------------------------------------------------------------------------------- differences


def test_differences_name_what_was_and_what_becomes(rubric: Rubric) -> None:
    before = text_of(rubric)
    first, code, maths = before.criteria
    after = replace(
        before,
        note="Read the levels first.",
        criteria=[
            replace(code, anchors={**code.anchors, "5": "runs, tested"}),
            replace(first, weight=Decimal("39.50"), name="Why"),
            CriterionText("taste", "Taste", Decimal("0.5"), {}, []),
        ],
    )

    assert differences(before, before) == []
    assert differences(before, after) == [
        Difference("The rubric", "Note", "", "Read the levels first."),
        Difference("The rubric", "Order of the criteria", "motivation, code", "code, motivation"),
        Difference("Code", "Level 5", "all of it, with evidence", "runs, tested"),
        Difference("Why", "Name", "Motivation", "Why"),
        Difference("Why", "Weight", "40 %", "39.5 %"),
        Difference("Taste", "New criterion", "", "weight 0.5 %"),
        Difference(maths.name, "Criterion taken out", "weight 60 %", ""),
    ]


# -------------------------------------------------------------------------------------------------------- any of


@pytest.mark.requirement(13)
def test_of_a_group_where_one_is_enough_one_is_scored_and_the_best_counts(world: World, rubric: Rubric) -> None:
    def any_of(text: RubricText) -> RubricText:
        first, *skills = evident(text).criteria
        return replace(text, criteria=[first, *(replace(one, group_rule=GroupRule.ANY_OF) for one in skills)])

    published(rubric, any_of)
    application = applying.under_review(world)
    factories.assign(world)
    one, other = factories.readings_of(factories.of(application))

    assert missing_scores(criteria_for(one), {"motivation"}) == {"code": "one of “Code” or “Maths”"}
    with pytest.raises(Refused, match="Score one of “Code” or “Maths” or choose"):
        factories.review(world, one, scores={"motivation": 2})
    factories.review(world, one, scores={"motivation": 2, "maths": 5})
    factories.review(world, other, scores={"motivation": 2, "maths": 1, "code": 4})

    means = Review.objects.order_by("assignment_id").values_list("mean", flat=True)
    assert list(means) == [Decimal("3.800"), Decimal("3.200")]

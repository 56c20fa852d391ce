"""Bring a checked catalogue into the database, through the domain functions of each app, all of it or nothing."""

from collections import Counter
from pathlib import Path
from typing import Any

from django.db import transaction

from applications.domain import definitions
from applications.models import EvaluationDefinition
from core.refusals import Refused
from mats_portal.desk.catalogue.checking import check
from mats_portal.desk.catalogue.reading import Book, Entry, Mistake, Mistakes, Place, read
from mats_portal.desk.catalogue.stream_text import STREAM_TEXT
from mats_portal.desk.catalogue.texts import finder_question, key_date_text, morning, rubric_text
from mats_portal.desk.self_test import findings
from questions.domain import forms
from questions.domain.rows import Change
from questions.models import Form
from reviews.domain import practice, rubrics
from streams.domain import help_entries, programme, streams
from streams.models import Cycle, ResearchArea, Site, Track

#: Serialises imports: two at a time could each find the other's half.
IMPORT_LOCK = 20_261


def import_catalogue(*, path: Path, by: Any) -> Counter[tuple[str, Change]]:
    """Make the database hold what the file or folder at ``path`` says; returns how many of what changed.

    Running it again changes nothing. Raises ``Mistakes`` with everything that is wrong, and then nothing is changed.
    """
    book, mistakes = read(path)
    mistakes += check(book, mistakes)
    if mistakes:
        raise Mistakes(mistakes)
    return _Import(book, by).run()


class _Import:
    """One run: remembers the rows by their codes, and counts what happened to them."""

    def __init__(self, book: Book, by: Any) -> None:
        self.book, self.by = book, by
        self.counts: Counter[tuple[str, Change]] = Counter()
        self.place = Place("catalogue")
        self.forms: dict[str, Form] = {}
        self.sites: dict[str, Site] = {}
        self.topics: dict[str, ResearchArea] = {}
        self.tracks: dict[str, Track] = {}
        self.definitions: dict[str, EvaluationDefinition] = {}
        self.mentors: dict[str, Any] = {}

    def run(self) -> Counter[tuple[str, Change]]:
        try:
            with transaction.atomic():
                _wait_for_others()
                self._run()
        except Refused as refusal:
            # The domain knows what is stored; the file alone could not tell.
            raise Mistakes([Mistake(self.place, str(refusal))]) from refusal
        return self.counts

    def _run(self) -> None:
        book = self.book
        for entry in book.questions:
            self._question(entry)
        for entry in book.forms:
            self._form(entry)
        cycle = self._cycle()
        self._key_dates(cycle)
        for entry in book.sites:
            self._count("sites", entry, self._site(entry, cycle))
        for entry in sorted(book.topics, key=lambda topic: bool(topic["parent"])):
            self._count("topics", entry, self._topic(entry))
        for order, entry in enumerate(book.tracks, 1):
            self._count("tracks", entry, self._track(entry, order, cycle))
        for entry in book.evaluations:
            self._evaluation(entry, cycle)
        for entry in book.mentors:
            self._count("mentors", entry, self._mentor(entry))
        for entry in book.streams:
            self._stream(entry, cycle)
        for slug, track in self.tracks.items():
            self._practice(track, [entry for entry in book.practice if entry["track"] == slug])
        for entry in book.help:
            self._help(entry)
        for entry in book.evaluations:
            self.place = entry.place.key("streams")
            asking = cycle.streams.filter(slug__in=entry["streams"])
            definitions.set_streams(definition=self.definitions[entry["code"]], streams=list(asking), by=self.by)

    def _count(self, noun: str, entry: Entry, change: Change) -> None:
        self.place = entry.place
        self.counts[noun, change] += 1

    def _question(self, entry: Entry) -> None:
        self.place = entry.place
        saved = forms.save_question(
            code=entry["code"],
            canonical_meaning=entry["meaning"],
            kind=entry["kind"],
            text=entry["text"],
            help=entry["help"],
            choices=[{k: v for k, v in choice.values.items() if v} for choice in entry["choices"]],
            at_least=entry["at_least"],
            at_most=entry["at_most"],
            optional_only=entry["optional_only"],
            asked_anew=entry["asked_anew"],
            effort_minutes=entry["minutes"],
            data_class=entry["data_class"],
            by=self.by,
        )
        self._count("questions", entry, saved.change)

    def _form(self, entry: Entry) -> None:
        self.place = entry.place
        text = forms.FormText(
            sections=[forms.SectionText(**section.values) for section in entry["sections"]],
            items=[
                forms.ItemText(
                    item["question"],
                    item["section"],
                    item["required"],
                    item["max_words"],
                    item["wording"],
                    dict(item["show_if"].values) if item["show_if"] else None,
                )
                for item in entry["items"]
            ],
        )
        saved = forms.save_form(code=entry["code"], title=entry["title"], text=text, by=self.by, test=findings)
        self.forms[entry["code"]] = saved.row
        self._count("forms", entry, saved.change)

    def _cycle(self) -> Cycle:
        entry = self.book.cycle
        assert entry is not None
        self.place = entry.place
        text = programme.CycleText(
            code=entry["code"],
            name=entry["name"],
            summary=entry["summary"],
            zone_rule=entry["zone"],
            programme_starts_on=entry["programme_starts_on"],
            programme_ends_on=entry["programme_ends_on"],
            grace_minutes=entry["grace_minutes"],
            effort_budget_minutes=entry["effort_budget_minutes"],
            reviews_per_application=entry["reviews_per_application"],
            offer_mode=entry["offer_mode"],
            caps_by=entry["caps_by"],
            practice_required=entry["practice_required"],
            cohort_cap=entry["cohort_cap"],
            max_referees=entry["max_referees"],
            referees_asked=entry["referees_asked"],
            gives_out_reading=entry["gives_out_reading"],
            feedback_policy=entry["feedback_policy"],
            explain_difference=entry["explain_difference"],
            concern_reply_days=entry["concern_reply_days"],
            concern_decision_days=entry["concern_decision_days"],
            concern_appeal_days=entry["concern_appeal_days"],
            concern_reminder_days=sorted(entry["concern_reminder_days"], reverse=True),
            general_form=self.forms[entry["general_form"]],
            finder=[finder_question(question) for question in self.book.finder],
        )
        saved = programme.save_cycle(slug=entry["slug"], text=text, by=self.by)
        change = saved.change
        if entry["public_current"] and programme.make_public_current(cycle=saved.row, by=self.by) is Change.CHANGED:
            change = Change.CREATED if change is Change.CREATED else Change.CHANGED
        self._count("cycles", entry, change)
        return saved.row

    def _key_dates(self, cycle: Cycle) -> None:
        texts = [key_date_text(entry, order) for order, entry in enumerate(self.book.key_dates, 1)]
        for change in programme.save_key_dates(cycle=cycle, dates=texts, by=self.by):
            self.counts["dates", change] += 1

    def _site(self, entry: Entry, cycle: Cycle) -> Change:
        saved = programme.save_site(**entry.values, cycle=cycle, by=self.by)
        self.sites[entry["slug"]] = saved.row
        return saved.change

    def _topic(self, entry: Entry) -> Change:
        saved = programme.save_topic(
            slug=entry["slug"], name=entry["name"], parent=self.topics.get(entry["parent"]), by=self.by
        )
        self.topics[entry["slug"]] = saved.row
        return saved.change

    def _track(self, entry: Entry, order: int, cycle: Cycle) -> Change:
        self.place = entry.place
        text = programme.TrackText(
            name=entry["name"],
            summary=entry["summary"],
            method=entry["method"],
            description=entry["description"],
            looks_for=entry["looks_for"],
            order=order,
            form=self.forms.get(entry["form"]),
            place_cap=entry["place_cap"],
            blind_fields=entry["blind"],
            reviewers_read_references=entry["reviewers_read_references"],
        )
        steps = [
            programme.StepText(
                number,
                step["kind"],
                step["name"],
                step["opens"],
                step["closes"],
                step["required"],
                step["minutes"],
                step["note"],
            )
            for number, step in enumerate(entry["steps"], 1)
        ]
        saved = programme.save_track(cycle=cycle, slug=entry["slug"], text=text, steps=steps, by=self.by)
        self.tracks[entry["slug"]] = saved.row
        self.place = entry["rubric"].place
        rubric = rubrics.save_track_rubric(track=saved.row, text=rubric_text(entry["rubric"]), by=self.by)
        self.counts["rubrics", rubric.change] += 1
        return saved.change

    def _practice(self, track: Track, entries: list[Entry]) -> None:
        if entries:
            self.place = entries[0].place
        texts = [
            practice.ItemText(
                code=entry["code"],
                title=entry["title"],
                order=order,
                answers=[dict(answer.values) for answer in entry["answers"]],
                scores=[dict(score.values) for score in entry["scores"]],
            )
            for order, entry in enumerate(entries, 1)
        ]
        change = practice.save_practice(track=track, items=texts, by=self.by)
        if entries:
            self.counts["practice", change] += 1

    def _evaluation(self, entry: Entry, cycle: Cycle) -> None:
        self.place = entry.place
        text = definitions.EvaluationText(
            title=entry["title"],
            about=entry["about"],
            brief=entry["brief"],
            kind=entry["kind"],
            form=self.forms[entry["form"]] if entry["form"] else None,
            effort_minutes=entry["minutes"],
            time_limit_minutes=entry["time_limit"] or None,
            ai_policy=entry["ai_policy"],
            part_policies={part["section"]: part["ai_policy"] for part in entry["parts"]},
            reuse_cycles=entry["reuse_cycles"],
            provider=entry["provider"],
            streams_ask=entry["streams_ask"],
        )
        saved = definitions.save_evaluation_definition(
            cycle=cycle,
            code=entry["code"],
            version=entry["version"],
            text=text,
            tracks=[self.tracks[slug] for slug in entry["tracks"]],
            by=self.by,
        )
        self.counts["evaluations", saved.change] += 1
        self.definitions[entry["code"]] = saved.row
        if entry["rubric"] is None:
            return
        self.place = entry["rubric"].place
        rubric = rubrics.save_evaluation_rubric(definition=saved.row, text=rubric_text(entry["rubric"]), by=self.by)
        self.counts["rubrics", rubric.change] += 1

    def _mentor(self, entry: Entry) -> Change:
        text = programme.MentorText(
            entry["name"],
            entry["affiliation"],
            entry["affiliation_type"],
            entry["city"],
            entry["timezone"],
            entry["hours"],
            entry["travel"],
            entry["bio"],
        )
        saved = programme.save_mentor(code=entry["code"], text=text, by=self.by)
        self.mentors[entry["code"]] = saved.row
        return saved.change

    def _stream(self, entry: Entry, cycle: Cycle) -> None:
        self.place = entry.place
        saved = streams.save_stream(
            cycle=cycle, slug=entry["slug"], text=self._stream_text(entry), parts=self._stream_parts(entry), by=self.by
        )
        moved = streams.bring_to_state(
            stream=saved.row,
            state=entry["state"],
            published_at=morning(entry["published_on"]),
            reason=entry["pause_reason"],
            by=self.by,
        )
        self._count("streams", entry, moved if saved.change is Change.UNCHANGED else saved.change)

    def _help(self, entry: Entry) -> None:
        text = help_entries.HelpText(
            title=entry["title"],
            summary=entry["summary"],
            body=entry["body"],
            topic=entry["topic"],
            steps=entry["steps"],
            order=entry["order"],
            is_public=entry["public"],
        )
        self._count("help", entry, help_entries.save_help_entry(slug=entry["slug"], text=text, by=self.by).change)

    def _stream_text(self, entry: Entry) -> streams.StreamText:
        return streams.StreamText(
            **{name: entry[name] for name in STREAM_TEXT},
            is_coalition=entry["coalition"],
            site=self.sites.get(entry["site"]),
            form=self.forms.get(entry["form"]),
        )

    def _stream_parts(self, entry: Entry) -> streams.StreamParts:
        return streams.StreamParts(
            tracks=[self.tracks[slug] for slug in entry["tracks"]],
            topics=[self.topics[slug] for slug in entry["topics"]],
            mentors=[
                streams.MentorPart(self.mentors[part["mentor"]], part["role"], part["cap"], part["note"])
                for part in entry["mentors"]
            ],
            areas=[streams.AreaText(**area.values) for area in entry["areas"]],
            requirements=[streams.RequirementText(**item.values) for item in entry["requirements"]],
            cadences=[streams.CadenceText(**cadence.values) for cadence in entry["cadences"]],
            projects=[streams.ProjectText(item["title"], item["text"], item["open"]) for item in entry["projects"]],
            reading=[streams.ReadingText(**item.values) for item in entry["reading"]],
            agreements=[
                streams.AgreementText(
                    item["title"],
                    item["version"],
                    item["body"],
                    morning(item["published_on"]),
                    item["ack_at_apply"],
                    item["sign_before_start"],
                )
                for item in entry["agreements"]
            ],
        )


def _wait_for_others() -> None:
    with transaction.get_connection().cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])

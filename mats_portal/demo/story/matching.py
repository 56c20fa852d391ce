"""The last chapter so far: both sides order each other, the match is made, offers go out and are answered."""

from datetime import datetime

from applications.states import ApplicationState
from core import clock
from core.access import note_opening
from matching.domain import offers, preferences, rankings, runs
from matching.models import MatchRun, Offer
from matching.queries.preferences import order_of
from matching.queries.rankings import people_of
from matching.states import OfferState
from mats_portal.demo.story.teller import DAY, HOUR, MINUTE, Applicant, Teller
from mats_portal.demo.texts import reviews as review_texts
from streams.models import Stream

#: Shares of those who could act and do, while the window is still open.
LISTS_SUBMITTED, LISTS_STARTED, ORDERS_CONFIRMED = 0.55, 0.8, 0.6
OFFERS_ACCEPTED, OFFERS_DECLINED = 0.5, 0.6


class Silent:
    """Somebody who does not want to hear how far a match run is."""

    def step(self, message: str, done: int = 0, total: int = 0) -> None:
        """Hear it and say nothing."""


class Matching(Teller):
    """From the release of the decisions to the answers to the offers."""

    def rank(self, until: datetime) -> None:
        """Let both sides order each other, as far as they have come by ``until``."""
        first, last = self.when("advance_released") + 6 * DAY, self.when("rankings_close") - HOUR
        is_over = until >= last
        for applicant in self.applicants:
            applicant.application.refresh_from_db()
            if applicant.application.internal_state == ApplicationState.FINAL:
                moment = self.during(first, min(last, until), applicant.plan.pace)
                with clock.at(moment):
                    self._order(applicant, confirms=is_over or self.rng.random() < ORDERS_CONFIRMED)
        for number, stream in enumerate(self.streams):
            share = (number * 7 % len(self.streams)) / len(self.streams)
            moment = self.during(first, min(last, until), 0.3 + 0.6 * share)
            with clock.at(moment):
                self._rank_stream(
                    stream,
                    starts=is_over or share < LISTS_STARTED,
                    submits=share < (0.95 if is_over else LISTS_SUBMITTED),
                )

    def _order(self, applicant: Applicant, *, confirms: bool) -> None:
        kept = preferences.sync_preferences(application=applicant.application, by=applicant.person)
        order = list(order_of(applicant.application).on)
        if not order or not confirms:
            return
        self.rng.shuffle(order)
        # Some would rather not go to one of the streams they applied to.
        n_below = 1 if len(order) > 2 and self.rng.random() < 0.15 else 0
        kept = preferences.set_preferences(
            application=applicant.application,
            on=order[: len(order) - n_below],
            below=order[len(order) - n_below :],
            version=kept.version,
            by=applicant.person,
        )
        preferences.confirm_preferences(application=applicant.application, version=kept.version, by=applicant.person)

    def _rank_stream(self, stream: Stream, *, starts: bool, submits: bool) -> None:
        mentor = next(
            (one.user for one in stream.mentors.select_related("user").order_by("stream_mentors__order") if one.user),
            None,
        )
        people = list(people_of(stream))
        if mentor is None or not people or not starts:
            return
        quality = {applicant.application.pk: applicant.plan.quality for applicant in self.applicants}
        people.sort(key=lambda row: quality[row.application_id] + self.rng.gauss(0, 0.15), reverse=True)
        n_ranked = max(1, min(len(people), max(round(len(people) * 0.75), stream.seats_granted * 2)))
        ranked = [row.public_id for row in people[:n_ranked]]
        for row in people:
            note_opening(subject_id=row.application.person_id, viewer=mentor, role="mentor")
        rank_list = rankings.ensure_rank_list(stream=stream, by=mentor)
        rank_list = rankings.save_ranking(
            rank_list=rank_list,
            tiers=self._tiers(ranked),
            version=rank_list.version,
            by=mentor,
            not_acceptable=[row.public_id for row in people[n_ranked : n_ranked + 1]],
        )
        if submits:
            rankings.submit_ranking(rank_list=rank_list, by=mentor)

    def _tiers(self, ranked: list[str]) -> list[list[str]]:
        """Put neighbours into one tier now and then."""
        tiers: list[list[str]] = []
        for name in ranked:
            if tiers and len(tiers[-1]) < 3 and self.rng.random() < 0.2:
                tiers[-1].append(name)
            else:
                tiers.append([name])
        return tiers

    def match(self) -> MatchRun:
        """Lock the lists, compute the match and have a second person approve it; offers are drafted."""
        with clock.at(self.after_grace("rankings_close")):
            rankings.lock_lists(cycle=self.cycle)
        with clock.at(self.when("match_run")):
            run = runs.make_run(cycle=self.cycle, seed=f"{self.cycle.code}-{self.seed}", by=self.team.staff[0])
            runs.compute_run(run.pk, Silent())
        with clock.at(self.when("match_run") + 40 * MINUTE):
            run.refresh_from_db()
            self.run = runs.approve_run(run=run, by=self.team.staff[1])
        return self.run

    def offer(self, until: datetime) -> None:
        """Send the offers; some are answered by ``until``."""
        sent = self.when("offers_sent")
        if self.run is None:
            raise LookupError("there is no approved run to send offers from")
        with clock.at(sent):
            offers.release_offers(run=self.run, by=self.team.staff[0])
        replies = list(Offer.objects.filter(run=self.run, state=OfferState.SENT).select_related("application__person"))
        for number, offer in enumerate(replies):
            share, moment = number / len(replies), self.during(sent + HOUR, until, (number + 1) / (len(replies) + 1))
            person = offer.application.person
            with clock.at(moment):
                if share < OFFERS_ACCEPTED:
                    offers.accept_offer(offer=offer, by=person)
                elif share < OFFERS_DECLINED:
                    offers.decline_offer(offer=offer, by=person, reason=self.rng.choice(review_texts.DECLINE_REASONS))

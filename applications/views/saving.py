"""Saving of answers from a page: one field in the background, or the whole page by a button."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from applications.domain.answers import resolve_answer, save_answer
from applications.domain.bringing import use_answer
from applications.domain.values import NoAnswer, tidy_value
from applications.forms.answers import read_answer
from applications.models import Answer, Application
from applications.queries.fields import AnswerField, Conflict, field_name, field_of, with_typed
from applications.queries.history import value_at
from applications.queries.offers import ReuseOffer, reuse_offers
from applications.queries.sheets import Asked, Place
from applications.queries.values import display, is_empty
from applications.views.files import autosave_file, keep_file
from core.deadlines import zone_of
from core.refusals import Refused, Stale
from questions.states import QuestionKind


def is_autosave(request: HttpRequest) -> bool:
    """Say whether a script posted a single field."""
    return "field" in request.POST


def autosave(request: HttpRequest, application: Application, place: Place, items: Sequence[Asked]) -> HttpResponse:
    """Save one field for the script of the page: JSON when stored, else what the page shows beside the field."""
    asked = next((one for one in items if field_name(one) == request.POST["field"]), None)
    if asked is None:
        return JsonResponse({"error": "This question is not asked here. Load the page again."}, status=422)
    if asked.question.kind == QuestionKind.FILE:
        return autosave_file(request, application, place, asked)
    value = read_answer(asked.question, request.POST.getlist("value"))
    return answer_to_script(
        request,
        lambda: save_answer(
            application=application,
            item=asked.item,
            scope=place.scope,
            scope_key=place.scope_key,
            value=value,
            version=version_of(request.POST.get("version", "")),
            by=request.user,
        ),
        lambda late: conflict_of(request, asked, late, value),
    )


class Stored(Protocol):
    """A text of one field as it is kept."""

    version: int
    saved_at: datetime


def answer_to_script(
    request: HttpRequest, save: Callable[[], Stored], conflict: Callable[[Stale], Conflict]
) -> HttpResponse:
    """Save one field and say what came of it: JSON when stored, else what the page shows beside the field."""
    try:
        stored = save()
    except Stale as late:
        return render(request, "applications/_conflict.html", {"conflict": conflict(late)}, status=409)
    except NoAnswer as wrong:
        return JsonResponse({"error": str(wrong)}, status=422)
    except Refused as refused:
        return render(request, "applications/_save_refused.html", {"reason": str(refused)}, status=409)
    return JsonResponse({"version": stored.version, "saved_at": clock_time(request, stored.saved_at)})


@dataclass
class Saving:
    """What came of saving a whole page: fields whose text could not be stored, and why."""

    errors: dict[int, str] = field(default_factory=dict)
    conflicts: dict[int, Conflict] = field(default_factory=dict)
    typed: dict[int, object] = field(default_factory=dict)
    #: What each text that is not stored was typed over: it stays so until the person has chosen.
    versions: dict[int, int] = field(default_factory=dict)
    refused: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether everything on the page is stored."""
        return not (self.errors or self.conflicts or self.refused)

    @property
    def status(self) -> int:
        """The answer's status: a conflict or a closed window is 409, a wrong value 422."""
        return 409 if self.conflicts or self.refused else 422

    def fields(
        self,
        items: Sequence[Asked],
        *,
        blind: Collection[str] = (),
        shows_problem: bool = False,
        says_readers: bool = True,
        offers: Mapping[int, ReuseOffer] | None = None,
    ) -> list[AnswerField]:
        """Return the page's fields with what was typed where it is not stored."""
        shown = []
        on_page = {asked.question.code: asked for asked in items}
        for asked in items:
            drawn = field_of(asked, blind=blind, shows_problem=shows_problem, on_page=on_page)
            if not (asked.applies or asked.is_kept_only or (drawn.condition and drawn.condition.field)):
                # What decides is on another page, and says no: there is nothing to ask here.
                continue
            if not says_readers:
                # Where one line of the page names all readers, a line at each answer would contradict it.
                drawn = replace(drawn, read_by="")
            key = asked.item.pk
            if offers and key in offers:
                drawn = replace(drawn, offer=offers[key])
            if key in self.typed:
                drawn = with_typed(
                    drawn,
                    asked,
                    self.typed[key],
                    error=self.errors.get(key, drawn.error),
                    conflict=self.conflicts.get(key),
                    version=self.versions.get(key, drawn.version),
                )
            elif key in self.errors:
                drawn = replace(drawn, error=self.errors[key])
            shown.append(drawn)
        return shown

    def summary(self) -> list[dict[str, str]]:
        """Return the lines of the summary above the page."""
        lines = [{"target": "", "text": self.refused}] if self.refused else []
        lines += [{"target": f"field-{key}", "text": text} for key, text in self.errors.items()]
        return lines + [
            {"target": f"field-{key}", "text": "One answer changed in another tab. Choose which copy to keep."}
            for key in self.conflicts
        ]


def save_page(request: HttpRequest, application: Application, place: Place, items: Sequence[Asked]) -> Saving:
    """Save every answer of the page that was changed on it; what cannot be stored stays on the page."""
    saving = Saving()
    resolved = _resolve(request, application, place, items, saving)
    for asked in items:
        key = asked.item.pk
        if key == resolved or f"version-{key}" not in request.POST:
            continue
        if asked.question.kind == QuestionKind.FILE:
            _save_file(request, application, place, asked, saving)
            continue
        value = read_answer(asked.question, request.POST.getlist(field_name(asked)))
        version = version_of(request.POST[f"version-{key}"])
        saving.versions[key] = version
        try:
            if _is_untouched(asked, version, value):
                continue
            save_answer(
                application=application,
                item=asked.item,
                scope=place.scope,
                scope_key=place.scope_key,
                value=value,
                version=version,
                by=request.user,
            )
        except Stale as late:
            saving.conflicts[key] = conflict_of(request, asked, late, value)
            saving.typed[key] = value
        except NoAnswer as wrong:
            saving.errors[key], saving.typed[key] = str(wrong), value
        except Refused as refused:
            saving.refused, saving.typed[key] = str(refused), value
    _use_offer(request, application, place, items, saving)
    return saving


def _use_offer(
    request: HttpRequest, application: Application, place: Place, items: Sequence[Asked], saving: Saving
) -> None:
    """Answer the field whose “Use it” was pressed, after everything that was typed on the page is kept."""
    wanted, _, key = request.POST.get("use", "").partition(":")
    asked = next((one for one in items if str(one.item.pk) == wanted), None)
    if asked is None or wanted in map(str, saving.typed):
        return
    offer = reuse_offers(application, place, [asked]).get(asked.item.pk)
    if offer is None or offer.key != key:
        saving.refused = "That answer has changed since this page was loaded. Read it again before you use it."
        return
    try:
        use_answer(
            application=application,
            item=asked.item,
            scope=place.scope,
            scope_key=place.scope_key,
            source=offer.source,
            title=offer.title,
            by=request.user,
        )
    except Refused as refused:
        saving.errors[asked.item.pk] = str(refused)


def _save_file(request: HttpRequest, application: Application, place: Place, asked: Asked, saving: Saving) -> None:
    """Keep the file that was chosen, at once: it stays though something else on the page is wrong."""
    key = asked.item.pk
    try:
        keep_file(request, application, place, asked, request.FILES.get(field_name(asked)))
    except NoAnswer as wrong:
        saving.errors[key], saving.typed[key] = str(wrong), asked.value
    except Refused as refused:
        saving.refused = str(refused)


def _is_untouched(asked: Asked, version: int, value: object) -> bool:
    """Say whether the page still shows what it was loaded with: then a newer copy elsewhere simply stands."""
    tidy = tidy_value(asked.question, value)
    if asked.answer is None:
        return is_empty(tidy) or tidy is False
    known, before = value_at(asked.answer, version)
    if asked.is_reused or not known:
        return False
    return tidy == before or (version == 0 and before is None and (is_empty(tidy) or tidy is False))


def _resolve(
    request: HttpRequest, application: Application, place: Place, items: Sequence[Asked], saving: Saving
) -> int | None:
    """Settle the conflict whose button was pressed. Returns the item it was about."""
    wanted, _, choice = request.POST.get("resolve", "").partition(":")
    asked = next((one for one in items if str(one.item.pk) == wanted), None)
    if asked is None or choice not in {"saved", "mine", "both"}:
        return None
    saving.versions[asked.item.pk] = version_of(request.POST.get(f"version-{wanted}", ""))
    mine = read_answer(asked.question, request.POST.getlist(field_name(asked)))
    try:
        resolve_answer(
            application=application,
            item=asked.item,
            scope=place.scope,
            scope_key=place.scope_key,
            choice=choice,
            mine=mine,
            version=version_of(request.POST.get(f"conflict-{wanted}", "")),
            by=request.user,
        )
    except Stale as late:
        saving.conflicts[asked.item.pk] = conflict_of(request, asked, late, mine)
        saving.typed[asked.item.pk] = mine
    except NoAnswer as wrong:
        saving.errors[asked.item.pk], saving.typed[asked.item.pk] = str(wrong), mine
    except Refused as refused:
        saving.refused, saving.typed[asked.item.pk] = str(refused), mine
    return asked.item.pk


def conflict_of(request: HttpRequest, asked: Asked, late: Stale, mine: object) -> Conflict:
    """Return both copies as the page shows them."""
    saved = cast("Answer", late.current)
    return Conflict(
        item_id=asked.item.pk,
        saved_text=display(asked.question, saved.value),
        mine_text=display(asked.question, mine),
        saved_at=clock_time(request, saved.saved_at),
        version=saved.version,
    )


def version_of(text: str) -> int:
    """Read a version from a page; what is none means: typed over nothing."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def clock_time(request: HttpRequest, moment: datetime) -> str:
    """Write a time of day in the reader's zone."""
    zone = getattr(request.user, "timezone", "") or "UTC"
    return moment.astimezone(zone_of(zone)).strftime("%H:%M:%S")

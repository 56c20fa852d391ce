"""The referee's pages: reached by a signed link, without an account. No address here acts on GET."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from applications.domain.letters import decline_reference, save_letter_answer, start_letter, submit_letter
from applications.domain.values import NoAnswer
from applications.forms.references import DeclineForm
from applications.models import LetterAnswer, Referee, Reference
from applications.queries.fields import AnswerField
from applications.queries.letters import (
    BY_NAME,
    MINUTES,
    QUESTIONS,
    Draft,
    LetterQuestion,
    conflict_between,
    draft_of,
    letter_field,
)
from applications.queries.references import (
    letters_due,
    referee_can_write,
    referee_of_token,
    reference_words,
    references_of_referee,
)
from applications.states import ENDED, WAITS_FOR_REFEREE, ReferenceState
from applications.views.saving import answer_to_script, clock_time, version_of
from core import clock
from core.policies import PUBLIC, policy
from core.refusals import Refused, Stale

#: Where the session keeps the link that was opened; it is checked anew at every request, so that revoking works.
SESSION_KEY = "referee_link"


@policy(PUBLIC)
@require_safe
def referee_enter(request: HttpRequest, token: str) -> HttpResponse:
    """Take the link out of the address: what is shared or logged from here on opens nothing."""
    if referee_of_token(token) is None:
        return _no_link(request)
    request.session[SESSION_KEY] = token
    return redirect("applications:referee")


def _no_link(request: HttpRequest) -> HttpResponse:
    """Answer the same, whether a link was forged, revoked, or is over."""
    request.session.pop(SESSION_KEY, None)
    return render(request, "applications/letters/no_link.html", {}, status=404)


def _referee(request: HttpRequest) -> Referee | None:
    token = request.session.get(SESSION_KEY, "")
    return referee_of_token(token) if token else None


def _find(request: HttpRequest, public_id: str) -> Reference | None:
    referee = _referee(request)
    rows = references_of_referee(referee) if referee else []
    return next((row for row in rows if row.public_id == public_id), None)


@policy(PUBLIC)
@require_safe
def referee(request: HttpRequest) -> HttpResponse:
    """List everybody who asks this referee; with one of them, go straight there."""
    known = _referee(request)
    if known is None:
        return _no_link(request)
    rows = references_of_referee(known)
    if len(rows) == 1:
        return redirect("applications:letter", letter=rows[0].public_id)
    tasks = []
    for row in rows:
        kind, words = reference_words(row)
        waits = row.state in WAITS_FOR_REFEREE and row.application.released_state not in ENDED
        deadline = letters_due(row.application)
        tasks.append(
            {
                "label": str(row.application.person),
                "url": f"/refer/{row.public_id}/",
                "kind": "move" if waits else kind,
                "state": {"Declined: name someone else": "Declined by you"}.get(words, words),
                "moment": deadline.closes_at,
                "zone": deadline.zone,
                "minutes": MINUTES if waits else None,
            }
        )
    return render(request, "applications/letters/list.html", {"tasks": tasks, "cycle": known.cycle})


@policy(PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: HttpRequest, letter: str) -> HttpResponse:
    """Show what is asked; then the form. Save a field, or all of it, or send the reference."""
    reference = _find(request, letter)
    if reference is None:
        return _no_link(request)
    if request.method != "POST":
        return _letter_page(request, reference)
    if "field" in request.POST:
        return _autosave(request, reference)
    if "start" in request.POST:
        start_letter(reference=reference)
        return redirect("applications:letter", letter=reference.public_id)
    return _save(request, reference)


def _autosave(request: HttpRequest, reference: Reference) -> HttpResponse:
    question = BY_NAME.get(request.POST["field"])
    if question is None:
        return JsonResponse({"error": "This is not asked here. Load the page again."}, status=422)
    value = request.POST.get("value", "")
    return answer_to_script(
        request,
        lambda: save_letter_answer(
            reference=reference,
            question=question,
            value=value,
            version=version_of(request.POST.get("version", "")),
        ),
        lambda late: _conflict(request, question, late, value),
    )


def _conflict(request: HttpRequest, question: LetterQuestion, late: Stale, mine: str) -> Any:
    saved = late.current
    assert isinstance(saved, LetterAnswer)
    return conflict_between(question, saved, mine, clock_time(request, saved.saved_at))


def _save(request: HttpRequest, reference: Reference) -> HttpResponse:
    """Save every field of the page; what cannot be stored stays on it."""
    kept: dict[str, dict[str, Any]] = {}
    refused = ""
    draft = draft_of(reference)
    for question in QUESTIONS:
        number = question.number
        if f"version-{number}" not in request.POST:
            continue
        typed = request.POST.get(question.name, "")
        version = version_of(request.POST[f"version-{number}"])
        typed, version = _resolved(request, question, draft, typed, version)
        if not typed and question.code not in draft.answers:
            continue
        try:
            save_letter_answer(reference=reference, question=question, value=typed, version=version)
        except Stale as late:
            conflict = _conflict(request, question, late, typed)
            kept[question.code] = {"value": typed, "version": version, "conflict": conflict}
        except NoAnswer as wrong:
            kept[question.code] = {"value": typed[:1000], "version": version, "error": str(wrong)}
        except Refused as no:
            refused = str(no)
            kept[question.code] = {"value": typed, "version": version}
    if kept:
        return _letter_page(request, reference, kept=kept, refused=refused, status=409)
    if "submit" not in request.POST:
        messages.success(request, "Saved. It is not sent yet. The same link brings you back.")
        return redirect("applications:letter", letter=reference.public_id)
    if draft_of(reference).problems:
        return _letter_page(request, reference, shows_problems=True, status=422)
    submit_letter(reference=reference)
    return redirect("applications:letter_done", letter=reference.public_id)


def _resolved(
    request: HttpRequest, question: LetterQuestion, draft: Draft, typed: str, version: int
) -> tuple[str, int]:
    """Return the text and version to save where the button of a conflict was pressed for this field."""
    number, _, choice = request.POST.get("resolve", "").partition(":")
    if number != str(question.number):
        return typed, version
    seen, saved = version_of(request.POST.get(f"conflict-{number}", "")), draft.value(question.code)
    if choice == "saved":
        return saved, draft.version(question.code)
    if choice == "both" and not question.choices:
        return f"{saved}\n\n{typed}".strip("\n"), seen
    return typed, seen


def _letter_page(
    request: HttpRequest,
    reference: Reference,
    *,
    kept: dict[str, dict[str, Any]] | None = None,
    refused: str = "",
    shows_problems: bool = False,
    status: int = 200,
) -> HttpResponse:
    application, deadline = reference.application, letters_due(reference.application)
    is_over = application.released_state in ENDED or not deadline.takes(clock.arrival())
    draft = draft_of(reference)
    fields = _fields(draft, kept or {}, shows_problems=shows_problems)
    errors = [{"target": "", "text": refused}] if refused else []
    errors += [{"target": f"field-{field.id}", "text": field.error} for field in fields if field.error]
    errors += [
        {"target": f"field-{field.id}", "text": "One text changed in another tab. Choose which copy to keep."}
        for field in fields
        if field.conflict
    ]
    saved = draft.saved_at
    return render(
        request,
        "applications/letters/letter.html",
        {
            "reference": reference,
            "applicant": str(application.person),
            "cycle": application.cycle,
            "deadline": deadline,
            "minutes": MINUTES,
            "fields": fields,
            "errors": errors,
            "errors_on_page": bool(errors),
            "saved_at": clock_time(request, saved) if saved else "",
            "is_new": reference.state == ReferenceState.REQUESTED,
            "is_sent": reference.state == ReferenceState.SUBMITTED,
            "is_declined": reference.state == ReferenceState.DECLINED,
            "is_over": is_over,
            "can_write": referee_can_write(reference),
            "several": len(references_of_referee(reference.referee)) > 1,
        },
        status=status,
    )


def _fields(draft: Draft, kept: dict[str, dict[str, Any]], *, shows_problems: bool) -> list[AnswerField]:
    fields = [letter_field(one, draft, shows_problem=shows_problems) for one in QUESTIONS]
    return [replace(field, **kept.get(one.code, {})) for one, field in zip(QUESTIONS, fields, strict=True)]


@policy(PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def letter_decline(request: HttpRequest, letter: str) -> HttpResponse:
    """Say what declining means; do it on POST."""
    reference = _find(request, letter)
    if reference is None:
        return _no_link(request)
    form = DeclineForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        decline_reference(reference=reference, reason=form.cleaned_data["reason"])
        return redirect("applications:letter", letter=reference.public_id)
    context = {
        "reference": reference,
        "applicant": str(reference.application.person),
        "form": form,
        "errors_on_page": bool(form.errors),
        "can_decline": reference.state in WAITS_FOR_REFEREE,
    }
    return render(request, "applications/letters/decline.html", context, status=422 if form.errors else 200)


@policy(PUBLIC)
@require_safe
def letter_done(request: HttpRequest, letter: str) -> HttpResponse:
    """Show that the reference is in, and until when it can be changed."""
    reference = _find(request, letter)
    if reference is None:
        return _no_link(request)
    if reference.state != ReferenceState.SUBMITTED:
        return redirect("applications:letter", letter=letter)
    open_ones = [row for row in references_of_referee(reference.referee) if row.state in WAITS_FOR_REFEREE]
    context = {
        "reference": reference,
        "applicant": str(reference.application.person),
        "deadline": letters_due(reference.application),
        "can_change": referee_can_write(reference),
        "n_open": len(open_ones),
    }
    return render(request, "applications/letters/done.html", context)

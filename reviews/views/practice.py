"""The reviewer's practice: invented texts, scored like real ones, each compared with a reference."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.policies import policy
from core.refusals import Refused
from reviews.domain.practice import score_practice, start_practice
from reviews.forms import ScoresForm
from reviews.models import PracticeItem
from reviews.queries import practice
from reviews.queries.rubrics import criteria_of_everybody
from streams.models import Track

KEYS = [
    {"keys": "j k", "act": "next or previous criterion"},
    {"keys": "1-5, 0", "act": "score the criterion in focus; 0 is “cannot tell”"},
    {"keys": "e", "act": "go to the evidence of the criterion"},
    {"keys": "n", "act": "next practice text, once this one is scored"},
    {"keys": "Ctrl+Enter", "act": "score and compare"},
]


@policy("reviews.practise")
@require_safe
def practice_home(request: HttpRequest) -> HttpResponse:
    """List the practice sets of the reviewer's tracks."""
    return render(request, "reviews/practice_home.html", {"sets": practice.practice_sets_of(request.user)})


@policy("reviews.practise", track=practice.tracks_to_practise)
@require_safe
def practice_set(request: HttpRequest, track: Track) -> HttpResponse:
    """Show one set: what is scored, and at the end where the reviewer differs from the reference."""
    context = {"page": practice.set_page(request.user, track), "keys": [{"keys": "n", "act": "next practice text"}]}
    return render(request, "reviews/practice_set.html", context)


@policy("reviews.practise", track=practice.tracks_to_practise)
@require_POST
def practice_start(request: HttpRequest, track: Track) -> HttpResponse:
    """Begin a round, or go on with the one that is begun."""
    start_practice(track=track, by=request.user)
    following = practice.set_page(request.user, track).following
    return (
        redirect("reviews:practice_item", following) if following else redirect("reviews:practice_set", track.public_id)
    )


@policy("reviews.practise", item=practice.practice_items_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def practice_item(request: HttpRequest, item: PracticeItem) -> HttpResponse:
    """Score one practice text; once it is scored, the same page compares."""
    page, form, status = practice.practice_page(request.user, item), None, 200
    if request.method == "POST":
        form = ScoresForm(request.POST, criteria=criteria_of_everybody(item.rubric_id))
        status = 422
        if form.is_valid():
            try:
                score_practice(item=item, scores=form.scores, by=request.user)
            except Refused as refusal:
                form.add_error(None, str(refusal))
                status = 409
            else:
                messages.success(request, f"Practice text {page.number} is scored. Compare it below.")
                return redirect("reviews:practice_item", item.public_id)
        values, wrong = form.posted_scores(), form.score_errors()
        page = replace(
            page,
            criteria=tuple(replace(row, value=values[row.id], error=wrong.get(row.id, "")) for row in page.criteria),
        )
    errors = form.problems() if form else []
    context = {"page": page, "errors": errors, "errors_on_page": bool(errors), "keys": KEYS}
    return render(request, "reviews/practice_item.html", context, status=status)

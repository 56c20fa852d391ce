"""Notes for applicants: checked in bulk by those who lead a track, and read by whom they are for."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.policies import LOGIN, policy
from core.refusals import Refused, Stale
from reviews.domain import feedback as domain
from reviews.forms.feedback import LeaveOutForm, SendBackForm, WordsForm
from reviews.models import FeedbackPacket, FeedbackSentence
from reviews.queries import feedback as queries
from reviews.queries import tracks_to_watch
from streams.models import Track

#: Packets that are read on one page.
ON_A_PAGE = 15


@policy(LOGIN)
@require_safe
def own_feedback(request: HttpRequest) -> HttpResponse:
    """Show what people who read one's application wrote for one."""
    told = list(queries.told_to(request.user).values())
    return render(request, "reviews/feedback.html", {"packets": told, "printed_for": request.user.display_name})


@policy("reviews.check_feedback", track=tracks_to_watch)
@require_safe
def packets(request: HttpRequest, track: Track) -> HttpResponse:
    """List the packets of a track by ``?show=``, several to be read on one page."""
    return _packets(request, track)


def _packets(request: HttpRequest, track: Track, *, refused: str = "") -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    show = asked.get("show", "open")
    show = show if show in queries.FILTERS else "open"
    found = queries.packet_list(track, request.user, show)
    page = Paginator(found.rows, ON_A_PAGE).get_page(asked.get("page"))
    rows = queries.packet_rows(page.object_list, request.user)
    context = {
        "found": found,
        "show": show,
        "page": page,
        "rows": rows,
        "n_open": sum(row.is_open for row in rows),
        "query": f"show={show}",
        "chips": [
            {"label": f"{label} {found.counts[name]}", "url": f"?show={name}", "on": name == show}
            for name, (label, _) in queries.FILTERS.items()
        ],
        "ticked": set(request.POST.getlist("packet")),
        "refused": refused,
        "errors_on_page": bool(refused),
    }
    return render(request, "reviews/packets.html", context, status=409 if refused else 200)


@policy("reviews.check_feedback", track=tracks_to_watch)
@require_POST
def packets_check(request: HttpRequest, track: Track) -> HttpResponse:
    """Mark the ticked packets as checked, or all of the page (``act=page``)."""
    name = "on_page" if request.POST.get("act") == "page" else "packet"
    versions = dict(filter(None, map(_version, request.POST.getlist(name))))
    if not versions:
        return _packets(request, track, refused="Tick the packets that you have read.")
    try:
        done = domain.check_packets(track=track, versions=versions, by=request.user)
    except Refused as refusal:
        return _packets(request, track, refused=str(refusal))
    messages.success(request, _checked_words(done))
    show = request.POST.get("show", "open")
    return redirect(_list_url(track.public_id, show if show in queries.FILTERS else "open"))


def _version(posted: str) -> tuple[str, int] | None:
    """Return a packet's public id and the version that was read; ``None`` for anything else."""
    public_id, _, number = posted.partition(":")
    is_number = number.isascii() and number.isdigit() and len(number) < 10
    return (public_id, int(number)) if is_number and "\x00" not in public_id else None


def _checked_words(done: domain.Checked) -> str:
    words = f"{done.n} {'packet is' if done.n == 1 else 'packets are'} checked."
    if done.n_told:
        words += f" {done.n_told} went out at once: the result was told before."
    if done.changed:
        words += f" {len(done.changed)} changed since you read them, and waits for you again."
    return words


def _list_url(track: str, show: str = "open") -> str:
    return f"{reverse('reviews:packets', args=[track])}?show={show}"


@policy("reviews.check_packet", packet=queries.packets_visible_to)
@require_POST
def packet_reopen(request: HttpRequest, packet: FeedbackPacket) -> HttpResponse:
    """Take a check back."""
    domain.reopen_packet(packet=packet, by=request.user)
    messages.success(request, "The packet waits for a check again.")
    return redirect(_list_url(packet.track_application.track.public_id, "checked"))


#: What can be done with a sentence: its form, and the argument that takes what was typed.
ACTS: dict[str, Any] = {"words": WordsForm, "leave_out": LeaveOutForm, "send_back": SendBackForm}


@policy("reviews.check_sentence", sentence=queries.sentences_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def sentence(request: HttpRequest, sentence: FeedbackSentence) -> HttpResponse:
    """Show one sentence with its history; change its words, leave it out, or send it back (``act``)."""
    if request.method != "POST":
        return _sentence_page(request, sentence)
    act = request.POST.get("act", "words")
    form = _form(act if act in ACTS else "words", sentence, request.POST)
    if not form.is_valid():
        return _sentence_page(request, sentence, form, status=422)
    try:
        said = _do(form, sentence, by=request.user)
    except Stale as stale:
        return _sentence_page(request, sentence, form, status=409, stale=str(stale))
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _sentence_page(request, sentence, form, status=409)
    messages.success(request, said)
    return redirect(_list_url(sentence.packet.track_application.track.public_id, _show(request)))


def _show(request: HttpRequest) -> str:
    show = request.GET.get("show", "open")
    return show if show in queries.FILTERS else "open"


def _form(act: str, sentence: FeedbackSentence, data: Any = None) -> Any:
    packet = sentence.packet
    initial = {"version": packet.version, "text": sentence.text}
    extra = {"is_told": packet.state == "told"} if act == "words" else {}
    return ACTS[act](data, initial=initial, auto_id=f"{act}-%s", **extra)


def _do(form: Any, sentence: FeedbackSentence, *, by: Any) -> str:
    typed = form.cleaned_data
    if isinstance(form, WordsForm):
        domain.edit_sentence(
            sentence=sentence, text=typed["text"], reason=typed["reason"], version=typed["version"], by=by
        )
        return "Changed. The reader's own words stay on record."
    if isinstance(form, LeaveOutForm):
        domain.leave_out(sentence=sentence, reason=typed["why"], version=typed["version"], by=by)
        return "Left out. Write it anew to take it in again."
    domain.send_back(sentence=sentence, note=typed["note"], version=typed["version"], by=by)
    return "Sent back. The packet waits until its reader has answered, or you check it as it is."


def _sentence_page(
    request: HttpRequest, sentence: FeedbackSentence, bound: Any = None, *, status: int = 200, stale: str = ""
) -> HttpResponse:
    page = queries.sentence_page(sentence)
    forms = {act: bound if isinstance(bound, ACTS[act]) else _form(act, sentence) for act in ACTS}
    if stale:
        # The next press is a choice: it is made on what stands there now.
        bound.data = bound.data.copy()
        bound.data["version"] = page.version
    context = {
        "page": page,
        "show": _show(request),
        "forms": forms,
        "form": bound,
        "stale": stale,
        "errors_on_page": bool(bound is not None and (bound.errors or stale)),
    }
    return render(request, "reviews/sentence.html", context, status=status)

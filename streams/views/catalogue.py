"""The catalogue of streams. Public, without an account and without script."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.http import render_page
from core.policies import PUBLIC, policy
from core.visitors import kept_for_visitors
from streams import queries


@policy(PUBLIC)
@require_safe
@kept_for_visitors
def catalogue(request: HttpRequest) -> HttpResponse:
    """Let anybody narrow the streams down by facets and words."""
    cycle = queries.current_cycle()
    if cycle is None:
        return render(request, "streams/catalogue.html", {"cycle": None})
    choices = queries.choices_from(request.GET.lists())
    page = queries.catalogue_page(cycle, choices, page=request.GET.get("page", "1"))
    saved = queries.saved_slugs(request.user) if request.user.is_authenticated else None
    context = {"cycle": cycle, "page": page, "words": choices.words, "sorts": queries.SORTS, "saved": saved}
    return render_page(request, "streams/catalogue.html", "streams/_catalogue.html", context)


@policy(PUBLIC)
@require_safe
@kept_for_visitors
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one stream; a draft does not exist."""
    page = queries.stream_page(slug)
    if page is None:
        raise Http404
    return render(request, "streams/stream.html", {"page": page})


@policy(PUBLIC)
@require_safe
@kept_for_visitors
def compare(request: HttpRequest) -> HttpResponse:
    """Show up to four streams side by side."""
    slugs = list(dict.fromkeys(slug.replace("\x00", "") for slug in request.GET.getlist("s")))[:20]
    differs = request.GET.get("only") == "differences"
    page = queries.compare_page(slugs, only_differences=differs)
    return render(request, "streams/compare.html", {"page": page, "n_asked": len(slugs), "only_differences": differs})

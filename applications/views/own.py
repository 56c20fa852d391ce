"""The rows of the person who asks; there is nothing else under /my/."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from applications.models import Application, StreamApplication
from applications.queries import current_application, own_stream_applications


def own_application(request: HttpRequest) -> Application:
    """Return the person's application of this cycle, or 404."""
    application = current_application(request.user)
    if application is None:
        raise Http404
    return application


def own_stream_application(request: HttpRequest, slug: str) -> StreamApplication:
    """Return the person's application to one stream of this cycle, or 404."""
    rows = own_stream_applications(request.user).select_related(
        "stream", "stream__site", "application__cycle", "application__person"
    )
    return get_object_or_404(rows, application=own_application(request), stream__slug=slug)

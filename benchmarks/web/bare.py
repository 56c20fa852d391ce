"""The two bare views: session, user, one SELECT and a template; the same with one UPDATE."""

from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path

from applications.models import Answer
from streams.models import Track


def read(request: HttpRequest) -> HttpResponse:
    """Read one row and print it with the reader's name."""
    return render(request, "bare.html", {"person": request.user, "track": Track.objects.order_by("pk")[0]})


def write(request: HttpRequest) -> HttpResponse:
    """Write one row of the reader's own."""
    own = Answer.objects.filter(application__person=request.user).order_by("pk")[:1]
    changed = Answer.objects.filter(pk__in=own.values("pk")).update(version=F("version") + 1)
    return JsonResponse({"changed": changed})


urlpatterns = [path("read/", read), path("write/", write)]

"""Django's admin: the configuration of the portal, for its admins alone. Nothing about an applicant is registered.

A save here goes past the domain functions. So only texts and notes can be changed: whatever a rule hangs on (states,
versions, dates, seats, forms, what a blind reader gets) is shown and comes from the catalogue. Every change stands in
the audit log.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import URLPattern, URLResolver, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.queries import has_role
from accounts.states import Role
from applications.models import EvaluationDefinition
from core import audit, clock
from questions.models import Form, FormItem, FormVersion, Question
from reviews.models import Criterion, Rubric
from streams.domain.streams import refresh_search_text
from streams.models import (
    Agreement,
    Cadence,
    Cycle,
    KeyDate,
    Mentor,
    ProjectOption,
    ReadingItem,
    Requirement,
    ResearchArea,
    Site,
    Step,
    Stream,
    StreamArea,
    StreamMentor,
    Track,
)


def may_configure(request: HttpRequest) -> bool:
    """Say whether the person in hand is an admin of the portal or runs its server."""
    user = request.user
    return bool(user.is_active and (user.is_superuser or has_role(user, Role.ADMIN)))


class PortalAdminSite(admin.AdminSite):
    """Behind the portal's own sign-in, second factor included; for everybody but admins it is not there."""

    site_title = site_header = "Configuration of the portal"
    index_title = "What the catalogue brought in"

    def has_permission(self, request: HttpRequest) -> bool:
        """Ask for the role, not for a flag of Django's."""
        return may_configure(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Show nothing to people who are signed in and no admins; the others are led to ``login``."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            return inner(request, *args, **kwargs)

        return guarded

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Leave out the address that leads from any row's number to its page, whatever the row."""
        return [route for route in super().get_urls() if getattr(route, "name", "") != "view_on_site"]

    @login_not_required
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one sign-in, and it is not here; it leads back to the page that was asked for."""
        wanted = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
            wanted = reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(wanted, resolve_url("account_login"))
        if not self.has_permission(request):
            raise Http404
        return redirect(wanted)

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Sign out where one signed in."""
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Change the password where other devices are signed out by it."""
        return redirect("account_change_password")


site = PortalAdminSite(name="admin")


class Shown:
    """Shows every column of a row, and lets ``editable`` ones be changed by those who may."""

    editable: tuple[str, ...] = ()
    hidden = frozenset({"id", "public_id", "search_text", "search_vector"})
    opts: Any

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return the row's own columns, and nothing of who used them."""
        return [field.name for field in self.opts.concrete_fields if field.name not in self.hidden]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Close everything but the texts."""
        return [name for name in self.get_fields(request, obj) if name not in self.editable]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Admins look at all of it."""
        return may_configure(request)

    has_module_permission = has_view_permission

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Where there is a text to change."""
        return bool(self.editable) and may_configure(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """New rows come by the catalogue."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted here."""
        return False


class ConfigurationAdmin(Shown, admin.ModelAdmin):
    """One model; each change is a line of the audit log, in the transaction of the change."""

    view_on_site = False
    actions = None

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Change and record, or neither."""
        with transaction.atomic():
            return super().changeform_view(request, *args, **kwargs)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Record which fields changed, those of the parts below included; saving the same again is no change."""
        if fields := sorted(_changed(message)):
            audit.record("change", obj, by=request.user, via="admin", fields=fields)
        return super().log_change(request, obj, message)


def _changed(message: Iterable[dict[str, dict[str, Any]]]) -> set[str]:
    """Return the names of changed fields out of Django's own description of a change."""
    found = set()
    for said in message:
        for act, what in said.items():
            noun = what.get("name", "")
            found |= {f"{noun}: {name}" if noun else name for name in what.get("fields", [])}
            if act != "changed":
                found.add(f"{noun}: {act}")
    return found


def part(model: type[models.Model], *editable: str) -> type[InlineModelAdmin]:
    """Return the rows of ``model`` below their owner, of which ``editable`` columns can be changed.

    What is only read is a table; texts to be changed stand below one another, since they would not fit into one.
    """
    shape = admin.StackedInline if editable else admin.TabularInline
    settings = {"model": model, "editable": editable, "extra": 0, "can_delete": False}
    return type(f"{model.__name__}Part", (Shown, shape), settings)


@admin.register(Cycle, site=site)
class CycleAdmin(ConfigurationAdmin):
    """A round of the programme."""

    editable = ("name", "summary")
    list_display = ("name", "code", "programme_starts_on", "programme_ends_on", "is_public_current")


@admin.register(KeyDate, site=site)
class KeyDateAdmin(ConfigurationAdmin):
    """A date; the day itself is moved by the catalogue, which keeps the old one and the reason."""

    editable = ("label", "note")
    list_display = ("label", "code", "cycle", "starts_at", "zone", "public")
    list_filter = ("cycle",)
    list_select_related = ("cycle",)


@admin.register(Site, site=site)
class SiteAdmin(ConfigurationAdmin):
    """A place."""

    editable = ("name", "city", "seats")
    list_display = ("name", "city", "timezone", "seats")


@admin.register(ResearchArea, site=site)
class ResearchAreaAdmin(ConfigurationAdmin):
    """A topic."""

    editable = ("name",)
    list_display = ("name", "slug", "parent")
    list_select_related = ("parent",)


@admin.register(Track, site=site)
class TrackAdmin(ConfigurationAdmin):
    """A track with its steps."""

    editable = ("name", "summary", "method", "description", "looks_for")
    list_display = ("name", "cycle", "order")
    list_filter = ("cycle",)
    list_select_related = ("cycle",)
    inlines = (part(Step, "name", "note"),)


@admin.register(Step, site=site)
class StepAdmin(ConfigurationAdmin):
    """One step of a track."""

    editable = ("name", "note")
    list_display = ("name", "track", "kind", "opens_code", "closes_code", "minutes")
    list_filter = ("kind",)
    list_select_related = ("track",)


@admin.register(Mentor, site=site)
class MentorAdmin(ConfigurationAdmin):
    """What the catalogue shows of a mentor; the account stays out of sight."""

    editable = ("display_name", "affiliation", "base_city", "working_hours", "travel_note", "bio")
    hidden = Shown.hidden | {"user"}
    list_display = ("display_name", "code", "affiliation_type", "base_city")
    search_fields = ("display_name", "code")


@admin.register(Stream, site=site)
class StreamAdmin(ConfigurationAdmin):
    """A stream with its parts."""

    editable = (
        "title",
        "summary",
        "description",
        "own_statement",
        "working_style",
        "what_fellow_owns",
        "host_org",
        "reply_hours",
    )
    list_display = ("title", "cycle", "state", "seats_asked", "seats_granted", "selection_mode")
    list_filter = ("cycle", "state")
    list_select_related = ("cycle",)
    search_fields = ("title", "slug")
    inlines = (
        part(StreamMentor, "note"),
        part(StreamArea, "title", "description"),
        part(Requirement, "text"),
        part(Cadence, "note"),
        part(ProjectOption, "text"),
        part(ReadingItem, "title"),
    )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Let search find the new words."""
        super().save_related(request, form, formsets, change)
        refresh_search_text(stream=form.instance)
        Stream.objects.filter(pk=form.instance.pk).update(updated_at=clock.now())


@admin.register(Agreement, site=site)
class AgreementAdmin(ConfigurationAdmin):
    """A text that people sign: to be read."""

    list_display = ("title", "version", "stream", "published_at")
    list_select_related = ("stream",)


@admin.register(Question, site=site)
class QuestionAdmin(ConfigurationAdmin):
    """A question: to be read, since other words are another version of a form."""

    list_display = ("code", "kind", "data_class", "effort_minutes")
    list_filter = ("data_class", "kind")
    search_fields = ("code", "text")


@admin.register(Form, site=site)
class FormAdmin(ConfigurationAdmin):
    """A form with its versions: to be read."""

    list_display = ("title", "code")
    search_fields = ("code", "title")
    inlines = (part(FormVersion),)


@admin.register(FormVersion, site=site)
class FormVersionAdmin(ConfigurationAdmin):
    """A version of a form with its questions: to be read."""

    list_display = ("form", "number", "state", "published_at")
    list_filter = ("state",)
    list_select_related = ("form",)
    inlines = (part(FormItem),)


@admin.register(EvaluationDefinition, site=site)
class EvaluationDefinitionAdmin(ConfigurationAdmin):
    """A task of a track: to be read."""

    list_display = ("title", "code", "version", "cycle")
    list_select_related = ("cycle",)


@admin.register(Rubric, site=site)
class RubricAdmin(ConfigurationAdmin):
    """What is scored by which weight: to be read."""

    list_display = ("title", "kind", "version", "track", "definition")
    list_select_related = ("track", "definition")
    inlines = (part(Criterion),)

"""Every view says who may use it; what does not say so stays closed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import rules
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404

#: Open to everybody, without an account.
PUBLIC = "public"
#: Open to every signed-in person; the view shows only what is theirs.
LOGIN = "login"


@dataclass(frozen=True)
class Policy:
    """What a view declared: the permission and the name of the object it is asked for."""

    permission: str
    parameter: str | None

    @property
    def is_sound(self) -> bool:
        """Whether the permission exists: a misspelt one would be closed to all and look intended."""
        return self.permission in {PUBLIC, LOGIN} or rules.perm_exists(self.permission)


def is_found(target: Any, user: Any, *visible_to: Callable) -> bool:
    """Say whether a policy has just looked ``target`` up for ``user`` in one of these: no predicate need ask again."""
    found, viewer = getattr(target, "_found", (None, None))
    return found in visible_to and viewer == user.pk


def policy(permission: str, **objects: Callable) -> Callable:
    """Declare and enforce the permission of a view; stands outermost.

    ``permission`` is ``PUBLIC``, ``LOGIN`` or a permission from some ``rules.py``. ``objects`` is at most one pair
    ``name=visible_to``: the route parameter ``name`` is a public id, looked up in ``visible_to(user)``; the view
    receives the object. What a person may not know of is 404; what they know and may not use is 403.
    """
    ((name, visible_to),) = objects.items() or [("", None)]

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            target = None
            if visible_to is not None:
                if "\x00" in kwargs[name]:
                    raise Http404
                target = kwargs[name] = get_object_or_404(visible_to(request.user), public_id=kwargs[name])
                target._found = (visible_to, request.user.pk)  # read by is_found
                request.policy_target = target  # type: ignore[attr-defined]  # read by the page's frame
            if permission not in {PUBLIC, LOGIN} and not request.user.has_perm(permission, target):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.policy = Policy(permission, name or None)  # type: ignore[attr-defined]  # read by routes.walk
        guarded.policy_guard = guarded  # type: ignore[attr-defined]  # wraps() copies attributes: see core.E002
        guarded.login_required = permission != PUBLIC  # type: ignore[attr-defined]  # read by Django's middleware
        return guarded

    return decorate

"""Close an account and open it again; take a lost second factor away."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from accounts.domain.sessions import end_sessions
from accounts.models import User
from core import audit, clock, outbox
from core.refusals import Refused
from core.transitions import locked


@transaction.atomic
def suspend_person(*, user: User, reason: str, by: Any) -> User:
    """Close the account of ``user`` and sign them out everywhere. Raises ``Refused`` for one's own account."""
    user = locked(user)
    if by is not None and user.pk == by.pk:
        raise Refused("You cannot suspend your own account.")
    if not user.is_active:
        raise Refused("This account is suspended already.")
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_sessions(user=user)
    audit.record("suspend_person", user, by=by, before="active", after="suspended", reason=reason)
    return user


@transaction.atomic
def reinstate_person(*, user: User, reason: str, by: Any) -> User:
    """Open a suspended account again; its roles hold as before. Raises ``Refused`` if it is open."""
    user = locked(user)
    if user.is_active:
        raise Refused("This account is open.")
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record("reinstate_person", user, by=by, before="suspended", after="active", reason=reason)
    return user


@transaction.atomic
def reset_second_factor(*, user: User, reason: str, by: Any) -> User:
    """Take every second factor of ``user`` away, sign them out everywhere and tell them.

    For a lost phone, once the person has been recognised by other means. Raises ``Refused`` if there is none, and
    for one's own account: that would make a stolen session of an admin worth as much as the factor.
    """
    user = locked(user)
    if by is not None and user.pk == by.pk:
        raise Refused("Another admin resets your second factor.")
    removed, _ = Authenticator.objects.filter(user=user).delete()
    if not removed:
        raise Refused("This account has no second factor.")
    end_sessions(user=user)
    audit.record("reset_second_factor", user, by=by, reason=reason)
    outbox.enqueue(
        key=f"account:factor-reset:{user.public_id}:{clock.now():%Y%m%dT%H%M%S}",
        to=user.email,
        template="accounts/mail/factor_reset.txt",
        person=user,
        support_email=settings.SUPPORT_EMAIL,
    )
    return user

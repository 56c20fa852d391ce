"""Close an account and open it again; take a lost second factor away."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from accounts.domain.sessions import end_sessions
from accounts.models import User
from core import audit, clock, outbox
from core.refusals import Refused
from core.transitions import locked

#: Where an app and a sheet of recovery codes keep what they are made from.
SECRETS = ("secret", "seed")


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


def renew_factor_secrets() -> int:
    """Store every secret of a second factor under the present ``SECRET_KEY``; returns how many factors hold one.

    Afterwards former keys can leave ``SECRET_KEY_FALLBACKS``. Safe to run twice, and while people sign in.
    """
    renewed = 0
    for pk in Authenticator.objects.order_by("pk").values_list("pk", flat=True):
        renewed += _renew_factor_secret(pk)
    return renewed


@transaction.atomic
def _renew_factor_secret(pk: int) -> bool:
    factor = Authenticator.objects.select_for_update(no_key=True).filter(pk=pk).select_related(None).first()
    if factor is None:  # removed since
        return False
    keeper = get_adapter()
    kept = {name: keeper.encrypt(keeper.decrypt(factor.data[name])) for name in SECRETS if name in factor.data}
    if "migrated_codes" in factor.data:
        kept["migrated_codes"] = [keeper.encrypt(keeper.decrypt(code)) for code in factor.data["migrated_codes"]]
    if not kept:
        return False
    factor.data = factor.data | kept
    factor.save(update_fields=["data"])
    audit.record("renew_factor_secret", factor.user, by=None)
    return True

"""Whether a call from another machine is signed: by a known caller, for exactly this body, now."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import timedelta

from core import clock

#: A call is taken this long after, or before, the time that it was signed with.
TOLERANCE = timedelta(minutes=5)
SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


def is_signed(*, secrets: Mapping[str, str], caller: str, header: str, body: bytes) -> bool:
    """Check a header ``t=<unix time>,v1=<HMAC-SHA256 of "<t>." and the body>`` against the secret of ``caller``.

    An unknown caller takes as long as a known one.
    """
    secret = secrets.get(caller, "")
    found = SIGNATURE.fullmatch(header)
    signed_at = int(found[1]) if found else 0
    is_fresh = abs(clock.now().timestamp() - signed_at) <= TOLERANCE.total_seconds()
    expected = hmac.new(secret.encode(), b"%d." % signed_at + body, hashlib.sha256).hexdigest()
    is_equal = hmac.compare_digest(expected, found[2] if found else "")
    return bool(secret) and is_fresh and is_equal

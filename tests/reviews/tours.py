"""Short lives in a fixed order of acts: see ``tests.reviews.life``."""

from typing import Any

from reviews.domain import batches

READERS = ("reviewer a", "reviewer b", "reviewer c")
Steps = list[tuple[str, dict[str, Any]]]
ALL_ADVANCE = {"outcomes": ("advance", "advance", "advance")}
MIXED = {"outcomes": ("advance", "not_advance", "hold")}
#: Short lives in a fixed order, in which everything comes up that may go wrong: what a fault meets first.
READING: Steps = [
    ("read", {"which": 0, "value": 4, "how": "a score beyond the scale"}),
    ("read", {"which": 0, "value": 4, "how": "a criterion left out"}),
    ("read", {"which": 0, "value": 4, "how": "somebody else's"}),
    ("read", {"which": 0, "value": 4}),
    ("read", {"which": 0, "value": 5, "how": "an old tab"}),
    ("hand_back", {"which": 1, "own": False}),
    ("give_out", {"who": "person 1"}),
    ("propose", {"by": "staff a"}),
    ("decide_by_hand", {**ALL_ADVANCE, "by": "staff a"}),
    ("approve", {"by": "staff b"}),  # too few have read them
    ("declare", {"which": 0}),
    ("give_to_somebody_close", {"which": 4}),
    ("give_out", {"who": "person 0"}),
    ("hand_back", {"which": 2}),
    *(("give_to_another", {"which": which, "reader": reader}) for which in (2, 4) for reader in READERS),
    ("close", {}),
    ("read", {"which": 5, "value": 5}),
]
DECIDING: Steps = [
    ("propose", {"by": "person 2"}),
    ("go_on", {"act": batches.discard_batch}),
    ("propose", {"by": "staff a"}),
    ("release", {}),  # not approved
    ("decide_by_hand", {**MIXED, "by": "close staff"}),
    ("decide_by_hand", {**MIXED, "by": "staff a"}),
    *(("approve", {"by": by}) for by in ("staff a", "close staff", "person 2")),
    ("approve", {"by": "staff b", "back": 1}),
    ("approve", {"by": "staff b"}),
    ("decide_by_hand", {"outcomes": ("hold", "advance", "not_advance"), "by": "staff b"}),  # voids the approval
    ("approve", {"by": "staff b"}),
    ("go_on", {"act": batches.recall_batch}),
    ("approve", {"by": "staff b"}),
    ("schedule", {"minutes": -5}),
    ("schedule", {"minutes": 5}),
    ("leave", {"who": "person 0"}),
    ("wait", {"minutes": 15}),
    ("calendar", {}),
    ("release", {}),  # for the second time
]
TAKING_BACK: Steps = [
    ("whole_way", {"outcome": "not_advance"}),
    ("ask_to_take_back", {"by": "close staff"}),
    ("ask_to_take_back", {"by": "staff a"}),
    ("let_it_stand", {}),
    ("wait", {"minutes": 15}),
    ("calendar", {}),
    ("ask_to_take_back", {"by": "staff a"}),
    *(("take_back", {"by": by}) for by in ("staff a", "close staff", "person 2", "staff b")),
    ("whole_way", {"outcome": "advance"}),
    ("wait", {"minutes": 40}),
    ("ask_to_take_back", {"by": "staff a"}),
]
TOURS = {"reading": READING, "deciding": DECIDING, "taking back": TAKING_BACK}

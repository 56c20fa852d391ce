"""Draw deferred acceptance step by step for a small market, as Mermaid diagrams for the documentation.

``python -m matching.engine.picture docs/matching.md`` draws the example of that page again, between its two marks.
"""

import sys
from pathlib import Path

from matching.engine.deferred_acceptance import Proposal, deferred_acceptance, drawn_lists
from matching.engine.instance import Instance
from matching.engine.lottery import Lottery

BEGIN, END = "<!-- steps: drawn by matching.engine.picture -->", "<!-- end of steps -->"

EXAMPLE = {
    "applicants": {
        "Ada": [["Probes"], ["Control"]],
        "Ben": [["Probes"], ["Control"]],
        "Cleo": [["Probes"], ["Policy"]],
        "Dev": [["Control"], ["Probes"]],
    },
    "streams": {
        "Control": {"max": 1, "prefs": [["Ada"], ["Dev"], ["Ben"]]},
        "Policy": {"max": 2, "prefs": [["Cleo"]]},
        "Probes": {"max": 1, "prefs": [["Dev"], ["Ben", "Cleo"], ["Ada"]]},
    },
}
EXAMPLE_SEED = "the seed of this page"


def steps_in_markdown(instance: Instance, seed: str) -> str:
    """Return one heading, sentence and diagram for each proposal, and the table of the result."""
    market, lottery = instance.market, Lottery(seed)
    lists, ranks = drawn_lists(market, lottery.draw(market))
    steps: list[Proposal] = []
    deferred_acceptance(lists, ranks, market.capacity.tolist(), steps=steps)
    held: dict[str, str] = {}
    parts = [f"Lottery of this example: {', '.join(lottery.positions(instance.applicants))}."]
    for number, step in enumerate(steps, start=1):
        applicant, stream = market.applicant_ids[step.applicant], market.stream_ids[step.stream]
        displaced = None if step.displaced is None else market.applicant_ids[step.displaced]
        if displaced is not None:
            del held[displaced]
        if step.is_held:
            held[applicant] = stream
        rivals = [displaced] if displaced else []
        if not step.is_held:
            rivals = [name for name, place in held.items() if place == stream]
        ending = _ending(instance, applicant, stream, rivals, is_held=step.is_held)
        told = f"**Step {number}.** {applicant} asks {stream} and is {ending}."
        parts += [told, _diagram(instance, held, applicant, stream, displaced, is_held=step.is_held)]
    rows = [f"| {name} | {held.get(name, 'no place')} |" for name in sorted(instance.applicants)]
    return "\n\n".join([*parts, "\n".join(["| applicant | place |", "| --- | --- |", *rows])])


def with_steps(page: str) -> str:
    """Return the page with its example drawn anew between the marks."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    drawn = steps_in_markdown(Instance.from_json(EXAMPLE), EXAMPLE_SEED)
    return f"{before}{BEGIN}\n\n{drawn}\n\n{END}{after}"


def _ending(instance: Instance, applicant: str, stream: str, rivals: list[str], *, is_held: bool) -> str:
    """Say how one proposal ends; ``rivals`` are whom the applicant displaces, or who holds the places refused."""
    tiers = instance.stream_tiers[stream]
    level = [name for name in rivals if tiers[name] == tiers[applicant]]
    if not is_held and level:
        return f"refused: {' and '.join(level)} is level in its list, and the lottery put {' and '.join(level)} first"
    if not is_held:
        return f"refused: it prefers {' and '.join(rivals)}"
    if not rivals:
        return "held"
    why = "whom the lottery put later" if level else "whom it likes less"
    return f"held; {rivals[0]}, {why}, loses that place and will ask elsewhere"


def _diagram(
    instance: Instance, held: dict[str, str], applicant: str, stream: str, displaced: str | None, *, is_held: bool
) -> str:
    lines = ["```mermaid", "flowchart LR"]
    lines += [f"  {name}(({name}))" for name in sorted(instance.applicants)]
    lines += [f'  {name}["{name}: {_places(part.capacity)}"]' for name, part in sorted(instance.streams.items())]
    lines += [f"  {name} === {place}" for name, place in sorted(held.items())]
    if not is_held:
        lines.append(f"  {applicant} -. refused .-> {stream}")
    if displaced is not None:
        lines.append(f"  {displaced} -. displaced .- {stream}")
    return "\n".join([*lines, "```"])


def _places(capacity: int) -> str:
    return "1 place" if capacity == 1 else f"{capacity} places"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = Path(name)
        page.write_text(with_steps(page.read_text(encoding="utf-8")), encoding="utf-8")

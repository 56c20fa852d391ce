"""Why somebody is, or is not, at a stream: read off a stored run."""

from dataclasses import dataclass

from applications.models import Application, StreamApplication
from matching.engine import Instance, explain, match
from matching.models import MatchRun
from matching.queries.runs import digest
from streams.models import Stream


@dataclass(frozen=True)
class Why:
    """One line of a person's explanation."""

    stream: str
    choice: int | None
    is_place: bool
    decided: str
    shown: str
    steps: list[str]


@dataclass(frozen=True)
class PersonInRun:
    """What a run says about one person, and why."""

    public_id: str
    reference: str
    name: str
    stream: str
    lottery: int | None
    n_people: int
    reasons: list[Why]
    is_repeatable: bool


def person_in_run(run: MatchRun, application: Application) -> PersonInRun:
    """Return the explanation of one person: the streams of their list in its order, then the others they applied to.

    The engine runs again on the frozen inputs; ``is_repeatable`` says whether it came to the stored result.
    """
    instance = Instance.from_json(run.inputs)
    result = match(instance, seed=run.seed)
    name = application.public_id
    titles = dict(Stream.objects.filter(cycle_id=run.cycle_id).values_list("public_id", "title"))
    labels = titles | dict(
        Application.objects.filter(cycle_id=run.cycle_id, public_id__in=list(instance.applicants)).values_list(
            "public_id", "reference"
        )
    )
    place = run.result["matching"].get(name)
    wishes = [stream for tie in instance.applicants[name] for stream in tie]
    applied = StreamApplication.objects.filter(application=application).order_by("stream__title")
    below = [key for key in applied.values_list("stream__public_id", flat=True) if key not in wishes]
    choices = [*enumerate(wishes, start=1), *((None, key) for key in below if key in instance.streams)]
    reasons = []
    for choice, stream in choices:
        answer = explain(instance, result, name, stream)
        reasons.append(
            Why(
                titles.get(stream, stream),
                choice,
                stream == place,
                answer.code,
                answer.text,
                [_spoken(step, labels) for step in answer.chain],
            )
        )
    return PersonInRun(
        name,
        application.reference,
        str(application.person),
        titles.get(place, ""),
        run.result["lottery"].get(name),
        len(instance.applicants),
        reasons,
        digest(result.to_json()) == run.result_sha256,
    )


def _spoken(step: str, labels: dict[str, str]) -> str:
    """Return a step of the engine with references and titles in place of public ids."""
    for public_id, label in labels.items():
        if public_id in step:
            step = step.replace(public_id, label)
    return step

"""The command line: answers in order, precise errors, exit status."""

import io
import json
import random
import subprocess
import sys

import pytest

from matching.engine.cli import answer_line, main
from matching.engine.verbs import VERBS

GOOD = {
    "applicants": {"a1": [["s1"], ["s2"]], "a2": [["s1"]]},
    "streams": {
        "s1": {"min": 0, "max": 1, "prefs": [["a2"], ["a1"]]},
        "s2": {"min": 0, "max": 1, "prefs": [["a1"]]},
    },
}
SPA = {
    "applicants": {"a1": [["p1"]], "a2": [["p1"], ["p2"]]},
    "projects": {"p1": {"max": 1, "mentor": "m1"}, "p2": {"max": 1, "mentor": "m2"}},
    "mentors": {"m1": {"max": 1, "prefs": [["a1"], ["a2"]]}, "m2": {"max": 1, "prefs": [["a2"]]}},
}
REVIEW = {
    "affinity": [[1, 2, 3], [3, 2, 1]],
    "conflicts": [],
    "reviews_per_application": 1,
    "load_min": 0,
    "load_max": 2,
}
RATINGS = {
    "n_applications": 2,
    "n_reviewers": 2,
    "ratings": [[0, 0, 3], [0, 1, 4], [1, 0, 2], [1, 1, 3.5]],
    "lambda_application": 1.0,
    "lambda_reviewer": 1.0,
}


def run(verb, *lines):
    """Return (exit status, answers) for raw lines or cases."""
    out = io.StringIO()
    data = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    status = main([verb], lines=io.BytesIO(b"\n".join(data)), out=out)
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


def case(kind, instance, name="x", **options):
    return {"id": name, "kind": kind, "instance": instance, "options": options}


def stream(**changes):
    return {**GOOD, "streams": {**GOOD["streams"], "s1": {**GOOD["streams"]["s1"], **changes}}}


def applicant(prefs):
    return {**GOOD, "applicants": {**GOOD["applicants"], "a1": prefs}}


def tracks(**parts):
    return {**GOOD, "tracks": parts}


def project(**changes):
    return {**SPA, "projects": {**SPA["projects"], "p1": {**SPA["projects"]["p1"], **changes}}}


def mentor(**changes):
    return {**SPA, "mentors": {**SPA["mentors"], "m1": {**SPA["mentors"]["m1"], **changes}}}


def without(raw, name):
    return {key: value for key, value in raw.items() if key != name}


LONG = {"max": 1, "streams": ["s1"]}

# verb, line, a piece of the error that says what and where
BROKEN = [
    ("match", b"not json", "line 1: not JSON"),
    ("match", b'{"id": 1, "kind": "HR", ', "line 1: not JSON"),
    ("match", b"[1, 2]", "line 1: expected an object"),
    ("match", b'{"id": "\xff"}', "line 1: not UTF-8 at byte 8"),
    ("match", b'{"id": 1, "id": 2}', "'id' appears twice"),
    ("match", b'{"id": 1, "kind": "HR", "instance": {"applicants": NaN}}', "NaN"),
    ("match", b'{"id": ' + b"[" * 100_000, "nested too deeply"),
    ("match", b'{"id": ' + b"9" * 10_000 + b"}", "a number is too long"),
    ("match", {"id": "x", "instance": GOOD}, "key 'kind' is missing"),
    ("match", {"id": "x", "kind": "HR"}, "key 'instance' is missing"),
    ("match", case("SPA-S", GOOD), "kind: expected one of HR, HRT, HR-CAPS, HR-MIN, got 'SPA-S'"),
    ("match", case(["HR"], GOOD), "kind: expected one of"),
    ("match", case("HR", [GOOD]), "instance: expected an object, got a list"),
    ("match", {**case("HR", GOOD), "options": [1]}, "options: expected an object, got a list"),
    ("match", case("HR", without(GOOD, "applicants")), "instance: key 'applicants' is missing"),
    ("match", case("HR", without(GOOD, "streams")), "instance: key 'streams' is missing"),
    ("match", case("HR", {**GOOD, "applicants": [["s1"]]}), "applicants: expected an object, got a list"),
    ("match", case("HR", {**GOOD, "applicants": {"": [["s1"]]}}), "applicants: identifiers must be non-empty"),
    ("match", case("HR", applicant("s1")), "applicants.a1: expected a list of tie groups, got a string"),
    ("match", case("HR", applicant(["s1"])), "applicants.a1[0]: expected a tie group (a list), got a string"),
    ("match", case("HR", applicant([["s1"], []])), "applicants.a1[1]: the tie group is empty"),
    ("match", case("HR", applicant([["s9"]])), "applicants.a1[0]: unknown stream 's9'"),
    ("match", case("HR", applicant([[7]])), "applicants.a1[0]: identifiers must be strings, got 7"),
    ("match", case("HR", applicant([["s1"], ["s1"]])), "applicants.a1[1]: stream 's1' is listed also in tie group 0"),
    ("match", case("HRT", applicant([["s1", "s1"]])), "applicants.a1[0]: stream 's1' is listed twice in one tie group"),
    ("match", case("HR", applicant([["s1", "s2"]])), "applicants.a1[0]: kind HR is strict"),
    ("match", case("HR", stream(prefs=[["a1", "a2"]])), "streams.s1.prefs[0]: kind HR is strict"),
    ("match", case("HR", stream(max=-1)), "streams.s1.max: must not be negative, got -1"),
    ("match", case("HR", stream(max=1.5)), "streams.s1.max: expected a whole number, got 1.5"),
    ("match", case("HR", stream(max=True)), "streams.s1.max: expected a whole number, got True"),
    ("match", case("HR-MIN", stream(min=2)), "streams.s1: minimum 2 is above maximum 1"),
    ("match", case("HR", stream(prefs=[["a9"]])), "streams.s1.prefs[0]: unknown applicant 'a9'"),
    ("match", case("HR", {"applicants": {}, "streams": {"s1": {"prefs": []}}}), "streams.s1: key 'max' is missing"),
    ("match", case("HR-CAPS", GOOD), "instance: key 'tracks' is missing"),
    ("match", case("HR", tracks(t=LONG)), "kind HR has no caps"),
    ("match", case("HR-CAPS", tracks(t={"max": 1, "streams": ["s9"]})), "tracks.t.streams: unknown stream 's9'"),
    ("match", case("HR-CAPS", tracks(t=LONG, u=LONG)), "stream 's1' is also in track 't'"),
    ("match", case("HR-CAPS", tracks(t={"max": -2, "streams": []})), "tracks.t.max: must not be negative"),
    ("match", case("HR-CAPS", {**GOOD, "cohort": 3}), "cohort: expected an object, got a number"),
    ("match", case("HR", GOOD, objective="best"), "options.objective: expected one of applicant_optimal"),
    ("match", case("HR", GOOD, seed=1.5), "options.seed: expected a whole number or a text, got 1.5"),
    ("match", case("HR", GOOD, time_limit_s=-1), "options.time_limit_s: expected seconds"),
    ("verify", case("HR", GOOD), "instance: key 'matching' is missing"),
    ("verify", case("HR-CHECK", {**GOOD, "matching": {"a9": None}}), "matching: unknown applicant 'a9'"),
    ("verify", case("HR-CHECK", {**GOOD, "matching": {"a1": "s9"}}), "matching.a1: unknown stream 's9'"),
    ("verify", case("HR-CHECK", {**GOOD, "matching": ["a1"]}), "matching: expected an object applicant -> stream"),
    ("what-if", case("HR", GOOD), "options: key 'change' is missing"),
    ("what-if", case("HR", GOOD, change={"capacity_plus_one": "s9"}), "change: unknown stream 's9'"),
    ("what-if", case("HR", GOOD, change={"shuffle": "s1"}), "change: unknown change 'shuffle'"),
    ("rematch", case("HR-REMATCH", {**GOOD, "declined": []}), "instance: key 'previous' is missing"),
    ("rematch", case("HR-REMATCH", {**GOOD, "previous": {"a2": "s2"}, "declined": []}), "a2 and s2 are no acceptable"),
    ("rematch", case("HR-REMATCH", {**GOOD, "previous": {}, "declined": ["a9"]}), "declined: unknown applicant 'a9'"),
    ("rematch", case("HR-REMATCH", {**GOOD, "previous": {}, "declined": []}, policy="x"), "options.policy: expected"),
    ("allocate-projects", case("SPA-S", project(mentor="m9")), "projects.p1.mentor: unknown mentor 'm9'"),
    ("allocate-projects", case("SPA-S", project(max=-1)), "projects.p1.max: must not be negative"),
    ("allocate-projects", case("SPA-P", mentor(prefs=[["p2"]])), "project 'p2' belongs to another mentor"),
    ("allocate-projects", case("SPA-S", mentor(prefs=[["a1", "a2"]])), "mentors.m1.prefs[0]: kind SPA-S is strict"),
    ("assign-reviewers", case("REVIEW", {**REVIEW, "load_min": 3}), "load_min: 3 is above load_max 2"),
    ("assign-reviewers", case("REVIEW", {**REVIEW, "conflicts": [[0, 9]]}), "conflicts[0]: unknown reviewer 9"),
    ("assign-reviewers", case("REVIEW", {**REVIEW, "affinity": [[1, 2], [1]]}), "affinity[1]: has 1 entries"),
    ("assign-reviewers", case("REVIEW", {**REVIEW, "affinity": [[1, "x"]]}), "affinity[0][1]: expected a whole number"),
    ("assign-reviewers", case("REVIEW", without(REVIEW, "load_max")), "instance: key 'load_max' is missing"),
    ("calibrate", case("CALIBRATE", {**RATINGS, "ratings": []}), "ratings: expected a list with at least one"),
    ("calibrate", case("CALIBRATE", {**RATINGS, "ratings": [[0, 5, 1]]}), "ratings[0]: unknown reviewer 5"),
    ("calibrate", case("CALIBRATE", {**RATINGS, "ratings": [[0, 0, "x"]]}), "ratings[0]: expected a finite number"),
    (
        "calibrate",
        case("CALIBRATE", {**RATINGS, "lambda_reviewer": 0}),
        "lambda_reviewer: expected a number above zero",
    ),
]

SOUND = {
    "match": case("HR", GOOD, "good"),
    "verify": case("HR-CHECK", {**GOOD, "matching": {"a1": "s2", "a2": "s1"}}, "good"),
    "what-if": case("HR", GOOD, "good", change={"capacity_plus_one": "all"}),
    "rematch": case("HR-REMATCH", {**GOOD, "previous": {"a1": "s2", "a2": "s1"}, "declined": ["a2"]}, "good"),
    "allocate-projects": case("SPA-S", SPA, "good"),
    "assign-reviewers": case("REVIEW", REVIEW, "good"),
    "calibrate": case("CALIBRATE", RATINGS, "good"),
}


@pytest.mark.parametrize(("verb", "line", "message"), BROKEN, ids=range(len(BROKEN)))
def test_bad_line_gets_a_precise_error_and_the_others_an_answer(verb, line, message):
    status, (first, bad, last) = run(verb, SOUND[verb], line, SOUND[verb])

    assert status == 1
    assert set(bad) == {"id", "error"}
    assert message.replace("line 1", "line 2") in bad["error"]
    assert first == last
    assert (first["id"], "error" in first) == ("good", False)


def test_there_are_fifty_broken_instances_and_more():
    assert len(BROKEN) >= 50


JUNK = [None, True, 0, -1, 1.5, 1e308, -1e308, 1e-308, 10**18, 10**30, "", "x", "s1", "\ud800", [], [[]], {}, [None]]
JUNK += [[["s1"]], [[0, 0]], {"a": 1}, [1, 2, 3], [[["s1"]]], {"max": 1}, "all", [[0, 0, 1e9]]]


def paths(part, path=()):
    yield path
    for key in part if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ():
        yield from paths(part[key], (*path, key))


def exchanged(part, path, value):
    if not path:
        return value
    part = part.copy()
    part[path[0]] = exchanged(part[path[0]], path[1:], value)
    return part


@pytest.mark.parametrize("n_lines", [800, pytest.param(200_000, marks=pytest.mark.prove)])
def test_junk_anywhere_in_a_case_is_answered(n_lines):
    """An answer or an error, always JSON without NaN; never an exception that would end the run."""
    source = random.Random(7)
    everything = list(SOUND.items())
    everything += [("match", case("HR-CAPS", {**tracks(t=LONG), "cohort": {"max": 1}, "conflicts": [["a1", "s1"]]}))]
    everything += [("rematch", {**SOUND["rematch"], "options": {"policy": "min_change"}})]
    everything += [("assign-reviewers", case("REVIEW", {**REVIEW, "existing": [[0, 1]], "cross_pairs": [[0, 0]]}))]
    everything += [("calibrate", case("CALIBRATE", {**RATINGS, "groups": [0, 1], "lambda_reviewer": None}))]
    everything += [("allocate-projects", case("SPA-P", mentor(prefs=[["p1"]], co_max=1)))]
    n_answered = 0
    for _ in range(n_lines):
        verb, line = source.choice(everything)
        inside = [path for path in paths(line) if path[:1] in (("instance",), ("options",))]
        for path in source.sample(inside, source.choice([1, 1, 2])):
            if path in paths(line):
                line = exchanged(line, path, source.choice(JUNK))
        answer = answer_line(json.dumps(line).encode(), 1, VERBS[verb].answer, VERBS[verb].kinds)
        json.dumps(answer, allow_nan=False)
        n_answered += "error" not in answer
    assert n_lines / 50 < n_answered < n_lines


def test_bad_lines_leave_no_traceback():
    lines = b"\n".join([b"not json", json.dumps(SOUND["match"]).encode(), b'{"id": 3}'])
    ran = subprocess.run([sys.executable, "-m", "matching.engine", "match"], input=lines, capture_output=True)

    assert (ran.returncode, ran.stderr) == (1, b"")
    assert [sorted(json.loads(line))[:2] for line in ran.stdout.splitlines()] == [
        ["error", "id"],
        ["blocking_pairs", "bound"],
        ["error", "id"],
    ]


@pytest.mark.parametrize("verb", SOUND)
def test_good_lines_end_with_status_0(verb):
    status, answers = run(verb, SOUND[verb])

    assert (status, len(answers)) == (0, 1)


def test_match_answers_every_field():
    _, (answer,) = run("match", SOUND["match"])

    expected = {
        "id": "good",
        "matching": {"a1": "s2", "a2": "s1"},
        "size": 2,
        "rank_profile": {"by_rank": [1, 1], "unmatched": 0},
        "fill": {"s1": 1, "s2": 1},
        "stable": True,
        "blocking_pairs": [],
        "proved": True,
        "min_met": True,
        "dropped": 0,
    }
    assert {name: answer[name] for name in expected} == expected


def test_one_sided_entries_are_dropped_and_counted():
    _, (answer,) = run("match", case("HR", {**GOOD, "applicants": {"a1": [["s1"], ["s2"]], "a2": [["s2"]]}}))

    assert (answer["dropped"], answer["matching"]) == (2, {"a1": "s1", "a2": None})


def test_what_if_answers_per_stream():
    status, (everywhere, one) = run(
        "what-if", case("HR", GOOD, change="all"), case("HR", GOOD, change={"capacity_plus_one": "s1"})
    )

    assert status == 0
    assert everywhere["capacity_plus_one"] == {
        "s1": {"size": 2, "moved": {"a1": "s1"}},
        "s2": {"size": 2, "moved": {}},
    }
    assert one["s1"] == {"size": 2, "moved": {"a1": "s1"}}


def test_rematch_answers_what_changed():
    _, (answer,) = run("rematch", SOUND["rematch"])

    assert answer["matching"] == {"a1": "s2", "a2": None}
    assert (answer["changes"], answer["worse_off"], answer["blocking_pairs"]) == ([], [], [["a1", "s1"]])


def test_time_limit_keeps_a_stable_matching_and_does_not_claim_a_proof():
    ties = [["a1", "a2", "a3"]]
    instance = {
        "applicants": {"a1": [["s1"], ["s2"]], "a2": [["s1"], ["s3"]], "a3": [["s2"], ["s3"]], "a4": [["s3"]]},
        "streams": {
            "s1": {"max": 1, "prefs": ties},
            "s2": {"max": 1, "prefs": [["a3"], ["a1"]]},
            "s3": {"max": 1, "prefs": [["a2", "a3", "a4"]]},
        },
    }
    _, (answer,) = run("match", case("HRT", instance, objective="max_cardinality", time_limit_s=0))

    assert answer["stable"]
    assert answer["proved"] == (answer["size"] == answer["bound"])


def test_help_names_every_verb(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert [verb for verb in SOUND if f"\n{verb}\n" not in told] == []

"""The catalogue: OR inside a facet, AND between facets, counts under the others, search, order, empty answers."""

from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from streams.domain.streams import unpublish_stream
from streams.models import Mentor, Stream
from streams.queries import Choices, catalogue_page, choices_from, compare_page
from streams.queries.searching import search_alike
from tests.streams.conftest import OPEN


def slugs(page) -> set[str]:
    return {card.slug for card in page.cards}


def chosen(words: str = "", **values: tuple[str, ...]) -> Choices:
    return Choices(words=words, values=values)


def counts(page, facet: str) -> dict[str, int]:
    return {option.value: option.count for group in page.facets if group.name == facet for option in group.options}


def test_values_of_one_facet_are_joined_by_or(cycle):
    one, other = (slugs(catalogue_page(cycle, chosen(track=(track,)))) for track in ("theory", "strategy-forecasting"))

    both = catalogue_page(cycle, chosen(track=("theory", "strategy-forecasting")))

    assert slugs(both) == one | other
    assert (len(one), len(other), both.found) == (3, 2, 5)


def test_facets_are_joined_by_and(cycle):
    page = catalogue_page(cycle, chosen(track=("biosecurity",), agreement=("yes",)))

    assert slugs(page) == {"ai-native-bio-safeguards"}


def test_secondary_track_counts_too(cycle):
    assert "interpretability-foundations" in slugs(catalogue_page(cycle, chosen(track=("empirical",))))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"mode": ("mentor_assigns", "mentor_assigns_after_match"), "track": ("biosecurity", "empirical")},
         {"defensive-cyber-benchmarks", "metagenomic-early-warning"}),
        ({"in_person": ("required", "default")}, {"ai-welfare-empirical", "indoor-air-defence-engineering"}),
        ({"agreement": ("yes",)}, {"ai-native-bio-safeguards", "confidential-evaluation-enclaves"}),
        ({"reply": ("12",)}, {"breaking-deployed-ai", "weight-security-testbed"}),
        ({"meets": ("daily",)}, {"frontier-lab-safety-coalition", "weight-security-testbed"}),
        ({"area": ("model-organisms",)}, {"frontier-lab-safety-coalition", "science-of-scheming"}),
    ],
)  # fmt: skip
@pytest.mark.requirement(67)
def test_facet_finds(cycle, values, expected):
    assert slugs(catalogue_page(cycle, chosen(**values))) == expected


@pytest.mark.requirement(60, 66)
def test_reply_within_a_day_includes_faster_streams(cycle):
    found = slugs(catalogue_page(cycle, chosen(reply=("24",))))

    assert {"science-of-scheming", "defensive-cyber-benchmarks", "breaking-deployed-ai"} <= found
    assert "interpretability-foundations" not in found


def test_option_is_counted_under_the_other_facets_but_not_under_its_own(cycle):
    everything = catalogue_page(cycle, Choices())

    page = catalogue_page(cycle, chosen(track=("theory",), agreement=("no",)))

    assert counts(page, "track") == counts(catalogue_page(cycle, chosen(agreement=("no",))), "track")
    assert counts(page, "agreement") == {"no": 3}
    assert sum(counts(everything, "agreement").values()) == everything.total == 22


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("metagenomic", "metagenomic-early-warning"),
        ("introspection", "ai-welfare-empirical"),
        ("Brandmoor", "frontier-lab-safety-coalition"),
        ("interpretab", "interpretability-foundations"),
        ("alignment faking", "science-of-scheming"),
    ],
)
def test_search_finds_titles_texts_mentors_and_beginnings_of_words(cycle, words, slug):
    assert slug in slugs(catalogue_page(cycle, chosen(words)))


@pytest.mark.requirement(59)
def test_search_finds_every_stream_of_a_method_and_a_topic(cycle):
    assert slugs(catalogue_page(cycle, chosen("model organism"))) == {
        "frontier-lab-safety-coalition",
        "science-of-scheming",
    }


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("metagenomc", "metagenomic-early-warning"),
        ("sceming", "science-of-scheming"),
        ("interpretabilty fuondations", "interpretability-foundations"),
        ("Brandmor", "frontier-lab-safety-coalition"),
    ],
)
def test_a_mistyped_word_still_finds_and_the_page_says_so(cycle, words, slug):
    page = catalogue_page(cycle, chosen(words))

    assert page.cards[0].slug == slug
    assert page.found < 8, "what looks like it, not everything"
    assert page.is_alike
    assert f"No stream has exactly “{words}”." in unescape(Client().get("/streams/", {"q": words}).content.decode())


def test_a_word_that_is_there_finds_nothing_that_only_looks_like_it(cycle):
    page = catalogue_page(cycle, chosen("scheming"))

    assert not page.is_alike
    assert not catalogue_page(cycle, chosen("xyzzyplugh")).is_alike
    assert catalogue_page(cycle, chosen("xyzzyplugh")).found == 0


def test_search_by_likeness_can_use_its_index(cycle):
    """With sequential reading forbidden the plan shows whether the index fits the question at all."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    with CaptureQueriesContext(connection) as queries:
        search_alike(Stream.objects.all(), "sceming")
    sql = next(query["sql"] for query in queries if "streams_stream" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + sql)
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "stream_trigram_gin" in plan


def test_search_costs_the_same_for_a_stream_and_for_many(cycle):
    def cost(words: str) -> int:
        catalogue_page(cycle, Choices())
        with CaptureQueriesContext(connection) as queries:
            catalogue_page(cycle, chosen(words))
        return len(queries)

    assert cost("scheming") == cost("research") <= 2
    assert cost("sceming") == cost("xyzzyplugh") <= 6


@pytest.mark.requirement(9)
def test_facet_of_the_mentors_places_of_work_knows_the_unknown(cycle):
    everything = catalogue_page(cycle, Choices())
    Mentor.objects.filter(streams__slug="science-of-scheming").update(affiliation_type="")
    Mentor.objects.filter(streams__slug="scenario-lab").update(affiliation_type="independent")

    unknown = catalogue_page(cycle, chosen(mentors=("unknown",)))
    independent = catalogue_page(cycle, chosen(mentors=("independent",)))

    assert "science-of-scheming" in slugs(unknown)
    assert "scenario-lab" in slugs(independent)
    assert "scenario-lab" not in slugs(unknown)
    assert sum(counts(everything, "mentors").values()) >= everything.total


@pytest.mark.requirement(9)
def test_facet_of_data_sensitivity_finds(cycle):
    Stream.objects.filter(slug="scenario-lab").update(data_sensitivity="confidential")

    assert "scenario-lab" in slugs(catalogue_page(cycle, chosen(data=("confidential",))))
    assert "scenario-lab" not in slugs(catalogue_page(cycle, chosen(data=("open",))))


@pytest.mark.requirement(106)
def test_catalogue_is_open_to_everybody_without_script(cycle):
    """The way of a visitor by links and forms alone; ``test_browser`` walks it in a browser with scripts blocked."""
    client = Client()
    page = client.get("/streams/")
    assert page.status_code == 200
    assert b'<form id="filter"' in page.content

    filtered = client.get("/streams/", {"track": "theory", "sort": "title"}).content.decode()
    assert "3 of 22 streams" in filtered
    assert "/save/" in filtered
    compared = client.get("/streams/compare/", {"s": ["scenario-lab", "science-of-scheming"]})
    assert compared.status_code == 200
    assert "csrfmiddlewaretoken" not in filtered, "it can be kept for everybody"


def test_compare_leaves_out_what_is_equal_when_asked(cycle):
    chosen_four = ["scenario-lab", "science-of-scheming", "founder-residency", "weight-security-testbed"]
    everything = compare_page(chosen_four)
    different = compare_page([*chosen_four, "ai-welfare-empirical"], only_differences=True)

    assert len(different.heads) == 4
    assert {row.label for row in different.rows} == {row.label for row in everything.rows if not row.equal}
    assert different.n_equal == len(everything.rows) - len(different.rows) > 0
    html = Client().get("/streams/compare/", {"s": chosen_four}).content.decode()
    assert f"{everything.query.replace('&', '&amp;')}&amp;only=differences" in html
    assert "Show all rows" in Client().get(f"/streams/compare/?{everything.query}&only=differences").content.decode()
    assert not any(row.equal for row in compare_page(["scenario-lab"]).rows), "one stream differs from none"


@pytest.mark.parametrize("words", ["'; drop table", "a & | ! (", ":*", "%", "\\", "☃", "a" * 200, "!!!"])
def test_search_takes_any_words_without_an_error(cycle, words):
    assert catalogue_page(cycle, chosen(words)).total == 22


def test_draft_is_in_no_list_no_count_and_no_search(cycle):
    with_it = catalogue_page(cycle, chosen("operations"))
    stream = Stream.objects.get(slug="scenario-lab")

    assert "research-operations-lab" not in slugs(catalogue_page(cycle, Choices())) | slugs(with_it)
    assert "scenario-lab" in slugs(catalogue_page(cycle, chosen("wargame")))  # control: search does look there
    unpublish_stream(stream=stream, by=None)
    assert slugs(catalogue_page(cycle, chosen("wargame"))) == set()
    assert catalogue_page(cycle, Choices()).total == 21


def test_paused_stream_stays_and_says_so(cycle):
    page = catalogue_page(cycle, chosen("Standards Drafting"))

    assert next((card.slug, card.is_paused) for card in page.cards) == ("standards-drafting-studio", True)


def test_order_is_the_same_all_day_and_another_one_the_next(cycle):
    today = [card.slug for card in catalogue_page(cycle, Choices()).cards]
    with clock.at(OPEN + timedelta(hours=12)):
        later = [card.slug for card in catalogue_page(cycle, Choices()).cards]
    with clock.at(OPEN + timedelta(days=1)):
        tomorrow = [card.slug for card in catalogue_page(cycle, Choices()).cards]

    assert today == later
    assert sorted(today) == sorted(tomorrow)
    assert today != tomorrow


def test_order_by_title(cycle):
    titles = [card.title for card in catalogue_page(cycle, Choices(sort="title")).cards]

    assert titles == sorted(titles, key=str.casefold)


def test_unknown_facets_and_values_are_ignored_and_named(cycle):
    choices = choices_from([("track", ["theory", "alchemy"]), ("colour", ["red"]), ("sort", ["best"]), ("page", ["2"])])

    page = catalogue_page(cycle, choices)

    assert page.found == 3
    assert page.unknown == ("colour", "track=alchemy", "sort=best")


def test_empty_answer_names_the_choice_whose_removal_finds_most(cycle):
    page = catalogue_page(cycle, chosen(track=("theory",), agreement=("yes",)))

    assert (page.found, page.without.label, page.n_without) == (0, "Agreement", 3)
    assert page.without.url == "?track=theory"


def test_empty_answer_may_be_due_to_the_words(cycle):
    page = catalogue_page(cycle, chosen("zzz", track=("theory",)))

    assert (page.without.label, page.n_without, page.without.url) == ("“zzz”", 3, "?track=theory")


def test_page_beyond_the_last_is_the_last(cycle):
    assert catalogue_page(cycle, Choices(), page="99").page.number == 1
    assert catalogue_page(cycle, Choices(), page="x").page.number == 1

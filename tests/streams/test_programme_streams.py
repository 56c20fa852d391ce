"""What the programme's eight streams say of themselves stands on their pages and is found by words and filters."""

import re

import pytest
from django.test import Client
from django.utils.html import strip_tags

from streams.models import Cycle, Stream
from streams.queries import Choices, catalogue_page

COALITION, SCHEMING, CYBER = "frontier-lab-safety-coalition", "science-of-scheming", "defensive-cyber-benchmarks"
DEPLOYED, CAPABILITY, WELFARE = "breaking-deployed-ai", "scientific-capability-risk", "ai-welfare-empirical"
DETECTION, SAFEGUARDS = "metagenomic-early-warning", "ai-native-bio-safeguards"
TOPICS = ("ai-control", "interpretability", "scalable-oversight", "evaluations")
TOPICS += ("red-teaming", "robustness", "model-organisms")


def read(client: Client, path: str) -> str:
    """Return what a reader of the page reads."""
    html = client.get(path).content.decode()
    return re.sub(r"\s+", " ", strip_tags(html.replace("<", " <"))).replace("&#x27;", "'")


def missing(client: Client, slug: str, *texts: str) -> list[str]:
    """Return which of the texts the stream's page does not show."""
    page = read(client, f"/streams/{slug}/")
    return [text for text in texts if text not in page]


def found(words: str = "", **values: tuple[str, ...]) -> set[str]:
    """Return the streams that the catalogue finds."""
    return {card.slug for card in catalogue_page(Cycle.objects.get(), Choices(words=words, values=values)).cards}


def test_control_a_text_that_is_not_there_is_missed(cycle, client):
    assert missing(client, COALITION, "a text of another stream", "12 mentors") == ["a text of another stream"]


@pytest.mark.requirement(45)
def test_topics_stand_on_the_page_and_among_the_filters(cycle, client):
    assert missing(client, COALITION, "AI control", "Model organisms", "Scalable oversight", "Security") == []
    for area in ("ai-control", "model-organisms", "scalable-oversight"):
        assert COALITION in found(area=(area,))


@pytest.mark.requirement(50)
def test_meetings_stand_on_the_card_and_are_filtered_by(cycle, client):
    card = read(client, "/streams/?q=coalition")

    assert "1 h weekly, replies within 2 days" in card
    assert COALITION in found(meets=("weekly",))
    assert SCHEMING not in found(meets=("daily",))


@pytest.mark.requirement(51)
def test_meetings_of_mentors_and_of_fellows_alone_are_two_lines(cycle, client):
    lines = ["1 h weekly, group, project mentors and collaborators", "15 min daily, fellows only, without mentors"]

    assert missing(client, COALITION, *lines) == []


@pytest.mark.requirement(65)
def test_partner_and_its_data_are_told_before_anybody_applies(cycle, client):
    assert missing(client, CYBER, "Uses a partner's data under conditions", "An incident-response company") == []


@pytest.mark.requirement(68)
def test_essential_and_preferred_are_two_lists_and_others_have_no_heading(cycle, client):
    assert missing(client, CYBER, "Essential", "Preferred", "Not a good fit") == ["Not a good fit"]


@pytest.mark.requirement(71, 72)
def test_short_meetings_and_a_long_one_at_the_start_are_both_shown(cycle, client):
    texts = [
        "20 min three times a week, one to one or group",
        "1 h 30 min weekly, one to one, first two weeks",
        "Several short meetings rather than one long one, except at the start.",
    ]

    assert missing(client, DEPLOYED, *texts) == []


@pytest.mark.requirement(75, 85)
def test_streams_that_choose_the_project_together_are_found_by_it(cycle):
    by_mode = {mode: found(mode=(mode,)) for mode in ("joint_discussion", "joint_selection")}

    assert DEPLOYED in by_mode["joint_discussion"] - by_mode["joint_selection"]
    assert WELFARE in by_mode["joint_selection"] - by_mode["joint_discussion"]


@pytest.mark.requirement(76, 81)
@pytest.mark.parametrize(("words", "slug"), [("scientific capability", CAPABILITY), ("introspection", WELFARE)])
def test_search_finds_the_stream_by_its_subject(cycle, words, slug):
    assert slug in found(words)
    assert COALITION not in found(words)


@pytest.mark.requirement(77)
def test_pair_debugging_and_calls_on_request_are_shown(cycle, client):
    assert missing(client, CAPABILITY, "1 h weekly", "including pair debugging", "Ad-hoc calls on request") == []


@pytest.mark.requirement(79, 89)
@pytest.mark.parametrize("slug", [CAPABILITY, DETECTION])
def test_what_is_no_good_fit_is_a_third_list_before_the_questions(cycle, client, slug):
    page = read(client, f"/streams/{slug}/")

    places = [page.index(text) for text in ("Essential", "Preferred", "Not a good fit", "How you apply here")]
    assert places == sorted(places)


@pytest.mark.requirement(87)
def test_both_candidate_projects_have_their_text(cycle, client):
    texts = ["Where AI tools pay off in detection", "Genomic language models as novelty detectors", "how often is it"]

    assert missing(client, DETECTION, *texts) == []
    assert Stream.objects.get(slug=DETECTION).project_options.count() == 2


@pytest.mark.requirement(88, 91)
def test_what_the_fellow_owns_and_chooses_is_shown(cycle, client):
    texts = ["What you own Implementation and its review", "Your freedom Chooses directions within the project"]

    assert missing(client, DETECTION, *texts) == []


@pytest.mark.requirement(92)
def test_dual_use_stands_above_what_the_stream_is_about(cycle, client):
    page = read(client, f"/streams/{SAFEGUARDS}/")

    assert page.index("Work in this stream can be misused.") < page.index("What it is about")
    assert missing(client, COALITION, "Work in this stream can be misused.") == ["Work in this stream can be misused."]


@pytest.mark.requirement(93)
def test_weekly_talks_alone_and_in_a_group_are_both_shown(cycle, client):
    assert missing(client, SAFEGUARDS, "45 min weekly, one to one", "1 h weekly, group") == []


@pytest.mark.requirement(98)
def test_all_four_preferred_things_are_listed_as_such(cycle, client):
    page = read(client, f"/streams/{SAFEGUARDS}/")
    listed = page[page.index(" Preferred ") : page.index("How you apply here")]

    texts = ("hands-on", "built evaluations", "Mechanistic interpretability", "context of biosecurity")
    assert [text for text in texts if text not in listed] == []


@pytest.mark.requirement(29)
def test_a_track_says_its_method_apart_from_its_topics_and_both_are_found(cycle, client):
    method, topic = found("deep-learning"), found("red-teaming")

    assert {SCHEMING, DEPLOYED} <= method
    assert DETECTION not in method | topic
    assert topic - method != topic, "one stream at least is found by its method and by its topic"
    page = read(client, "/tracks/empirical/")
    assert page.index("Run experiments on deep-learning systems") < page.index("red-teaming")


@pytest.mark.requirement(30)
@pytest.mark.parametrize("topic", TOPICS)
def test_each_topic_of_empirical_work_has_a_stream(cycle, client, topic):
    shown = client.get(f"/streams/?area={topic}").content.decode()

    linked = set(re.findall(r'<h[23][^>]*><a href="/streams/([\w-]+)/"', shown))
    assert linked, shown[:200]
    assert linked == found(area=(topic,))


@pytest.mark.requirement(83)
def test_short_calls_are_part_of_the_rhythm(cycle, client):
    assert missing(client, DEPLOYED, "Ad-hoc calls on request", "Reply time") == []
    assert missing(client, COALITION, "Ad-hoc calls on request") == ["Ad-hoc calls on request"]


@pytest.mark.requirement(84)
def test_strong_advantage_is_marked_as_not_required(cycle, client):
    page = read(client, f"/streams/{WELFARE}/")

    assert page.index("Strong advantage, not required") < page.index("existing literature on AI welfare")

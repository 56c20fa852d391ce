"""What rubrics and forms say of areas, scales and groups comes back from the database as it was written."""

import pytest

from mats_portal.desk.catalogue.importing import import_catalogue
from mats_portal.desk.catalogue.reading import read
from reviews.models import Criterion
from tests.desk.catalogue.test_exporting import exported, said
from tests.desk.catalogue.test_mistakes import mistakes_in

ANCHORS = 'anchors = { 1 = "low", 3 = "middle", 5 = "high" }'
RICH = (
    ('title = "Tidal"\n', 'title = "Tidal"\nversion = 3\nscale_min = 2\nscale_max = 7\n'),
    (
        'weight = 100\nquestions = ["why"]\n' + ANCHORS,
        """weight = 40
questions = ["why"]
anchors = { 2 = "low", 4 = "some", 5 = "more", 7 = "high" }
[[tracks.rubric.criteria]]
code = "boats"
name = "Boats"
weight = 60
group = "craft"
group_rule = "any_of"
questions = ["why"]
anchors = { 2 = "low", 4 = "some", 5 = "more", 7 = "high" }
[[tracks.rubric.criteria]]
code = "nets"
name = "Nets"
weight = 60
group = "craft"
group_rule = "any_of"
questions = ["why"]
anchors = { 2 = "low", 4 = "some", 5 = "more", 7 = "high" }
[[tracks.rubric.criteria]]
code = "mud"
name = "Mud"
weight = 12.5
stream = "estuary"
area = "flats"
questions = ["why"]
anchors = { 2 = "low", 4 = "some", 5 = "more", 7 = "high" }""",
    ),
    ("[[streams.cadences]]", '[[streams.areas]]\ncode = "flats"\ntitle = "Flats"\n[[streams.cadences]]'),
)


@pytest.mark.django_db
@pytest.mark.requirement(70)
def test_areas_scales_and_groups_come_back_as_they_were_written(written, tmp_path):
    path = written(*RICH)
    assert read(path)[1] == []
    import_catalogue(path=path, by=None)
    exported(tmp_path / "out", read(path)[0].cycle["slug"])

    before, after = said(path)["tracks"], said(tmp_path / "out")["tracks"]

    assert after == before
    rubric = after[0]["rubric"]
    assert (rubric["scale_min"], rubric["scale_max"], len(rubric["criteria"])) == (2, 7, 4)
    mud = Criterion.objects.get(code="mud")
    assert (mud.stream_slug, mud.area_code, mud.scale_min, mud.scale_max) == ("estuary", "flats", 2, 7)
    assert mud.anchors == {"2": "low", "4": "some", "5": "more", "7": "high"}


def test_an_area_that_the_stream_does_not_have_is_a_mistake(written):
    path = written(*RICH, ('area = "flats"', 'area = "cliffs"'))

    assert any("criteria[3].area: must be an area of a stream" in line for line in mistakes_in(path))


def test_a_question_may_wait_for_an_area_of_the_streams_of_its_form(written):
    waits = 'show_if = { question = "areas", in = ["flats"] }'
    old = 'question = "project_idea"'
    assert not any("flats" in line for line in mistakes_in(written(*RICH, (old, f"{old}, {waits}"))))

    lines = mistakes_in(written(*RICH, (old, f"{old}, {waits.replace('flats', 'cliffs')}")))

    assert any("no stream with this form has the area “cliffs”" in line for line in lines)

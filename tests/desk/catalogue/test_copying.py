"""A cycle copied from another: everything that a catalogue says, later, and nobody."""

from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.states import Role
from applications.models import Application
from core import jobs
from core.models import AuditEvent, Job
from core.refusals import Refused
from mats_portal.desk.catalogue import copying
from mats_portal.desk.catalogue.copying import NewCycle, copy_cycle
from mats_portal.desk.catalogue.exporting import read_cycle
from mats_portal.desk.catalogue.importing import import_catalogue
from reviews.models import Rubric
from streams.models import Cycle, KeyDate, Stream, Track
from streams.states import StreamState
from tests.desk.catalogue.test_importing import REAL
from tests.worlds import grant, person

SPRING = NewCycle("spring-2027", "27S", "Spring 2027", date(2027, 3, 29))


@pytest.fixture
def autumn(db):
    import_catalogue(path=REAL, by=None)
    return Cycle.objects.get(slug="autumn-2026")


@pytest.fixture
def admin(db):
    made = person("copying admin")
    grant(made, Role.ADMIN)
    return made


@pytest.mark.requirement(110)
def test_copy_has_everything_but_people_and_every_date_later_by_as_many_weeks(autumn, admin):
    someone = person("an applicant of autumn")
    Application.objects.create(cycle=autumn, person=someone, reference="26A-00001")
    own_times = {
        "concern_reply_days": 10, "concern_decision_days": 4, "concern_appeal_days": 14, "concern_reminder_days": [5, 2]
    }  # fmt: skip
    Cycle.objects.filter(pk=autumn.pk).update(**own_times)
    autumn.refresh_from_db()
    before = read_cycle("autumn-2026")

    made = copy_cycle(source=autumn, new=SPRING, by=admin)

    moved = SPRING.starts_on - autumn.programme_starts_on
    assert moved % timedelta(weeks=1) == timedelta()
    assert not made.applications.exists()
    assert not made.is_public_current
    for mine, theirs in zip(KeyDate.objects.filter(cycle=made), KeyDate.objects.filter(cycle=autumn), strict=True):
        assert (mine.code, mine.label) == (theirs.code, theirs.label)
        assert abs(mine.starts_at - theirs.starts_at - moved) <= timedelta(hours=1), "the clocks may have changed"
        assert mine.moved_from is None
    assert {name: getattr(made, name) for name in own_times} == own_times
    after = read_cycle("spring-2027")
    for same in ("tracks", "finder", "evaluations", "practice", "forms", "questions", "sites"):
        assert after[same] == before[same], same
    assert {row["slug"] for row in after["streams"]} == {row["slug"] for row in before["streams"]}
    assert set(made.streams.values_list("state", flat=True)) == {StreamState.DRAFT}
    assert read_cycle("autumn-2026") == before, "the earlier one is as it was"
    assert Rubric.objects.filter(track__cycle=made).count() == Track.objects.filter(cycle=made).count()
    assert AuditEvent.objects.get(verb="copy_cycle").actor == admin


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (NewCycle("autumn-2026", "27S", "Spring", SPRING.starts_on), "There is a cycle called “autumn-2026” already."),
        (NewCycle("spring", "26A", "Spring", SPRING.starts_on), "There is a cycle called “26A” already."),
        (NewCycle("spring", "27S", "Spring", date(2027, 3, 30)), "Choose a Monday"),
        (NewCycle("spring", "27S", "Spring", date(2026, 9, 28)), "first day of Autumn 2026 itself"),
    ],
)
def test_names_that_are_taken_and_shifted_weekdays_are_refused(autumn, new, reason):
    with pytest.raises(Refused, match=reason):
        copy_cycle(source=autumn, new=new, by=None)
    assert Cycle.objects.count() == 1


def test_a_copy_that_fails_leaves_nothing(autumn, monkeypatch):
    class Broken:
        def record(self, *_: object, **__: object) -> None:
            raise RuntimeError("the disk is full")

    monkeypatch.setattr(copying, "audit", Broken())
    with pytest.raises(RuntimeError):
        copy_cycle(source=autumn, new=SPRING, by=None)
    assert Cycle.objects.count() == 1
    assert set(Stream.objects.values_list("cycle__slug", flat=True)) == {"autumn-2026"}


def test_admin_asks_on_the_page_and_the_job_makes_one_however_often_it_runs(autumn, admin):
    client = Client()
    client.force_login(admin)
    typed = {"source": "autumn-2026", "name": "Spring 2027", "slug": "spring-2027", "code": "27S"}

    wrong = client.post("/console/setup/cycles/copy/", typed | {"starts_on": "2027-03-30", "code": "27S"})
    assert wrong.status_code == 422
    assert "Choose a Monday" in wrong.content.decode()
    assert 'value="Spring 2027"' in wrong.content.decode(), "what was typed is kept"
    odd = client.post("/console/setup/cycles/copy/", typed | {"slug": "Spring 2027!", "code": "s", "starts_on": "x"})
    assert odd.status_code == 422
    for words in ("such as spring-2027", "such as 27S", "year-month-day"):
        assert words in odd.content.decode()

    asked = client.post("/console/setup/cycles/copy/", typed | {"starts_on": "2027-03-29"})
    job = Job.objects.get(kind=copying.JOB_KIND)
    assert asked["Location"] == job.get_absolute_url()
    copying.do_copy(job, jobs.Progress(job))
    copying.do_copy(job, jobs.Progress(job))
    assert Cycle.objects.filter(slug="spring-2027").count() == 1
    page = client.get("/console/setup/cycles/").content.decode()
    assert "Spring 2027" in page
    assert "29 March 2027" in page


@pytest.mark.parametrize("role", [Role.STAFF, Role.OBSERVER, Role.TRACK_LEAD, Role.MENTOR, None])
def test_only_admins_copy(autumn, role):
    someone = person("not an admin")
    if role:
        grant(someone, role)
    client = Client()
    client.force_login(someone)
    page = client.get("/console/setup/cycles/")
    assert page.status_code == (200 if role == Role.STAFF else 403), "staff see them, and how far each is from public"
    assert "Copy a cycle" not in page.content.decode()
    assert client.get("/console/setup/cycles/copy/").status_code == 403
    assert client.post("/console/setup/cycles/copy/", {"source": "autumn-2026"}).status_code in {403, 404}


def test_command_says_what_was_made_or_why_not(autumn, capsys):
    asked = ("--cycle", "autumn-2026", "--code", "27S", "--name", "Spring 2027", "--starts", "2027-03-29")
    call_command("copy_cycle", *asked, "--slug", "spring-2027")
    assert "7 tracks, 23 streams as drafts" in capsys.readouterr().out
    with pytest.raises(CommandError, match="already"):
        call_command("copy_cycle", *asked, "--slug", "spring-2027")

"""Every change of the configuration, whoever makes it, begins a new edition of it: see ``core.editions``."""

from django.db import migrations

TABLES = [
    "questions_question",
    "questions_form",
    "questions_formversion",
    "questions_formitem",
    "streams_cycle",
    "streams_keydate",
    "streams_site",
    "streams_site_cycles",
    "streams_track",
    "streams_step",
    "streams_researcharea",
    "streams_stream",
    "streams_stream_research_areas",
    "streams_streamtrack",
    "streams_mentor",
    "streams_streammentor",
    "streams_streamarea",
    "streams_requirement",
    "streams_cadence",
    "streams_projectoption",
    "streams_readingitem",
    "streams_agreement",
    "applications_evaluationdefinition",
    "applications_evaluationdefinition_tracks",
    "reviews_rubric",
    "reviews_criterion",
]


def on(table: str) -> migrations.RunSQL:
    """Return the operation that puts the trigger on ``table``."""
    return migrations.RunSQL(
        f"CREATE TRIGGER new_edition AFTER INSERT OR UPDATE OR DELETE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION core_new_edition()",
        f"DROP TRIGGER new_edition ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0003_calendar_link"),
        ("core", "0004_edition"),
        ("questions", "0001_initial"),
        ("streams", "0001_initial"),
        ("applications", "0001_initial"),
        ("reviews", "0001_initial"),
    ]

    operations = [on(table) for table in TABLES]

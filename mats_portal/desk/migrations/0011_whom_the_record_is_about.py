"""Each line of the record says whose file it is about: the database looks it up when the line is written.

Whoever is kept from a person's file then leaves these lines out with one condition. The column stands beside the line
and outside the chain of seals: lines of before get it here, and every seal over them still fits.
"""

import pgtrigger
from django.db import migrations

PIECE = 5000
APPLICATION = ("application_id", "applications_application", "person_id")
TRACK = ("track_application_id", "applications_trackapplication", *APPLICATION)
TASK = ("assignment_id", "applications_evaluationassignment", *APPLICATION)
GRADED = ("evaluation_id", "applications_evaluationassignment", *APPLICATION)
#: Kind of row -> the column that its key stands in, and the ways to the person: column, table, column, ..., column.
WAYS: dict[str, tuple[str, list[tuple[str, ...]]]] = {
    "applications.application": ("public_id", [("person_id",)]),
    "applications.accommodation": ("public_id", [("person_id",)]),
    "applications.trackapplication": ("public_id", [APPLICATION]),
    "applications.streamapplication": ("public_id", [APPLICATION]),
    "applications.evaluationassignment": ("public_id", [APPLICATION]),
    "applications.answersnapshot": ("public_id", [APPLICATION]),
    "applications.answercorrection": ("public_id", [("snapshot_id", "applications_answersnapshot", *APPLICATION)]),
    "applications.deadlineextension": ("public_id", [APPLICATION]),
    "applications.document": ("public_id", [APPLICATION]),
    "applications.reference": ("public_id", [APPLICATION]),
    "applications.taskextension": ("public_id", [TASK]),
    "applications.excusal": ("public_id", [TASK]),
    "applications.integritycase": ("public_id", [TASK]),
    "applications.casestatement": ("public_id", [("case_id", "applications_integritycase", *TASK)]),
    "applications.letter": ("public_id", [("reference_id", "applications_reference", *APPLICATION)]),
    "reviews.reviewassignment": ("public_id", [TRACK, GRADED]),
    "reviews.assignmentchange": ("public_id", [TRACK, GRADED]),
    "reviews.feedbackpacket": ("public_id", [TRACK]),
    "reviews.feedbacksentence": ("public_id", [("packet_id", "reviews_feedbackpacket", *TRACK)]),
    "reviews.identityflag": ("public_id", [APPLICATION]),
    "reviews.conflicthint": ("public_id", [("person_id",)]),
    "reviews.conflictofinterest": ("id", [("person_id",)]),
    "matching.offer": ("public_id", [APPLICATION]),
    "matching.preferencelist": ("id", [APPLICATION]),
    "desk.correctionrequest": ("public_id", [("person_id",)]),
    "desk.deletionrequest": ("public_id", [("person_id",)]),
    "desk.personcopy": ("public_id", [("person_id",)]),
    "desk.retentionhold": ("public_id", [("person_id",)]),
    "core.outboxmail": ("public_id", [("person_id",)]),
}
#: Kinds that are about many, where a line names one of them by its key: kind, name, the table it leads to, the ways.
NAMED = [
    ("reviews.decisionbatch", "track_application", "applications_trackapplication", [APPLICATION]),
    ("reviews.decisionbatch", "decision", "reviews_decision", [TRACK]),
    ("reviews.assignmentproposal", "change", "reviews_assignmentchange", [TRACK, GRADED]),
]
TRIGGER = """
CREATE FUNCTION desk_tell_whom_it_is_about() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.about := desk_whom_it_is_about(NEW.object_type, NEW.object_key, NEW.details);
    RETURN NEW;
END $$;
CREATE TRIGGER whom_it_is_about BEFORE INSERT ON core_auditevent
    FOR EACH ROW EXECUTE FUNCTION desk_tell_whom_it_is_about();
"""
NO_TRIGGER = """
DROP TRIGGER whom_it_is_about ON core_auditevent;
DROP FUNCTION desk_tell_whom_it_is_about();
"""
FILL = """
UPDATE core_auditevent SET about = desk_whom_it_is_about(object_type, object_key, details)
WHERE id > %s AND id <= %s AND about IS NULL AND desk_whom_it_is_about(object_type, object_key, details) IS NOT NULL
"""


def person_of(table: str, ways: list[tuple[str, ...]], condition: str) -> str:
    """Return the SELECT of the person to whom the rows of ``table`` that meet ``condition`` lead."""
    joins, found = [], []
    for number, way in enumerate(ways):
        here = "t"
        for step, (column, joined) in enumerate(zip(way[:-1:2], way[1::2], strict=True)):
            there = f"t{number}{step}"
            joins.append(f"LEFT JOIN {joined} {there} ON {there}.id = {here}.{column}")
            here = there
        found.append(f"{here}.{way[-1]}")
    return f"SELECT coalesce({', '.join(found)}) INTO the_person FROM {table} t {' '.join(joins)} WHERE {condition}"  # noqa: S608 -- names from the lists above


def function() -> str:
    """Return the function that looks it up: one branch for a kind, so that only that one costs anything."""
    cases = [
        f"WHEN '{kind}' THEN "
        + person_of(kind.replace(".", "_"), ways, "t.public_id = the_key" if column == "public_id" else "t.id = the_number")
        for kind, (column, ways) in WAYS.items()
    ]
    named = [
        f"IF the_kind = '{kind}' AND the_details ->> '{name}' ~ '^[0-9]{{1,18}}$' THEN "
        + person_of(table, ways, f"t.id = (the_details ->> '{name}')::bigint")
        + "; END IF"
        for kind, name, table, ways in NAMED
    ]
    return """
CREATE FUNCTION desk_whom_it_is_about(the_kind text, the_key text, the_details jsonb)
RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    the_person bigint;
    the_number CONSTANT bigint := CASE WHEN the_key ~ '^[0-9]{1,18}$' THEN the_key::bigint END;
BEGIN
    CASE the_kind
    %s;
    ELSE %s;
    END CASE;
    RETURN the_person;
END $$
""" % (";\n    ".join(cases), ";\n    ".join(named))  # noqa: UP031 -- braces and quotes of SQL all around


def fill(apps, schema_editor):
    """Fill it in for the lines of before, in pieces; safe to run again. What is sealed of a line stays as it is."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM core_auditevent")
        (last,) = cursor.fetchone()
    # The record refuses every change, this one too: for the length of these statements, and for the owner alone.
    with pgtrigger.ignore("core.AuditEvent:append_only"), schema_editor.connection.cursor() as cursor:
        for start in range(0, last, PIECE):
            cursor.execute(FILL, [start, start + PIECE])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("desk", "0010_cycle_publication"),
        ("core", "0010_whom_the_record_is_about"),
        ("applications", "0011_answers_put_right"),
        ("reviews", "0015_follow_ups"),
        ("matching", "0002_lottery_commitment"),
    ]

    operations = [
        migrations.RunSQL(function(), "DROP FUNCTION desk_whom_it_is_about(text, text, jsonb)"),
        migrations.RunSQL(TRIGGER, NO_TRIGGER),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

"""Make a lived cohort larger: copies of its people under new names, put into the tables many at a time.

Each copy is a whole life: what one invented person did through the domain's functions is there again with new keys, new
public ids and the name and address of another. So a copy stands where its original stands, and every statement of
``checkinvariants`` that holds for the one holds for the other. Mentors' lists, runs and offers are not copied: a stream
has one list and its seats, however many apply.
"""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, models, transaction
from psycopg import sql

from accounts.models import User
from applications.domain.snapshots import checksum
from applications.models import (
    AnswerSnapshot,
    Application,
    Document,
)
from core import ids
from core.models import AuditEvent
from mats_portal.demo.cohort import free_address
from mats_portal.demo.copy_plan import MAPPED, PARTS, PEOPLE, RANDOM_ID, READ, READINGS, Part
from mats_portal.demo.names import invented_name

#: People who are copied by one round of statements.
CHUNK = 2000


@transaction.atomic
def multiply(*, people: Sequence[User], to: int, seed: int) -> int:
    """Copy ``people`` until there are ``to`` of them; returns how many copies were made."""
    missing = to - len(people)
    if missing <= 0:
        return 0
    rng = random.Random(seed)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        # Now and not at the end: millions of checks that wait for a commit wait in memory.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        _prepare(cursor, [person.pk for person in people])
        texts = _snapshots(people)
        for chunk in _chunks(_newcomers(people, missing, rng), CHUNK):
            _copy_people(cursor, chunk)
            for part in (*PARTS, *READINGS, *READ):
                _copy(cursor, part)
            _copy_files(cursor)
            _copy_snapshots(cursor, texts)
            _copy_record(cursor)
        filled: list[type[models.Model]] = [part.model for part in (PEOPLE, *PARTS, *READINGS, *READ)]
        filled += [AuditEvent, AnswerSnapshot]
        for model in filled:
            _run(cursor, "ANALYZE {}", _table(model))
    return missing


# ----------------------------------------------------------------------------------------------------- who they are


@dataclass(frozen=True)
class Newcomer:
    """A copy of ``original`` (a primary key) under a name of their own."""

    original: int
    copy: int
    name: str
    email: str
    reference: str


def _newcomers(people: Sequence[User], missing: int, rng: random.Random) -> Iterator[Newcomer]:
    taken = set(User.objects.values_list("email", flat=True))
    references = set(Application.objects.values_list("reference", flat=True))
    prefixes = dict(
        Application.objects.filter(person__in=[person.pk for person in people]).values_list("person", "cycle__code")
    )
    originals = [person.pk for person in people]
    rng.shuffle(originals)  # so that the last, incomplete round is a fair sample
    for number in range(missing):
        original = originals[number % len(originals)]
        name = invented_name(rng)
        while (reference := ids.reference(prefixes.get(original, "COPY"))) in references:
            pass
        references.add(reference)
        yield Newcomer(original, number // len(originals) + 1, name, free_address(name, taken), reference)


def _chunks(rows: Iterable[Newcomer], size: int) -> Iterator[list[Newcomer]]:
    chunk: list[Newcomer] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


# ---------------------------------------------------------------------------------------------------- what is copied


def _prepare(cursor: Any, people: list[int]) -> None:
    """Put the originals' rows aside, so that no statement reads a table that it fills."""
    _run(cursor, "CREATE TEMP TABLE of_accounts_user ON COMMIT DROP AS SELECT * FROM accounts_user WHERE id = ANY({})",
         sql.Literal(people))  # fmt: skip
    for part in (*PARTS, *READINGS, *READ):
        select = sql.SQL("SELECT t.* FROM {} t JOIN {} p ON t.{} = p.id").format(
            _table(part.model), _aside(part.parent), sql.Identifier(part.column)
        )
        if part in READINGS[1:]:
            _run(cursor, "INSERT INTO {} {}", _aside(part.model), select)
        else:
            _run(cursor, "CREATE TEMP TABLE {} ON COMMIT DROP AS {}", _aside(part.model), select)
    named = [model for model in MAPPED if any(field.name == "public_id" for field in model._meta.local_fields)]
    publics = sql.SQL(" UNION ALL ").join(sql.SQL("SELECT public_id FROM {}").format(_aside(model)) for model in named)
    _run(
        cursor,
        "CREATE TEMP TABLE of_core_auditevent ON COMMIT DROP AS SELECT * FROM core_auditevent WHERE object_key IN ({})",
        publics,
    )
    cursor.execute(
        "CREATE TEMP TABLE copied (kind text, copy int, old_id bigint, new_id bigint, old_public text, new_public text)"
        " ON COMMIT DROP"
    )
    cursor.execute("CREATE INDEX ON copied (kind, old_id, copy)")
    cursor.execute("CREATE INDEX ON copied (old_public, copy)")
    cursor.execute(
        "CREATE TEMP TABLE newcomer (old_id bigint, copy int, name text, email text, reference text, old_name text,"
        " old_reference text) ON COMMIT DROP"
    )
    cursor.execute("CREATE INDEX ON newcomer (old_id, copy)")


def _copy_people(cursor: Any, chunk: list[Newcomer]) -> None:
    cursor.execute("TRUNCATE newcomer, copied")
    with cursor.copy("COPY newcomer (old_id, copy, name, email, reference) FROM STDIN") as rows:
        for one in chunk:
            rows.write_row((one.original, one.copy, one.name, one.email, one.reference))
    cursor.execute(
        "UPDATE newcomer SET old_name = u.display_name, old_reference = a.reference"
        " FROM of_accounts_user u LEFT JOIN of_applications_application a ON a.person_id = u.id"
        " WHERE u.id = newcomer.old_id"
    )
    _run(
        cursor,
        "INSERT INTO copied SELECT 'accounts_user', n.copy, t.id, nextval({}::regclass), t.public_id, {}"
        " FROM newcomer n JOIN of_accounts_user t ON t.id = n.old_id",
        _sequence(User),
        sql.SQL(RANDOM_ID),
    )
    cursor.execute("ANALYZE copied")
    _insert(cursor, PEOPLE, {"id": "p.new_id", "public_id": "p.new_public"} | PEOPLE.other)


def _copy(cursor: Any, part: Part) -> None:
    """Copy the rows of one part for everybody in the chunk."""
    if not part.is_parent:
        _insert(cursor, part, {"public_id": RANDOM_ID} | part.other)
        return
    has_public = any(column.column == "public_id" for column in part.model._meta.local_concrete_fields)
    _run(
        cursor,
        "INSERT INTO copied SELECT {}, p.copy, t.id, nextval({}::regclass), {}"
        " FROM {} t JOIN copied p ON p.kind = {} AND p.old_id = t.{}",
        _kind(part.model), _sequence(part.model),
        sql.SQL(f"t.public_id, {RANDOM_ID}" if has_public else "NULL, NULL"),
        _aside(part.model), _kind(part.parent), sql.Identifier(part.column),
    )  # fmt: skip
    cursor.execute("ANALYZE copied")
    _insert(cursor, part, {"id": "m.new_id", "public_id": "m.new_public"} | part.other)


def _insert(cursor: Any, part: Part, given: dict[str, str]) -> None:
    """Insert copies of the rows put aside; keys of copied rows lead to the copies, all others stay."""
    joins = _joins(part, " ".join(given.values()))
    columns: list[sql.Composable] = []
    values: list[sql.Composable] = []
    for column in part.model._meta.local_concrete_fields:
        if column.primary_key and "id" not in given:
            continue  # drawn by the table itself
        columns.append(sql.Identifier(column.column))
        if column.column in given:
            values.append(sql.SQL(given[column.column]))
        elif column.is_relation and column.related_model in MAPPED:
            alias, name = sql.Identifier(f"to_{column.column}"), sql.Identifier(column.column)
            values.append(sql.SQL("coalesce({}.new_id, t.{})").format(alias, name))
            join = "LEFT JOIN copied {a} ON {a}.kind = {k} AND {a}.old_id = t.{c} AND {a}.copy = p.copy"
            joins.append(sql.SQL(join).format(a=alias, k=_kind(column.related_model), c=name))
        else:
            values.append(sql.SQL("t.{}").format(sql.Identifier(column.column)))
    _run(
        cursor,
        "INSERT INTO {} ({}) SELECT {} FROM copied p JOIN {} t ON t.{} = p.old_id {} WHERE p.kind = {}",
        _table(part.model),
        sql.SQL(", ").join(columns),
        sql.SQL(", ").join(values),
        _aside(part.model),
        sql.Identifier(part.column),
        sql.SQL(" ").join(joins),
        _kind(part.parent),
    )


def _joins(part: Part, text: str) -> list[sql.Composable]:
    """Return what the columns' SQL asks for besides the row and its parent's copy."""
    joins: list[sql.Composable] = []
    if "m." in text:
        own = "JOIN copied m ON m.kind = {} AND m.old_id = t.id AND m.copy = p.copy"
        joins.append(sql.SQL(own).format(_kind(part.model)))
    if "who." in text:
        joins.append(sql.SQL("JOIN newcomer who ON who.old_id = p.old_id AND who.copy = p.copy"))
    if "file." in text:
        file = "LEFT JOIN copied file ON file.kind = {} AND file.old_public = t.value ->> 'id' AND file.copy = p.copy"
        joins.append(sql.SQL(file).format(_kind(Document)))
    if "scoped." in text:
        joins.append(sql.SQL("LEFT JOIN copied scoped ON scoped.old_public = t.scope_key AND scoped.copy = p.copy"))
    return joins


# --------------------------------------------------------------------------------- what names other rows in its text


@dataclass(frozen=True)
class Kept:
    """A snapshot that is copied, in its canonical spelling."""

    application: int
    scope: str
    scope_key: str
    text: str
    submitted_at: Any


def _snapshots(people: Sequence[User]) -> list[Kept]:
    rows = AnswerSnapshot.objects.filter(application__person__in=[person.pk for person in people]).order_by("pk")
    return [
        Kept(row.application_id, row.scope, row.scope_key, json.dumps(row.content), row.submitted_at) for row in rows
    ]


def _copy_snapshots(cursor: Any, texts: list[Kept]) -> None:
    """Copy what was handed in: it names tasks and streams by public id, and its checksum covers that."""
    cursor.execute(
        "SELECT a.old_id, a.new_id, array_agg(s.old_public), array_agg(s.new_public) FROM copied a"
        " LEFT JOIN ("
        "SELECT application_id, id, 'applications_streamapplication' AS kind FROM of_applications_streamapplication"
        " UNION ALL SELECT application_id, id, 'applications_evaluationassignment'"
        " FROM of_applications_evaluationassignment"
        " UNION ALL SELECT application_id, id, 'applications_document' FROM of_applications_document"
        ") own ON own.application_id = a.old_id"
        " LEFT JOIN copied s ON s.kind = own.kind AND s.old_id = own.id AND s.copy = a.copy"
        " WHERE a.kind = 'applications_application' GROUP BY a.old_id, a.new_id"
    )
    copies: dict[int, list[tuple[int, dict[str, str]]]] = {}
    for old, new, before, after in cursor.fetchall():
        renamed = {b: a for b, a in zip(before, after, strict=True) if b is not None}
        copies.setdefault(old, []).append((new, renamed))
    columns = "public_id, application_id, scope, scope_key, content, sha256, submitted_at"
    with cursor.copy(f"COPY applications_answersnapshot ({columns}) FROM STDIN") as rows:
        for kept in texts:
            for new, renamed in copies.get(kept.application, ()):
                text = kept.text
                for before, after in renamed.items():
                    text = text.replace(before, after)
                key = renamed.get(kept.scope_key, kept.scope_key)
                whole = checksum(json.loads(text))
                rows.write_row((ids.public_id(), new, kept.scope, key, text, whole, kept.submitted_at))


def _copy_files(cursor: Any) -> None:
    """Give each copy files of its own: whoever deletes theirs takes nothing from anybody else."""
    cursor.execute(
        "SELECT t.storage_name, d.storage_name FROM copied c JOIN of_applications_document t ON t.id = c.old_id"
        " JOIN applications_document d ON d.id = c.new_id WHERE c.kind = 'applications_document' ORDER BY c.old_id"
    )
    for original, names in groupby(cursor.fetchall(), key=itemgetter(0)):
        with default_storage.open(original) as file:
            content = file.read()
        for _, name in names:
            default_storage.save(name, ContentFile(content))


def _copy_record(cursor: Any) -> None:
    """Copy the lines of the record about rows that were copied; who did it to themselves is the copy."""
    cursor.execute(
        "INSERT INTO core_auditevent (at, actor_id, verb, object_type, object_key, before, after, details, request_id)"
        " SELECT t.at, coalesce(who.new_id, t.actor_id), t.verb, t.object_type, o.new_public, t.before, t.after,"
        " t.details, t.request_id FROM of_core_auditevent t JOIN copied o ON o.old_public = t.object_key"
        " LEFT JOIN copied who ON who.kind = 'accounts_user' AND who.old_id = t.actor_id AND who.copy = o.copy"
        " ORDER BY t.id"
    )


# --------------------------------------------------------------------------------------------------------- spelling


def _table(model: type[models.Model]) -> sql.Identifier:
    return sql.Identifier(model._meta.db_table)


def _aside(model: type[models.Model]) -> sql.Identifier:
    return sql.Identifier(f"of_{model._meta.db_table}")


def _kind(model: type[models.Model]) -> sql.Literal:
    return sql.Literal(model._meta.db_table)


def _sequence(model: type[models.Model]) -> sql.Composed:
    return sql.SQL("pg_get_serial_sequence({}, 'id')").format(_kind(model))


def _run(cursor: Any, statement: str, *parts: sql.Composable) -> None:
    cursor.execute(sql.SQL(statement).format(*parts))

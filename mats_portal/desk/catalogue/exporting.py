"""Say what the database holds of a cycle in catalogue files, such that importing them changes nothing."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db import transaction

from core.refusals import Refused
from mats_portal.desk.catalogue.checking import check
from mats_portal.desk.catalogue.contents import contents
from mats_portal.desk.catalogue.reading import Mistakes, read
from mats_portal.desk.catalogue.spec import CATALOGUE
from mats_portal.desk.catalogue.writing import table_lines
from streams.models import Cycle

#: What stands in which file of a folder, in the order of their names.
FILES = {
    "1-cycle.toml": ("cycle", "key_dates", "sites", "topics"),
    "2-questions.toml": ("questions",),
    "3-forms.toml": ("forms",),
    "4-tracks.toml": ("tracks", "finder", "evaluations"),
    "5-mentors.toml": ("mentors",),
    "6-streams.toml": ("streams",),
    "7-practice.toml": ("practice",),
    "8-help.toml": ("help",),
}


def export_catalogue(*, slug: str, output: Path) -> list[Path]:
    """Write the cycle ``slug`` to ``output``, a ``.toml`` file or a folder; returns the files.

    The same content gives the same bytes, in every database. Nothing is written unless what is written would be
    imported again: raises ``Mistakes`` where a row breaks a rule of the catalogue, ``Refused`` where there is no such
    cycle, where the catalogue has no words for a value, or where other files lie in the folder.
    """
    return write_catalogue(read_cycle(slug), output)


def read_cycle(slug: str) -> dict[str, Any]:
    """Return the contents of the cycle ``slug`` as of one moment. Raises ``Refused`` where there is none."""
    with transaction.atomic():
        _one_moment()
        cycle = Cycle.objects.select_related("general_form").filter(slug=slug).first()
        if cycle is None:
            known = ", ".join(Cycle.objects.order_by("slug").values_list("slug", flat=True)) or "none"
            raise Refused(f"There is no cycle “{slug}”. The database has: {known}.")
        return contents(cycle)


def write_catalogue(content: dict[str, Any], output: Path) -> list[Path]:
    """Write ``content``, in the shape of ``contents``, as `export_catalogue` says."""
    single = output.suffix == ".toml"
    folder, files = (output.parent, {output.name: tuple(content)}) if single else (output, FILES)
    if not single and (others := sorted({file.name for file in output.glob("*.toml")} - set(files))):
        raise Refused(f"{output} also holds {', '.join(others)}, which would be read as a part of this catalogue.")
    texts = {name: _file_text(content, parts) for name, parts in files.items()}
    _prove(texts)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        _put(folder / name, text)
    return [folder / name for name in texts]


def _one_moment() -> None:
    """Read everything as of one moment, whatever is imported meanwhile."""
    if not transaction.get_connection().savepoint_ids:
        with transaction.get_connection().cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _file_text(content: dict[str, Any], parts: Iterable[str]) -> str:
    """Return one file: a table after the other, with an empty line between them."""
    tables: list[str] = []
    for part in parts:
        if part == "cycle":
            tables.append("\n".join(table_lines("[cycle]", CATALOGUE.cycle, content[part])))
        else:
            table = CATALOGUE.lists[part]
            tables += ["\n".join(table_lines(f"[[{part}]]", table, entry)) for entry in content[part]]
    return "\n\n".join(tables) + "\n"


def _prove(texts: dict[str, str]) -> None:
    """Read the files as the importer would. Raises ``Mistakes``: what cannot come back must not look like a copy."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            (Path(folder) / name).write_text(text, "utf-8")
        book, mistakes = read(Path(folder))
        mistakes += check(book, mistakes)
    if mistakes:
        raise Mistakes(mistakes)


def _put(path: Path, text: str) -> None:
    """Replace a file whole, so that a reader never meets half of it."""
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with open(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    os.chmod(fresh, 0o644)
    os.replace(fresh, path)

"""The page of keys says what the importer checks. ``WRITE_SCHEMA=1`` writes it anew."""

import os
import re
from pathlib import Path

from mats_portal.desk.catalogue.reading import read
from mats_portal.desk.catalogue.schema import schema_text

PAGE = Path(__file__).parents[3] / "docs" / "catalogue-schema.md"


def test_page_of_keys_is_what_the_importer_checks():
    if os.environ.get("WRITE_SCHEMA"):
        PAGE.write_text(schema_text(), "utf-8")

    assert PAGE.read_text("utf-8") == schema_text()
    assert schema_text().count("| `") > 150, "liveness"


def test_page_names_every_limit_that_a_mistake_names(written):
    """One limit, walked by hand from the page to the importer's own message."""
    low, high = re.search(r"\| `minutes` \| whole number, (5) to (480) \|", schema_text()).groups()

    _, mistakes = read(written(("minutes = 60", "minutes = 4")))

    assert str(mistakes[0]).endswith(f"must be between {low} and {high}, not 4")

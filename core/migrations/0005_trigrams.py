"""Likeness of words by their groups of three letters: a mistyped word still finds.

``pg_trgm`` comes with PostgreSQL and is trusted: the owner of the database, who migrates, may create it.
"""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0004_edition")]

    operations = [TrigramExtension()]

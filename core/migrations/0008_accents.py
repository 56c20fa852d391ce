"""Names are found without their accents: somebody at a British keyboard looks for “José” as “Jose”.

``unaccent`` comes with PostgreSQL and is trusted: the owner of the database, who migrates, may create it.
"""

from django.contrib.postgres.operations import UnaccentExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0007_mails_by_address")]

    operations = [UnaccentExtension()]

import core.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    """Give each version of a rubric a state and an address; criteria may hang on an area of a stream."""

    dependencies = [
        ("applications", "0008_scores_by_hand"),
        ("reviews", "0008_line_of_a_batch"),
        ("streams", "0008_search_by_likeness"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="criterion", name="criterion_group_rule_known"),
        migrations.AddField("criterion", "area_code", models.SlugField(blank=True, max_length=40)),
        migrations.AddField("criterion", "stream_slug", models.SlugField(blank=True, max_length=80)),
        migrations.AddField("rubric", "edits", models.PositiveIntegerField(default=0)),
        migrations.AddField(
            "rubric", "public_id", models.CharField(default=core.ids.public_id, editable=False, max_length=22)
        ),
        migrations.AddField("rubric", "published_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "rubric",
            "state",
            models.CharField(
                choices=[("draft", "Draft"), ("published", "In force"), ("retired", "Retired")],
                default="draft",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AlterField(
            "criterion",
            "group_rule",
            models.CharField(
                choices=[
                    ("sum", "Each counts"),
                    ("max", "All are scored, the best counts"),
                    ("any_of", "One is enough, the best counts"),
                ],
                default="sum",
                max_length=6,
            ),
        ),
    ]

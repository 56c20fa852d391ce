from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviews", "0014_comparing")]

    operations = [
        migrations.AddField(
            model_name="review",
            name="follow_up_1",
            field=models.TextField(
                blank=True, default="", help_text="A question about handed-in work, to be asked in person."
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="review",
            name="follow_up_2",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
    ]

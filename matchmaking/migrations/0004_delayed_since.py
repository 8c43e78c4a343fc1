"""How long a mail is tried is counted from the first answer that put it off."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matchmaking", "0003_promises")]

    operations = [
        migrations.AddField(
            model_name="outboxemail",
            name="delayed_since",
            field=models.DateTimeField(editable=False, null=True, verbose_name="delayed since"),
        ),
    ]

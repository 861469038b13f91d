import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0005_pictures"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="article",
            options={
                "permissions": [
                    (
                        "publish_article",
                        "Can publish, schedule, correct, retract and unpublish stories",
                    ),
                    ("kill_article", "Can kill, spike and unspike stories"),
                    ("restore_article", "Can restore old versions of stories"),
                ]
            },
        ),
        migrations.AddField(
            model_name="article",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="Whose draft it is; nobody's where a program filed it.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="preview_generation",
            field=models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="Raised to end every preview link given out before.",
            ),
        ),
    ]

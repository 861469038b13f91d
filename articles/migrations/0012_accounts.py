"""The author, time zone and language of a user of the desk."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0011_listed_indexes'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Account',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='account', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('timezone', models.CharField(blank=True, max_length=64, verbose_name='time zone')),
                ('language', models.CharField(blank=True, max_length=10)),
                ('author', models.ForeignKey(blank=True, help_text='The author that this user is: they see the figures of that author’s stories.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='accounts', to='articles.author')),
            ],
        ),
    ]

"""When an aggregation last ran to its end: one row, by which a stalled worker is noticed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reactions', '0008_set_aside'),
    ]

    operations = [
        migrations.CreateModel(
            name='AggregationRun',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('ended_at', models.DateTimeField()),
                ('watermark', models.BigIntegerField(db_default=0, help_text='Below it no outbox entry lives.')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='reactions_aggregationrun_once')],
            },
        ),
    ]

"""Room in each page of the ledger for the row as fold leaves it."""

from pathlib import Path

from django.db import migrations

ROOM = Path(__file__).with_name("0005_room_to_count.sql").read_text("utf-8")


class Migration(migrations.Migration):
    dependencies = [("reactions", "0004_policy")]

    operations = [migrations.RunSQL(ROOM, migrations.RunSQL.noop)]

"""`manage.py rename_kind`: a kind that has another key, on purpose. test_site_kinds.py has it with a file of kinds."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from reactions.models import KnownKind

pytestmark = pytest.mark.django_db


def rename(old: str, new: str) -> str:
    output = StringIO()
    call_command("rename_kind", old, new, stdout=output)
    return output.getvalue()


def test_the_bit_has_the_new_key_from_then_on() -> None:
    KnownKind.objects.update_or_create(bit=0, defaults={"key": "agree"})

    assert rename("agree", "like") == "the bit 0, counted as agree, is like\n"
    assert KnownKind.objects.get(bit=0).key == "like"


def test_a_key_of_no_kind_is_refused() -> None:
    with pytest.raises(CommandError, match="No kind of this site has the key 'agree'"):
        rename("like", "agree")


def test_a_bit_that_was_counted_under_another_key_is_refused() -> None:
    KnownKind.objects.update_or_create(bit=0, defaults={"key": "agree"})

    with pytest.raises(CommandError, match="was not counted as 'support'"):
        rename("support", "like")

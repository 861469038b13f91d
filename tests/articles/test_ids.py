"""Identifiers that never change."""

import time
from datetime import UTC, datetime
from uuid import RFC_4122

from articles.ids import tag_uri, uuid7


def test_ids_sort_by_the_time_they_were_made() -> None:
    first = uuid7()
    time.sleep(0.002)
    second = uuid7()

    assert first < second
    assert (first.version, first.variant) == (7, RFC_4122)
    assert abs((first.int >> 80) / 1000 - time.time()) < 60


def test_a_guid_names_the_site_and_the_day() -> None:
    identity = uuid7()

    guid = tag_uri(
        site_url="https://news.example:8443/",
        article_id=identity,
        minted_at=datetime(2024, 12, 8, tzinfo=UTC),
    )

    assert guid == f"tag:news.example,2024-12-08:articles/{identity}"

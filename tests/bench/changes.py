"""What the change feed costs: numbering, a full read, a page with nothing, and a claim of deliveries.

`python -m tests.bench.changes --articles 20000`, on servers of its own.
"""

import argparse
import sys
import time
from collections.abc import Callable

NOTES_EACH = 10
WAITING = 100_000
PAGE = 1_000
EMPTY_PAGES = 20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=20_000)
    arguments = parser.parse_args()

    from tests.servers import SERVERS

    SERVERS.start()
    try:
        SERVERS.wait_for_static_files()
        _run(arguments.articles)
    finally:
        SERVERS.stop()
    return 0


def _run(articles: int) -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("make_traffic", stories=articles, reactions=3 * articles, days=30)
    from django.db import connection

    from reactions.changes.feed import LISTED, read_page, read_state
    from reactions.changes.numbering import number_changes
    from reactions.models import EventType, WebhookEndpoint
    from reactions.webhooks.sending import claim

    def read_all() -> None:
        cursor, more, state = None, True, read_state()
        while more:
            page = read_page(cursor, state, {LISTED}, most=PAGE)
            cursor, more = page.next, page.more

    def read_nothing() -> None:
        state = read_state()
        last = read_page(None, state, {LISTED}, most=1).next
        end = type(last)(last.epoch, state.position, last.filters)
        for _ in range(EMPTY_PAGES):
            read_page(end, read_state(), {LISTED}, most=PAGE)

    _timed(f"{articles:,} notes of content numbered", lambda: number_changes(seconds=600))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO reactions_changenote (article_id, part)"
            " SELECT id, 1 FROM articles_article, generate_series(1, %s)",
            [NOTES_EACH],
        )
    _timed(
        f"{NOTES_EACH * articles:,} notes of counts numbered", lambda: number_changes(seconds=600)
    )
    _timed(f"a full read, {PAGE:,} a page", read_all)
    _timed(f"{EMPTY_PAGES} looks at a feed with nothing new", read_nothing)
    endpoint = WebhookEndpoint.objects.create(
        url="https://example.org/", types=[EventType.PUBLISHED]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO reactions_webhookdelivery"
            " (id, endpoint_id, type, body, state, attempts, give_up_at, answer, error)"
            " SELECT gen_random_uuid(), %s, 'webhook.test', '{}', 'waiting', 0, now() + interval '1 day', '', ''"
            " FROM generate_series(1, %s)",
            [endpoint.pk, WAITING],
        )
    _timed(f"a claim where {WAITING:,} deliveries wait", claim)


def _timed(name: str, act: Callable[[], object]) -> None:
    started = time.perf_counter()
    act()
    print(f"| {name} | {time.perf_counter() - started:.2f} s |", flush=True)


if __name__ == "__main__":
    sys.exit(main())

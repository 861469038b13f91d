"""The thread that makes and sends deliveries, in the worker of slow tasks: no receiver keeps a task waiting."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from django.db import Error, connection

from reactions.models import WebhookEndpoint
from reactions.webhooks.deliveries import make_deliveries
from reactions.webhooks.endpoints import check_failing
from reactions.webhooks.sending import MOST_OPEN, claim, send

logger = logging.getLogger(__name__)

_ROUND_SECONDS = 1.0
_CHECK_SECONDS = 60.0


class Sender(threading.Thread):
    """Once a second: makes what is due, claims as much as it has threads for, and sends it. Any number of processes."""

    def __init__(self) -> None:
        super().__init__(name="webhooks", daemon=True)
        self._pool = ThreadPoolExecutor(MOST_OPEN, "webhook")
        self._free = threading.Semaphore(MOST_OPEN)
        self._checked_at = 0.0
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(_ROUND_SECONDS):
            try:
                self.work()
            except Error as error:
                logger.warning("Webhooks wait: %s", error)
            except Exception:  # a fault of one round must not end all later ones
                logger.exception("A round of webhooks has failed.")
            finally:
                connection.close()

    def end(self) -> None:
        self._ended.set()

    def work(self) -> None:
        if not WebhookEndpoint.objects.filter(active=True).exists():
            return
        make_deliveries()
        if time.monotonic() - self._checked_at >= _CHECK_SECONDS:
            self._checked_at = time.monotonic()
            check_failing()
        free = 0
        while free < MOST_OPEN and self._free.acquire(blocking=False):
            free += 1
        claimed: list[UUID] = []
        try:
            claimed = claim(free)
        finally:
            for _ in range(free - len(claimed)):
                self._free.release()
        for delivery_id in claimed:
            self._pool.submit(self._send, delivery_id)

    def _send(self, delivery_id: UUID) -> None:
        try:
            send(delivery_id)
        except Exception:  # its claim ends, and the next one sends it
            logger.exception("The delivery %s could not be sent.", delivery_id)
        finally:
            self._free.release()
            connection.close()

"""What the log leaves out: nothing that any client may cause fills it."""

import logging

_PROBES = {"/healthz", "/readyz"}


class NoTraceback(logging.Filter):
    """One line a record. Django logs a request with an unknown Host, and its like, with the traceback of its refusal."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True


class NoProbes(logging.Filter):
    """Leaves out that a probe was answered 503: it comes every few seconds, and says so to who asks."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        return record.exc_info is not None or getattr(request, "path", "") not in _PROBES

"""The file by which a worker shows its supervisor that it need not be restarted."""

from pathlib import Path

# A worker that has stalled ends itself after WORKER_STALLED_SECONDS (newsroom/watch.py). The supervisor acts where
# that does not happen, because the process is stopped or hangs.
PATIENCE = 2
DEFAULT_STALLED_SECONDS = 30.0


class AliveFile:
    """A file that a process touches every second once it works."""

    def __init__(self, path: Path, *, stale_seconds: float) -> None:
        self._path = path
        self._stale_seconds = stale_seconds
        self._touched: int | None = None
        self._changed_at = 0.0

    def clear(self) -> None:
        """Forget the process that ended."""
        self._path.unlink(missing_ok=True)
        self._touched = None

    def is_stale(self, now: float) -> bool:
        """Whether the process has touched it, and then not for too long. By the monotonic clock, as `now` is."""
        try:
            touched = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return False
        if touched != self._touched:
            self._touched, self._changed_at = touched, now
        return now - self._changed_at > self._stale_seconds


def stale_seconds(text: str) -> float:
    """How old the file may be, from the text of WORKER_STALLED_SECONDS."""
    try:
        return PATIENCE * float(text or DEFAULT_STALLED_SECONDS)
    except ValueError:  # the settings refuse it by name
        return PATIENCE * DEFAULT_STALLED_SECONDS

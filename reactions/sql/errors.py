"""What a database error means: one place for the whole product.

The classes of SQLSTATE are those of PostgreSQL's Appendix A. A transaction that failed by any of them has recorded
nothing, except where the connection was lost while it committed.
"""

from enum import StrEnum

from django.db import Error, InterfaceError, OperationalError


class Failure(StrEnum):
    """Why a statement failed."""

    UNREACHABLE = "unreachable"  # no connection, or it was lost
    READ_ONLY = "read_only"  # a standby, or a server that was set read-only
    FULL = "full"  # no disk, memory or connection left
    BUSY = "busy"  # a lock or the statement took too long, or a deadlock was broken
    REFUSED = "refused"  # the statement itself: a constraint, a value out of range, a missing table


# The failures that another try may not have, and that no change of the request would mend.
TEMPORARY = frozenset(
    {Failure.UNREACHABLE, Failure.READ_ONLY, Failure.FULL, Failure.BUSY},
)
# The failures of the whole database: other statements fail in the same way.
OF_ALL = frozenset({Failure.UNREACHABLE, Failure.READ_ONLY, Failure.FULL})

_BY_STATE = {
    "25006": Failure.READ_ONLY,  # read_only_sql_transaction
    "25P03": Failure.UNREACHABLE,  # idle_in_transaction_session_timeout
    "25P04": Failure.UNREACHABLE,  # transaction_timeout
    "40001": Failure.BUSY,  # serialization_failure
    "40P01": Failure.BUSY,  # deadlock_detected
    "55P03": Failure.BUSY,  # lock_not_available
    "57014": Failure.BUSY,  # query_canceled: statement_timeout
}
_BY_CLASS = {
    "08": Failure.UNREACHABLE,  # connection exceptions
    "28": Failure.UNREACHABLE,  # a password that is no longer right
    "3D": Failure.UNREACHABLE,  # no such database
    "53": Failure.FULL,  # insufficient resources
    "57": Failure.UNREACHABLE,  # operator intervention: shut down, starting up, terminated
    "58": Failure.FULL,  # I/O errors of the server
}


def failure_of(error: Error) -> Failure:
    """What this database error of Django's means. Without a SQLSTATE it came from the client: no connection."""
    state = getattr(error.__cause__, "sqlstate", None)
    if state is None:
        is_lost = isinstance(error, OperationalError | InterfaceError)
        return Failure.UNREACHABLE if is_lost else Failure.REFUSED
    return _BY_STATE.get(state) or _BY_CLASS.get(state[:2], Failure.REFUSED)

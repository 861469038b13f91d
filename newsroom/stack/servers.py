"""The embedded servers of one data folder, together: for the supervisor and for the tests."""

from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from newsroom.stack.accounts import server_account
from newsroom.stack.console import StartupError, print_line
from newsroom.stack.folders import database_folder, log_folder, remove_folder, socket_folder
from newsroom.stack.guard import Guard
from newsroom.stack.postgres import Postgres
from newsroom.stack.valkey import Valkey
from newsroom.stack.wheels import postgres_programs, valkey_program


class Servers:
    """Starts the servers that the environment does not name, knows their URLs, and stops them."""

    def __init__(
        self,
        *,
        data: Path,
        secret: str,
        given: Mapping[str, str],
        guard: Guard,
        durable: bool = True,
    ) -> None:
        self._account = server_account(data)
        self._folder = socket_folder(data, self._account)
        self._parts: dict[str, Postgres | Valkey] = {}
        self._down: set[Postgres | Valkey] = set()
        logs = log_folder(data)
        if "DATABASE_URL" not in given:
            self._parts["DATABASE_URL"] = Postgres(
                programs=postgres_programs(self._account),
                folder=database_folder(data, self._account, secret),
                sockets=self._folder,
                log=logs / "postgresql.log",
                account=self._account,
                guard=guard,
                durable=durable,
            )
        if "REDIS_URL" not in given:
            self._parts["REDIS_URL"] = Valkey(
                program=valkey_program(self._account),
                folder=self._folder,
                log=logs / "valkey.log",
                account=self._account,
                guard=guard,
            )
        self._report_moved_data(data)

    @property
    def urls(self) -> dict[str, str]:
        """Where the servers answer, by the variable of the environment that says so."""
        return {variable: part.url for variable, part in self._parts.items()}

    def start(self) -> None:
        for part in self._parts.values():
            started = monotonic()
            part.start()
            print_line(f"{part.title} is up ({monotonic() - started:.1f} s).")

    def stop(self) -> None:
        for part in reversed(self._parts.values()):
            part.stop()
        remove_folder(self._folder)

    def restart_dead(self) -> None:
        """Restart servers that died. One that does not start is tried again in the next round."""
        for part in self._parts.values():
            if part.has_died or part in self._down:
                print_line(f"{part.title} has died and is started again.")
                self._down.add(part)
                try:
                    part.start()
                except StartupError as trouble:
                    print_line(str(trouble))
                else:
                    self._down.remove(part)

    def _report_moved_data(self, data: Path) -> None:
        part = self._parts.get("DATABASE_URL")
        if isinstance(part, Postgres) and data not in part.folder.parents:
            user = self._account.name if self._account else ""
            print_line(f"PostgreSQL keeps its data in {part.folder}: {user} cannot reach {data}.")

"""A Valkey of its own for tests that fill, stop or restore it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from newsroom.stack.accounts import server_account
from newsroom.stack.folders import remove_folder, socket_folder
from newsroom.stack.guard import Guard
from newsroom.stack.valkey import Valkey
from newsroom.stack.wheels import valkey_program
from tests.servers import open_folder


@contextmanager
def own_valkey(*, memory: str) -> Iterator[Valkey]:
    """The embedded Valkey, started, with this much memory."""
    folder = open_folder("valkey")
    account = server_account(folder)
    sockets = socket_folder(folder, account)
    with Guard() as guard:
        valkey = Valkey(
            program=valkey_program(account),
            folder=sockets,
            log=folder / "log",
            account=account,
            guard=guard,
            memory=memory,
        )
        try:
            valkey.start()
            yield valkey
        finally:
            valkey.stop()
            remove_folder(sockets)
            shutil.rmtree(folder)

"""The storage of picture files: written atomically, under a name derived from the content."""

import os
from pathlib import Path
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages


def picture_storage() -> Storage:
    """The storage that settings.STORAGES calls `pictures`."""
    return storages["pictures"]


class AtomicFileStorage(FileSystemStorage):
    """Gives a file its name when it is complete and on the disk, so that no reader sees a part of it.

    Django's own storage writes to the final name, and gives a second file of that name another one. Here two workers
    that save the same file leave one; a worker that is killed leaves none under that name.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: "File[bytes]") -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{uuid4().hex}")
        try:
            with temporary.open("xb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(self.file_permissions_mode or 0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        return name

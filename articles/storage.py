"""The storage of picture files: written atomically, under a name derived from the content."""

import os
from pathlib import Path
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages


def picture_storage() -> Storage:
    """The storage that settings.STORAGES calls `pictures`."""
    return storages["pictures"]


class WholeFiles(FileSystemStorage):
    """Django's own writes into the file that readers see, and gives a second one another name.

    Here a file gets its name when it is complete and on the disk. Saved twice, also by two workers
    at once, it is the same file; a worker that is killed leaves nothing under a name.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: "File[bytes]") -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{uuid4().hex}")
        try:
            with draft.open("xb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            draft.chmod(self.file_permissions_mode or 0o644)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return name

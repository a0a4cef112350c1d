"""Where an uploaded file waits between being looked at and being chosen from."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict

from bot.uploading import Upload

KEPT_UPLOADS = 8
KEPT_SECONDS = 1800


class Shelf:
    """Uploads between being looked at and being chosen from: in memory, for half an hour, for who brought them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[str, int, Upload]] = OrderedDict()

    def put(self, name: str, upload: Upload, now: int) -> str:
        key = secrets.token_urlsafe(12)
        with self._lock:
            self._held[key] = (name, now, upload)
            while len(self._held) > KEPT_UPLOADS:
                self._held.popitem(last=False)
        return key

    def get(self, key: str, name: str, now: int) -> Upload | None:
        with self._lock:
            owner, at, upload = self._held.get(key, ("", 0, None))
        return upload if owner == name and now - at <= KEPT_SECONDS else None

    def drop(self, key: str) -> None:
        with self._lock:
            self._held.pop(key, None)

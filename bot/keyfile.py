"""The secret key of sessions and pseudonyms: given by BOT_SECRET_KEY, or made once beside the database."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from pathlib import Path

from bot.errors import SettingsError
from bot.settings import Settings


def key_path(settings: Settings) -> Path:
    """Where the secret key lies when BOT_SECRET_KEY is unset: beside the database, not in it."""
    return Path(settings.database).with_suffix(".key")


def secret_key(settings: Settings) -> str:
    """The key of sessions and pseudonyms. Created once, readable by the service's user only.

    Processes that start together agree: the file appears complete or not at all, and the first one wins.
    """
    if settings.secret_key:
        return settings.secret_key
    path = key_path(settings)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            aside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(32) + "\n")
            with contextlib.suppress(FileExistsError):
                os.link(aside, path)
            aside.unlink()
        key = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(
            [f"the secret key {path} cannot be read or made ({error.strerror}); make its folder writable, or set "
             "BOT_SECRET_KEY"]
        ) from None  # fmt: skip
    if not key:
        raise SettingsError([f"the secret key {path} is empty; restore it from a backup, or delete it (then sessions "
                             "end and residents get new pseudonyms)"])  # fmt: skip
    return key

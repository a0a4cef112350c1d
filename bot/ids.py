"""Short random ids, and the pseudonyms under which askers are counted."""

from __future__ import annotations

import hashlib
import hmac
import secrets

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0/o, 1/l/i: people read them out


def new_id(length: int = 12) -> str:
    """A random id fit for URLs and buttons; 12 characters carry 59 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def token_hash(token: str) -> str:
    """How a sign-in link or session token is stored: whoever reads the database cannot use it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Pseudonyms:
    """HMAC-SHA-256 of a channel's user or chat id, with a key that is kept outside the database.

    ``key`` may hold several keys, separated by commas: the first makes new pseudonyms, the others are only
    looked up (``all``), so that `/forget` still finds what was written before a rotation.
    """

    def __init__(self, key: str) -> None:
        self._keys = [part.strip().encode() for part in key.split(",") if part.strip()]
        if not self._keys:
            raise ValueError("the key is empty")

    def of(self, channel: str, identity: str | int) -> str:
        """22 characters; the same person has unlinkable pseudonyms in different channels."""
        return self._make(self._keys[0], channel, identity)

    def all(self, channel: str, identity: str | int) -> list[str]:
        """The pseudonym under every key, newest first."""
        return [self._make(key, channel, identity) for key in self._keys]

    @staticmethod
    def _make(key: bytes, channel: str, identity: str | int) -> str:
        return hmac.new(key, f"{channel}:{identity}".encode(), hashlib.sha256).hexdigest()[:22]

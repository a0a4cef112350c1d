"""Sessions of the web chat: random, made by the server, signed, kept nowhere.

Whoever holds a session speaks as its resident, so one that a client made up is not taken: two people who both send
"1" would read each other's context. The store only ever sees pseudonyms.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

from bot.channels.web.services import CHANNEL
from bot.ids import Pseudonyms, new_id

_FORM = re.compile(r"([2-9a-z]{22})-([0-9a-f]{12})")


@dataclass(frozen=True, slots=True)
class Session:
    """``identities``: the pseudonym under every key, so that "forget" finds what was written before a rotation."""

    token: str
    asker: str
    identities: tuple[str, ...]


class Sessions:
    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms

    def new(self) -> Session:
        raw = new_id(22)
        return self._session(f"{raw}-{self._pseudonyms.of('web-session', raw)[:12]}", raw)

    def find(self, token: str) -> Session | None:
        """The session of a token; None for one that is not ours."""
        match = _FORM.fullmatch(token)
        if match is None:
            return None
        tags = [tag[:12] for tag in self._pseudonyms.all("web-session", match[1])]
        if not any(hmac.compare_digest(tag, match[2]) for tag in tags):
            return None
        return self._session(token, match[1])

    def _session(self, token: str, raw: str) -> Session:
        identities = tuple(self._pseudonyms.all(CHANNEL, raw))
        return Session(token, identities[0], identities)

"""How many requests one client address may make: token buckets in memory, and whose address it is.

Each process counts for itself; with several replicas the limit is per replica, which is enough to keep one address
from crowding out the others.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

from starlette.requests import HTTPConnection

log = logging.getLogger(__name__)

#: Addresses remembered at most; the longest unused is forgotten first, and starts with a full bucket again.
MAX_ADDRESSES = 50_000
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_WITH_PORT = re.compile(r"\[(?P<six>[^\]]+)\](?::\d+)?|(?P<four>[\d.]+):\d+")


class Limiter:
    """A full bucket holds a minute's worth; tokens come back evenly."""

    def __init__(self, per_minute: int, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._size = float(per_minute)
        self._rate = per_minute / 60
        self._timer = timer
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> int:
        """0: go ahead. Else the whole seconds after which it may go on (Retry-After)."""
        now = self._timer()
        with self._lock:
            tokens, at = self._buckets.pop(address, (self._size, now))
            tokens = min(self._size, tokens + (now - at) * self._rate)
            wait = 0 if tokens >= 1 else max(1, math.ceil((1 - tokens) / self._rate))
            self._buckets[address] = (tokens if wait else tokens - 1, now)
            if len(self._buckets) > MAX_ADDRESSES:
                self._buckets.popitem(last=False)
        return wait


class Clients:
    """Whose request it is. X-Forwarded-For is believed only from the proxies named in the settings."""

    def __init__(self, trusted_proxies: Iterable[str]) -> None:
        self._trusted = []
        for proxy in trusted_proxies:
            try:
                self._trusted.append(ipaddress.ip_network(proxy, strict=False))
            except ValueError:
                log.warning("BOT_TRUSTED_PROXIES: one value is neither an address nor a network; it is left out")

    def address(self, request: HTTPConnection) -> str:
        """A name for the client's address: an IPv6 client owns a whole /64, so that is what is counted."""
        peer = _parse(request.client.host) if request.client else None
        if peer is None:
            return "local"
        if self._is_trusted(peer):
            # From the right: each trusted proxy vouches for the one before; what stands further left is hearsay.
            for hop in reversed(",".join(request.headers.getlist("x-forwarded-for")).split(",")):
                found = _parse(hop)
                if found is None:
                    break
                peer = found
                if not self._is_trusted(peer):
                    break
        if isinstance(peer, ipaddress.IPv6Address):
            return str(ipaddress.ip_network((peer, 64), strict=False))
        return str(peer)

    def _is_trusted(self, address: _Address) -> bool:
        return any(address in network for network in self._trusted)


def _parse(value: str) -> _Address | None:
    text = value.strip()
    match = _WITH_PORT.fullmatch(text)
    if match:
        text = match["six"] or match["four"]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found

"""The service's clock; tests give services their own."""

from __future__ import annotations

import time


def now() -> int:
    """Epoch seconds, UTC."""
    return int(time.time())

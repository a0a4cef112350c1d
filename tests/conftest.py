"""What several test files share: the shipped FAQ's index, fitted once and kept in the user's cache."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from bot.core.index import Index
from bot.indexcache import load_index

ROOT = Path(__file__).resolve().parents[1]

# A loaded machine is no failure: no test is judged by the clock.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def shipped_index() -> Index:
    """Read back from the cache when neither the FAQ nor the core has changed."""
    return load_index(ROOT / "faq")

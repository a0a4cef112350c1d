"""The contract suite runs on every engine of ENGINES; an engine is how to open its database, here or elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_records import Engine

from bot.store.base import Store
from bot.store.sqlite import SqliteStore

ENGINES = ["sqlite"]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    opened: list[Store] = []
    path = tmp_path / "data" / "bot.db"

    def open_sqlite() -> Store:
        store = SqliteStore(path, timezone="Asia/Shanghai")
        opened.append(store)
        return store

    assert request.param == "sqlite"
    yield Engine(
        request.param,
        open_sqlite,
        f"__import__('bot.store.sqlite', fromlist=['x']).SqliteStore({str(path)!r})",
    )
    for store in opened:
        store.close()


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    """Migrated, and sound when the test is over."""
    store = engine.open()
    store.migrate()
    yield store
    assert store.check() == []

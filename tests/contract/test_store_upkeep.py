"""Check, backup and restore, as every engine offers them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from store_records import NOW, Engine, ask, publication

from bot.errors import StoreError


def test_backup_and_restore(engine: Engine, tmp_path: Path) -> None:
    store = engine.open()
    assert store.migrate() != []
    assert store.migrate() == []
    ask(store, "备份前的问题")
    store.faq.publish([publication()], at=NOW)
    target = tmp_path / "backup"
    store.backup(str(target))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with pytest.raises(StoreError):
        store.backup(str(target))
    store.faq.publish([publication(base_revision=1)], at=NOW)
    ask(store, "备份后的问题", group="g2")
    store.restore(str(target))
    assert store.faq.generation() == 1
    assert store.queue.titles() == [("g1", "备份前的问题")]
    assert store.check() == []
    ask(store, "恢复后的问题", group="g3")
    store.close()
    assert engine.open().queue.count() == 2


def test_restore_of_nothing_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    store = engine.open()
    store.migrate()
    ask(store, "问")
    with pytest.raises(StoreError):
        store.restore(str(tmp_path / "nowhere"))
    (tmp_path / "junk").write_text("no backup")
    with pytest.raises(StoreError):
        store.restore(str(tmp_path / "junk"))
    assert store.queue.count() == 1


def test_close_twice(engine: Engine) -> None:
    store = engine.open()
    store.migrate()
    store.close()
    store.close()
    with pytest.raises(StoreError):
        store.faq.generation()

"""What only SQLite can do wrong: the file, its locks, its leftovers. The rest is in `contract/`."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.errors import StoreBusy, StoreError
from bot.store.base import InboxRow, OutboxRow, Preferences, TurnRow, UnansweredRow, WishRow
from bot.store.sqlite import SqliteStore, schema
from bot.store.sqlite.engine import explain

NOW = 1_800_000_000
DAY = 86_400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "bot.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(path, busy_seconds=0.2)
    store.migrate()
    yield store
    store.close()


def ask(store: SqliteStore, number: int, *, asker: str, words: str) -> None:
    row = TurnRow(
        id=f"t{number}",
        channel="web",
        chat=f"chat-{asker}",
        message=str(number),
        asker=asker,
        at=NOW,
        lang="zh-Hans",
        kind="unknown",
        reason="no_entry",
        masked=words,
    )
    question = UnansweredRow(
        id=f"q{number}",
        turn_id=row.id,
        masked=words,
        lang=row.lang,
        channel="web",
        asker=asker,
        at=NOW,
        reason="no_entry",
        group_id=f"g{number % 7}",
    )
    store.turns.record(row, unanswered=question, context=words)


def raw(path: Path) -> contextlib.closing[sqlite3.Connection]:
    """Another program's connection."""
    return contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=0.2))


def files(path: Path) -> bytes:
    return b"".join(part.read_bytes() for part in path.parent.iterdir())


# ---------------------------------------------------------------- opening
def test_file_and_folder_are_created_for_the_service_alone(store: SqliteStore, path: Path) -> None:
    for part in (path, path.with_name("bot.db-wal")):
        assert stat.S_IMODE(part.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert store.migrate() == []
    assert store.check() == []


def test_nothing_is_created_before_it_is_needed(path: Path) -> None:
    store = SqliteStore(path)
    assert "does not exist yet" in store.check()[0]
    with pytest.raises(StoreError, match="nothing to back up"):
        store.backup(str(path.parent.parent / "backup.db"))
    assert not path.exists()
    store.close()


def test_pragmas(store: SqliteStore) -> None:
    with store._engine.write() as tx, store._engine.read() as reader:
        for connection in (tx, reader):
            values = {
                name: connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("journal_mode", "foreign_keys", "synchronous", "secure_delete")
            }
            assert values == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1, "secure_delete": 1}
        assert reader.execute("PRAGMA query_only").fetchone()[0] == 1


def test_a_path_that_cannot_be_a_database(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="is a folder"):
        SqliteStore(tmp_path).migrate()
    with pytest.raises(StoreError, match=r"write permission|is not a folder"):
        SqliteStore(tmp_path / "file" / "bot.db").migrate()
    with pytest.raises(StoreError, match="in memory"):
        SqliteStore(":memory:")


def test_a_file_that_is_no_database(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("这是一个文本文件，不是数据库。" * 200, encoding="utf-8")
    store = SqliteStore(path)
    with pytest.raises(StoreError, match="is not a database; correct BOT_DATABASE"):
        store.migrate()
    assert "is not a database" in store.check()[0]
    store.close()


def test_tables_missing(path: Path) -> None:
    store = SqliteStore(path)
    with pytest.raises(StoreError, match="db migrate"):
        store.faq.generation()
    assert "db migrate" in store.check()[0]
    store.close()


def test_after_close(store: SqliteStore) -> None:
    store.close()
    store.close()
    for call in (store.faq.generation, lambda: store.inbox.done([1])):
        with pytest.raises(StoreError, match="closed"):
            call()


def test_readers_are_used_again(store: SqliteStore) -> None:
    with ThreadPoolExecutor(30) as pool:
        assert set(pool.map(lambda _: store.faq.generation(), range(300))) == {0}
    assert 1 <= len(store._engine._idle) <= 8


# ---------------------------------------------------------------- what goes wrong later
def test_locked_by_another_program(store: SqliteStore, path: Path) -> None:
    with raw(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="held by another program"):
            store.inbox.done([1])
        assert store.faq.generation() == 0  # reading goes on
        other.execute("ROLLBACK")
    store.inbox.done([1])


def test_full_disk_saves_nothing_and_the_store_goes_on(store: SqliteStore) -> None:
    with store._engine.exclusive() as db:
        pages = db.conn.execute("PRAGMA page_count").fetchone()[0]
        db.conn.execute(f"PRAGMA max_page_count={pages + 2}")
    with pytest.raises(StoreError, match="disk is full"):
        store.inbox.accept([InboxRow(n, "5", {"text": "字" * 5000}, NOW) for n in range(9)])
    assert store.inbox.pending() == []
    with store._engine.exclusive() as db:
        db.conn.execute("PRAGMA max_page_count=1000000")
    assert store.inbox.accept([InboxRow(1, "5", {}, NOW)]) == [1]
    assert store.check() == []


def test_read_only(store: SqliteStore, path: Path) -> None:
    if os.geteuid() == 0:  # permissions do not stop root: SQLite is told instead, and answers with the same error
        with store._engine.exclusive() as db:
            db.conn.execute("PRAGMA query_only=ON")
    else:
        store.close()
        path.chmod(0o400)
        store = SqliteStore(path)
    with pytest.raises(StoreError, match="write permission"):
        store.inbox.accept([InboxRow(1, "5", {}, NOW)])
    store.close()


def test_a_damaged_file_is_found(store: SqliteStore, path: Path) -> None:
    for number in range(300):
        ask(store, number, asker=f"a{number}", words=f"有人让我转账{number}")
    store.close()
    with path.open("r+b") as file:
        for page in range(3, 40):
            file.seek(page * 4096)
            file.write(b"\xff" * 4096)
    damaged = SqliteStore(path)
    assert any("damaged" in line for line in damaged.check())
    with pytest.raises(StoreError, match="damaged; stop the service and restore a backup"):
        damaged.turns.recent_questions(since=0)
    damaged.close()


def test_wrong_values_are_refused(store: SqliteStore) -> None:
    with pytest.raises(StoreError, match="refused the call"):
        ask(store, 1, asker=object(), words="x")  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="breaks a rule"):
        store.inbox.accept([InboxRow("eleven", "5", {}, NOW)])  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="cannot be stored"):
        store.inbox.accept([InboxRow(2**70, "5", {}, NOW)])
    with pytest.raises(StoreError, match="breaks a rule"):
        store.outbox.put([OutboxRow("x", "web", "1", "answer", {}, NOW, "nonsense")])  # type: ignore[arg-type]
    assert store.inbox.pending() == []


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (sqlite3.SQLITE_BUSY, "try again"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "try again"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "write permission"),
        (sqlite3.SQLITE_FULL, "free some space"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "restore a backup"),
        (sqlite3.SQLITE_NOTADB, "correct BOT_DATABASE"),
        (sqlite3.SQLITE_CANTOPEN, "check that its folder"),
        (sqlite3.SQLITE_IOERR_WRITE, "check the disk"),
        (sqlite3.SQLITE_MISMATCH, "breaks a rule"),
        (sqlite3.SQLITE_PROTOCOL, "failed"),
        (None, "refused"),
    ],
)
def test_every_error_says_what_to_do(code: int | None, says: str) -> None:
    error = sqlite3.OperationalError("x")
    if code is not None:
        error.sqlite_errorcode, error.sqlite_errorname = code, "NAME"
    explained = explain(error, Path("/srv/bot.db"))
    assert says in str(explained)
    assert isinstance(explained, StoreBusy) == ("try again" in says)


# ---------------------------------------------------------------- schema
def test_a_newer_database_is_not_touched(store: SqliteStore, path: Path) -> None:
    with raw(path) as other:
        other.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('bot', '0999_future', 'x')"
        )
    with pytest.raises(StoreError, match="newer version of the program"):
        store.migrate()
    assert "0999_future" in store.check()[0]


def test_a_migration_that_fails_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(db: Database) -> None:
        schema.first(db)
        raise RuntimeError("half way")

    migrations = schema.Migrations("bot")
    migrations(name="0001_first")(broken)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "_set", migrations)
        store = SqliteStore(path)
        with pytest.raises(RuntimeError):
            store.migrate()
    with raw(path) as other:
        assert other.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    assert store.migrate() == [name for name, _ in schema.MIGRATIONS]
    store.close()


def test_a_database_from_before_the_sums_gets_them(store: SqliteStore, path: Path) -> None:
    for number in range(6):
        ask(store, number, asker=f"asker-{number}", words="问")
    found = store.turns.sums("topic", since_day="2000-01-01", until_day="2100-01-01")
    assert sum(row["n"] for row in found) == 6
    store.close()
    with raw(path) as other:
        other.executescript("DROP TABLE day_sum; DROP INDEX group_day_day;")
        other.execute("DELETE FROM _sqlite_migrations WHERE name = '0003_figures'")
        other.commit()
    older = SqliteStore(path)
    assert older.migrate() == ["0003_figures"]
    assert older.turns.sums("topic", since_day="2000-01-01", until_day="2100-01-01") == found
    older.close()


def test_tables_are_strict(store: SqliteStore) -> None:
    with store._engine.read() as connection:
        loose = connection.execute(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict"
            " AND name NOT LIKE 'sqlite%' AND name <> '_sqlite_migrations'"
        ).fetchall()
    assert [row[0] for row in loose] == []


# ---------------------------------------------------------------- words leave the files
def test_forget_covers_every_column_about_a_person(store: SqliteStore) -> None:
    """A table added later with one of these columns must be thought of in retention.py, and then here."""
    personal = {"asker", "chat", "chat_id", "masked", "missing"}
    with store._engine.read() as connection:
        tables = {
            row[0]
            for row in connection.execute(
                "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
            )
            if row[1] in personal
        }
    forgotten = {"turn", "context", "unanswered", "feedback", "wish", "outbox", "preference"}
    assert tables == forgotten | {"inbox"}  # answered within seconds, then emptied (contract, section 5)


def test_forgotten_words_are_gone_from_file_and_log(store: SqliteStore, path: Path) -> None:
    for number in range(1500):
        who = f"asker-{number % 50:03d}"
        ask(store, number, asker=who, words=f"{who}的第{number:05d}句话" + "骗" * (number % 60))
    for number in range(50):
        who = f"asker-{number:03d}"
        store.turns.set_preferences(who, Preferences(lang="en"))
        store.queue.add_wish(WishRow(f"w{number}", "telegram", f"chat-id-{number:03d}", who, "g1", "en", NOW))
    gone = [f"asker-{number:03d}" for number in range(0, 50, 2)]
    assert all(who.encode() in files(path) for who in gone)
    counted = store.turns.forget(gone, [])
    assert (counted["questions"], counted["unanswered"], counted["wishes"]) == (750, 750, 25)
    kept = files(path)
    assert [who for who in gone if who.encode() in kept] == []
    assert b"chat-id-002" not in kept
    assert "asker-001的第00001句话".encode() in kept
    assert path.with_name("bot.db-wal").stat().st_size == 0
    assert store.check() == []


def test_what_was_asked_before_a_wish_to_be_forgotten_is_not_recorded_later(store: SqliteStore, path: Path) -> None:
    store.turns.forget(["asker-x"], ["chat-y"], at=NOW)
    for number, (asker, chat, at) in enumerate(
        [("asker-x", "c", NOW), ("asker-z", "chat-y", NOW - 9), ("asker-x", "c", NOW + 1), ("asker-z", "c", NOW)]
    ):
        turn = TurnRow(f"t{number}", "test", chat, str(number), asker, at, "en", "answer", "", "x")
        assert store.turns.record(turn) is (number > 1)
    store.turns.forget(["asker-x"], [], at=NOW - 20)  # a clock that was set back takes nothing back
    assert not store.turns.record(TurnRow("t9", "test", "c", "9", "asker-x", NOW, "en", "answer", "", "x"))
    assert b"chat-y" not in files(path)  # the mark tells nobody who it was


def test_a_wish_to_be_forgotten_is_remembered_for_a_day(store: SqliteStore) -> None:
    store.turns.forget(["asker-x"], [], at=NOW)
    assert store.turns.expire(now=NOW + DAY - 1, replay_days=30, retention_days=180)["marks"] == 0
    assert store.turns.expire(now=NOW + DAY, replay_days=30, retention_days=180)["marks"] == 1
    with store._engine.read() as connection:
        assert connection.execute("SELECT count(*) FROM forgotten").fetchone()[0] == 0


def test_expired_words_are_gone_from_file_and_log(store: SqliteStore, path: Path) -> None:
    for number in range(400):
        ask(store, number, asker=f"asker-{number:03d}", words=f"秘密的话{number:05d}")
    store.turns.expire(now=NOW + 200 * DAY, replay_days=30, retention_days=180)
    kept = files(path)
    assert "秘密的话".encode() not in kept
    assert b"asker-" not in kept
    assert store.turns.counts(since_day="2027-01-01", until_day="2027-12-31")[0]["n"] == 400


def test_an_answered_update_leaves_no_words(store: SqliteStore, path: Path) -> None:
    store.inbox.accept([InboxRow(1, "chat-4711", {"text": "私密"}, NOW)])
    store.inbox.done([1])
    store.turns.expire(now=NOW, replay_days=30, retention_days=180)
    assert "私密".encode() not in files(path)
    assert b"chat-4711" not in files(path)


def test_a_long_reader_only_delays_the_scrub(store: SqliteStore, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ask(store, 1, asker="asker-x", words="私密的话")
    with raw(path) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM turn").fetchone()
        assert store.turns.forget(["asker-x"], [])["questions"] == 1
        assert store.turns.recent_questions(since=0) == []
        assert "another connection reads" in caplog.text
        assert "私密的话" not in caplog.text
    store.turns.expire(now=NOW, replay_days=30, retention_days=180)
    assert "私密的话".encode() not in files(path)


# ---------------------------------------------------------------- backup and restore
def test_backup_while_others_write(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup.db"
    ask(store, 0, asker="asker-a", words="备份前")

    def work(number: int) -> None:
        if number == 30:
            store.backup(str(target))
        else:
            ask(store, number, asker="asker-b", words="同时")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(1, 60)))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(part.name for part in tmp_path.iterdir()) == ["backup.db", "data"]
    copy = SqliteStore(target)
    assert copy.check() == []
    assert "备份前" in [row.masked for row in copy.turns.recent_questions(since=0)]
    copy.close()


def test_backup_never_overwrites_and_leaves_no_half(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old.db").write_text("precious")
    with pytest.raises(StoreError, match="exists already"):
        store.backup(str(tmp_path / "old.db"))
    assert (tmp_path / "old.db").read_text() == "precious"
    with pytest.raises(StoreError, match="create the folder first"):
        store.backup(str(tmp_path / "nowhere" / "backup.db"))

    def no_space(*args: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr("bot.store.sqlite.upkeep._copy", no_space)
    with pytest.raises(StoreError):
        store.backup(str(tmp_path / "new.db"))
    assert sorted(part.name for part in tmp_path.iterdir()) == ["data", "old.db"]


def test_restore_and_keep_the_old_aside(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    ask(store, 1, asker="asker-a", words="备份前")
    store.backup(str(tmp_path / "backup.db"))
    ask(store, 2, asker="asker-a", words="备份后")
    store.restore(str(tmp_path / "backup.db"))
    assert [row.masked for row in store.turns.recent_questions(since=0)] == ["备份前"]
    ask(store, 3, asker="asker-a", words="恢复后")
    store.restore(str(tmp_path / "backup.db"))
    assert [row.masked for row in store.turns.recent_questions(since=0)] == ["备份前"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert store.check() == []
    for name, words in {"bot.db.before-restore": "备份后", "bot.db.before-restore-2": "恢复后"}.items():
        old = SqliteStore(path.with_name(name))
        assert words in [row.masked for row in old.turns.recent_questions(since=0)]
        old.close()


def test_restore_to_a_new_machine(store: SqliteStore, tmp_path: Path) -> None:
    ask(store, 1, asker="asker-a", words="备份前")
    store.backup(str(tmp_path / "backup.db"))
    fresh = SqliteStore(tmp_path / "elsewhere" / "bot.db")
    fresh.restore(str(tmp_path / "backup.db"))
    assert fresh.check() == []
    assert len(fresh.turns.recent_questions(since=0)) == 1
    assert sorted(part.name for part in (tmp_path / "elsewhere").iterdir() if "-" not in part.name) == ["bot.db"]
    fresh.close()


def test_restore_over_a_damaged_database(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    ask(store, 1, asker="asker-a", words="备份前")
    store.backup(str(tmp_path / "backup.db"))
    store.close()
    path.write_bytes(b"\xff" * 8192)
    broken = SqliteStore(path)
    broken.restore(str(tmp_path / "backup.db"))
    assert broken.check() == []
    assert path.with_name("bot.db.before-restore").read_bytes() == b"\xff" * 8192
    broken.close()


def test_restore_waits_for_the_service_to_stop(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    store.backup(str(tmp_path / "backup.db"))
    service = SqliteStore(path)
    service.faq.generation()
    with pytest.raises(StoreBusy, match="stop the service"):
        store.restore(str(tmp_path / "backup.db"))
    service.close()
    assert sorted(part.name for part in path.parent.iterdir() if "restor" in part.name) == []
    assert store.check() == []


def test_restore_refuses_what_is_no_sound_backup(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    for number in range(300):
        ask(store, number, asker=f"a{number}", words=f"还在{number}")
    good, bad = tmp_path / "good.db", tmp_path / "bad.db"
    store.backup(str(good))
    half = good.read_bytes()
    cases = {
        "not a database": b"\xfftext" * 2000,
        "damaged": half[:40960] + b"\xff" * 8192 + half[49152:],
        r"damaged|not a backup": half[: len(half) // 2],
        "not a backup of this program": b"",
    }
    for says, content in cases.items():
        bad.write_bytes(content)
        with pytest.raises(StoreError, match=says):
            store.restore(str(bad))
    with raw(good) as other:
        other.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('bot', '0999', 'x')")
    for name, says in ((good, "newer version"), (path, "the database itself"), (tmp_path / "no.db", "no such backup")):
        with pytest.raises(StoreError, match=says):
            store.restore(str(name))
    assert len(store.turns.recent_questions(since=0)) == 300
    assert sorted(part.name for part in path.parent.iterdir() if "restor" in part.name) == []

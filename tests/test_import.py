"""Files and database: the truth table of what an import takes, keeps and lists; and what an export writes."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_faq import bodies, files

from bot.core.entry import entry_from_dict
from bot.errors import FaqError
from bot.faqfiles import scan, write_entry
from bot.importing import ImportResult, export_faq, import_faq
from bot.store.base import EntryState, Publication
from bot.store.sqlite import SqliteStore

LOAN = "money/fake-loan.toml"
NOW = 1_764_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "bot.db")
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "faq 反诈"
    for path, text in files().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def take(store: SqliteStore, folder: Path, **options: Any) -> ImportResult:
    return import_faq(store, scan(folder), at=NOW, editor="李", **options)


def loan(**wording: Any) -> dict[str, Any]:
    """The body of the loan entry with another wording."""
    body = copy.deepcopy(next(b for b in bodies() if b["id"] == "fake-loan"))
    body["zh"] |= wording
    return body


def write_loan(folder: Path, **wording: Any) -> None:
    (folder / LOAN).write_text(write_entry(entry_from_dict(loan(**wording))), encoding="utf-8")


def edit_in_console(store: SqliteStore, state: EntryState = "published", **wording: Any) -> None:
    row = store.faq.entry("fake-loan")
    assert row
    store.faq.publish(
        [Publication("fake-loan", "fake-loan", loan(**wording), row.revision, "王", "李", state=state)], at=NOW
    )


def lead(store: SqliteStore) -> str:
    row = store.faq.entry("fake-loan")
    assert row
    return str(row.body["zh"]["lead"])


def test_a_first_import_takes_everything(store: SqliteStore, folder: Path) -> None:
    result = take(store, folder)
    assert result.imported == (
        "community-officer", "emergency-transferred", "fake-loan", "lexicon/everyday.toml", "regions/cn.toml",
        "regions/tw.toml", "task-rebate", "topics.toml",
    )  # fmt: skip
    assert (result.kept, result.conflicts, result.gone, result.retired) == ((), (), (), ())
    assert [row.body for row in store.faq.entries()] == sorted(bodies(), key=lambda b: str(b["id"]))


def test_a_second_import_changes_nothing(store: SqliteStore, folder: Path) -> None:
    take(store, folder)
    generation = store.faq.generation()
    result = take(store, folder)
    assert result.imported == result.conflicts == result.gone == result.retired == ()
    assert len(result.kept) == 8
    assert store.faq.generation() == generation


# The truth table. File: what happened to it since the last import. Store: what happened to the entry since.
@pytest.mark.parametrize(
    ("file", "in_store", "listed", "serves"),
    [
        ("unchanged", "untouched", "kept", "old"),
        ("unchanged", "edited", "kept", "console"),
        ("changed", "untouched", "imported", "file"),
        ("changed", "edited", "conflicts", "console"),
        ("same as the edit", "edited", "kept", "console"),
        ("gone", "untouched", "gone", "old"),
        ("gone", "edited", "gone", "console"),
        ("unchanged", "retired", "retired", "console"),
        ("changed", "retired", "retired", "console"),
        ("changed", "withdrawn", "retired", "console"),
    ],
)
def test_truth_table(store: SqliteStore, folder: Path, file: str, in_store: str, listed: str, serves: str) -> None:
    take(store, folder)
    old = lead(store)
    if in_store == "edited":
        edit_in_console(store, lead="控制台改的。")
    elif in_store != "untouched":
        edit_in_console(store, "retired" if in_store == "retired" else "withdrawn", lead="控制台改的。")
    if file == "changed":
        write_loan(folder, lead="文件改的。")
    elif file == "same as the edit":
        write_loan(folder, lead="控制台改的。")
    elif file == "gone":
        (folder / LOAN).unlink()
    before = store.faq.entry("fake-loan")
    result = take(store, folder)
    lists = {
        name: "fake-loan" in getattr(result, name) for name in ("imported", "kept", "conflicts", "gone", "retired")
    }
    assert [name for name, there in lists.items() if there] == [listed]
    assert lead(store) == {"old": old, "console": "控制台改的。", "file": "文件改的。"}[serves]
    after = store.faq.entry("fake-loan")
    assert before
    assert after
    assert after.state == before.state
    assert (after.revision == before.revision) == (listed != "imported")


def test_a_conflict_stays_listed_until_a_person_decides(store: SqliteStore, folder: Path) -> None:
    take(store, folder)
    edit_in_console(store, lead="控制台改的。")
    write_loan(folder, lead="文件改的。")
    assert take(store, folder).conflicts == ("fake-loan",)
    assert not take(store, folder).clean
    assert take(store, folder, take=["fake-loan"]).imported == ("fake-loan",)
    assert lead(store) == "文件改的。"
    assert take(store, folder).clean


def test_a_file_that_says_the_same_in_another_layout_is_no_change(store: SqliteStore, folder: Path) -> None:
    take(store, folder)
    (folder / LOAN).write_text("# a note\n" + (folder / LOAN).read_text("utf-8"), encoding="utf-8")
    result = take(store, folder)
    assert "fake-loan" in result.kept
    write_loan(folder, lead="文件改的。")
    assert "fake-loan" in take(store, folder).imported


def test_line_ends_of_another_system_are_no_change(store: SqliteStore, folder: Path) -> None:
    take(store, folder)
    (folder / LOAN).write_bytes((folder / LOAN).read_bytes().replace(b"\n", b"\r\n"))
    assert "fake-loan" in take(store, folder).kept


def test_a_new_file_is_imported(store: SqliteStore, folder: Path) -> None:
    take(store, folder)
    body = copy.deepcopy(next(b for b in bodies() if b["id"] == "task-rebate")) | {"id": "task-likes"}
    (folder / "money/task-likes.toml").write_text(write_entry(entry_from_dict(body)), encoding="utf-8")
    assert take(store, folder).imported == ("task-likes",)


def test_an_entry_made_in_the_console_is_not_gone(store: SqliteStore, folder: Path) -> None:
    take(store, folder)
    store.faq.publish([Publication("new-one", "fake-loan", loan() | {"id": "new-one"}, 0, "王", "李")], at=NOW)
    assert take(store, folder).gone == ()


def test_documents_follow_the_same_table(store: SqliteStore, folder: Path) -> None:
    take(store, folder)
    path = folder / "lexicon/everyday.toml"
    path.write_text('[life]\nzh = ["文件改的"]\n', encoding="utf-8")
    assert take(store, folder).imported == ("lexicon/everyday.toml",)
    store.faq.put_documents(
        {
            "lexicon/everyday.toml": (
                '[life]\nzh = ["控制台改的"]\n',
                store.faq.document_hashes()["lexicon/everyday.toml"][1],
            )
        },
        at=NOW,
    )
    assert "lexicon/everyday.toml" in take(store, folder).kept
    path.write_text('[life]\nzh = ["两边都改"]\n', encoding="utf-8")
    assert take(store, folder).conflicts == ("lexicon/everyday.toml",)
    assert "控制台" in store.faq.documents()["lexicon/everyday.toml"]
    path.unlink()
    assert take(store, folder).gone == ("lexicon/everyday.toml",)


def test_a_broken_file_imports_nothing_and_is_named(store: SqliteStore, folder: Path) -> None:
    take(store, folder)
    generation = store.faq.generation()
    write_loan(folder, lead="文件改的。")
    (folder / "money/task-rebate.toml").write_text("id = ", encoding="utf-8")
    with pytest.raises(FaqError) as caught:
        take(store, folder)
    assert any(problem.file == "money/task-rebate.toml" for problem in caught.value.problems)
    assert store.faq.generation() == generation


def test_the_audit_says_who_imported(store: SqliteStore, folder: Path) -> None:
    take(store, folder)
    row = store.staff.audit_log()[0]
    assert (row.who, row.action, row.detail) == ("李", "import", "imported 8, conflicts 0")


# ---------------------------------------------------------------- export
def test_an_export_into_an_empty_folder_imports_as_it_is(store: SqliteStore, folder: Path, tmp_path: Path) -> None:
    take(store, folder)
    written = export_faq(store, tmp_path / "out")
    assert len(written) == 8
    assert scan(tmp_path / "out").faq == scan(folder).faq
    assert take(store, tmp_path / "out").imported == ()


def test_an_export_is_a_diff_of_the_console_edits(store: SqliteStore, folder: Path) -> None:
    (folder / "money/task-rebate.toml").write_text(
        "# kept\n" + (folder / "money/task-rebate.toml").read_text("utf-8"), encoding="utf-8"
    )
    take(store, folder)
    edit_in_console(store, lead="控制台改的。")
    assert export_faq(store, folder) == [LOAN]
    assert "控制台改的。" in (folder / LOAN).read_text("utf-8")
    assert (folder / "money/task-rebate.toml").read_text("utf-8").startswith("# kept")
    assert export_faq(store, folder) == []


def test_after_an_export_a_changed_file_is_imported_again(store: SqliteStore, folder: Path) -> None:
    take(store, folder)
    edit_in_console(store, lead="控制台改的。")
    export_faq(store, folder)
    write_loan(folder, lead="文件又改了。")
    assert take(store, folder).imported == ("fake-loan",)


def test_what_is_retired_is_not_exported(store: SqliteStore, folder: Path, tmp_path: Path) -> None:
    take(store, folder)
    edit_in_console(store, "retired")
    assert LOAN not in export_faq(store, tmp_path / "out")

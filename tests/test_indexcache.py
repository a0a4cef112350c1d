"""The cache of the index: the same decisions, and never in the way."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from matching_parts import tiny_faq

from bot import indexcache
from bot.core.index import Index, build_index
from bot.core.policy import decide

QUESTIONS = [
    "有人让我刷单",
    "我把钱转给骗子了",
    "贷款先交保证金可信吗",
    "红烧肉怎么做",
    "loan deposit",
    "88",
    "",
    "我没转账",
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "fanzha-bot"


def fitted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often an index was fitted."""
    built: list[int] = []

    def counted(*args: object, **kwargs: object) -> Index:
        built.append(1)
        return build_index(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(indexcache, "build_index", counted)
    return built


def test_read_back_decides_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = fitted(monkeypatch)
    first, second = (indexcache.index_of(tiny_faq()) for _ in range(2))
    assert len(built) == 1
    assert sorted(f.suffix for f in folder.iterdir()) == [".lock", ".npz"]
    assert [decide(first, q) for q in QUESTIONS] == [decide(second, q) for q in QUESTIONS]


@pytest.mark.parametrize("part", ["phrasing", "lexicon", "order"])
def test_a_change_is_fitted_anew(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    built = fitted(monkeypatch)
    faq = tiny_faq()
    indexcache.index_of(faq)
    entry = faq.entries[1]
    changed = {
        "phrasing": replace(faq, entries=(*faq.entries[:1], replace(entry, zh=replace(entry.zh, phrasings=("新",))), *faq.entries[2:])),
        "lexicon": replace(faq, lexicon={**faq.lexicon, "variants": {"x": {"甲": "乙"}}}),
        "order": replace(faq, entries=faq.entries[::-1]),
    }[part]  # fmt: skip
    indexcache.index_of(changed)
    assert len(built) == (1 if part == "order" else 2)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garbage(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04" + b"\xff" * 500)


def flipped(path: Path) -> None:
    body = bytearray(path.read_bytes())
    middle = len(body) // 2
    body[middle : middle + 40] = bytes(255 - b for b in body[middle : middle + 40])
    path.write_bytes(bytes(body))


def noise(path: Path) -> None:
    path.write_bytes(b"not an archive")


@pytest.mark.parametrize("damage", [empty, noise, truncate, garbage, flipped])
def test_a_damaged_file_costs_only_time(
    damage: Callable[[Path], None], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = indexcache.index_of(tiny_faq())
    damage(next(folder.glob("index-*.npz")))
    built = fitted(monkeypatch)
    again = indexcache.index_of(tiny_faq())
    assert built == [1]
    assert [decide(first, q) for q in QUESTIONS] == [decide(again, q) for q in QUESTIONS]


def test_an_unwritable_folder_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert decide(indexcache.index_of(tiny_faq()), "88").smalltalk == "goodbye"


def test_old_files_go_and_no_half_written_one_stays(folder: Path) -> None:
    faq = tiny_faq()
    for number in range(indexcache._KEEP + 3):
        indexcache.index_of(replace(faq, lexicon={**faq.lexicon, "variants": {"x": {f"甲{number}": "乙"}}}))
    assert len(list(folder.glob("index-*.npz"))) == indexcache._KEEP
    assert not list(folder.glob("*.tmp"))


def test_of_several_at_once_one_fits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = fitted(monkeypatch)
    made: list[Index] = []
    threads = [threading.Thread(target=lambda: made.append(indexcache.index_of(tiny_faq()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert built == [1]
    assert len(list(folder.glob("index-*.npz"))) == 1


def test_nothing_of_residents_and_nothing_executable_is_kept(folder: Path) -> None:
    indexcache.index_of(tiny_faq())
    assert (folder.stat().st_mode & 0o077) == 0
    assert b"pickle" not in next(folder.glob("index-*.npz")).read_bytes()


# ---------------------------------------------------------------- in a process of its own
def test_aside_the_fit_is_another_process_s(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = fitted(monkeypatch)
    aside = indexcache.index_of(tiny_faq(), aside=True)
    assert not built
    assert [decide(aside, q) for q in QUESTIONS] == [decide(build_index(tiny_faq()), q) for q in QUESTIONS]


def test_without_a_process_or_a_cache_it_fits_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = fitted(monkeypatch)
    monkeypatch.setattr(indexcache, "_child", sys.exit)  # ends with a status of 1: it was given a FAQ
    indexcache.index_of(tiny_faq(), aside=True)
    assert built == [1]
    folder.joinpath("fit.lock").unlink()
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    folder.write_text("in the way")
    indexcache.index_of(tiny_faq(), aside=True)
    assert built == [1, 1]


def test_a_process_that_dies_unread_keeps_nobody_waiting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a pipe holds, for a reader that is gone."""
    built = fitted(monkeypatch)
    monkeypatch.setattr(indexcache, "_child", divmod)  # fails before it reads anything
    faq = tiny_faq()
    entry = faq.entries[0]
    faq = replace(faq, entries=(replace(entry, zh=replace(entry.zh, more="长" * 500_000)), *faq.entries[1:]))
    assert indexcache.index_of(faq, aside=True).faq is faq
    assert built == [1]


def test_the_lock_of_another_is_waited_for_and_its_work_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = fitted(monkeypatch)
    waiting = threading.Event()
    made: list[Index] = []
    alone = indexcache._alone

    def announced(path: Path) -> contextlib.AbstractContextManager[None]:
        waiting.set()
        return alone(path)

    with alone(folder):
        monkeypatch.setattr(indexcache, "_alone", announced)
        thread = threading.Thread(target=lambda: made.append(indexcache.index_of(tiny_faq())))
        thread.start()
        assert waiting.wait(30)
        indexcache._save(folder / f"index-{indexcache._key(tiny_faq())}.npz", build_index(tiny_faq()))
    thread.join()
    assert made
    assert not built


def test_what_is_only_shown_needs_no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    faq = tiny_faq()
    indexcache.index_of(faq)
    built = fitted(monkeypatch)
    entry = replace(faq.entries[0], severity=1, zh=replace(faq.entries[0].zh, lead="另一句"))
    index = indexcache.index_of(replace(faq, entries=(entry, *faq.entries[1:])))
    assert not built
    assert index.entries[entry.id].zh.lead == "另一句"

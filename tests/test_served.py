"""From published to effective: at once for what is shown and withdrawn, later for the models, in every process."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from editorial_parts import NOW, Parts

from bot import indexcache
from bot.core.answer import answer
from bot.core.entry import Faq
from bot.core.index import Index, build_index
from bot.core.policy import decide
from bot.errors import FaqError
from bot.served import Served
from bot.store.base import EntryState, Publication, Store
from bot.store.sqlite import SqliteStore

LOAN = "放款前要我先交解冻费可信吗"
FRESH = "云养猪分红这种项目能投吗"


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = Parts(tmp_path)
    yield made
    made.close()


@pytest.fixture
def store(parts: Parts) -> Store:
    return parts.store


def put(store: Store, entry_id: str, state: EntryState = "published", **wording: Any) -> int:
    """Publishes an entry in another state or with other Chinese wording; the generation."""
    row = store.faq.entry(entry_id)
    assert row
    body = {**row.body, "zh": {**row.body["zh"], **wording}}
    item = Publication(entry_id, row.topic, body, row.revision, "e", "p", state=state)
    return store.faq.publish([item], at=NOW)


class Fits:
    """Fits when it is let, and counts."""

    def __init__(self) -> None:
        self.allowed = threading.Event()
        self.allowed.set()
        self.begun = threading.Event()
        self.faqs: list[Faq] = []

    def __call__(self, faq: Faq) -> Index:
        self.faqs.append(faq)
        self.begun.set()
        assert self.allowed.wait(60)
        return build_index(faq)


@pytest.fixture
def fits() -> Iterator[Fits]:
    made = Fits()
    yield made
    made.allowed.set()


def shown(served: Served, text: str) -> list[str]:
    return [entry.id for entry in answer(served.index, text).entries]


# ---------------------------------------------------------------- one process
def test_the_words_of_an_entry_change_without_a_fit(store: Store, fits: Fits) -> None:
    served = Served(store.faq, fits, beside=True)
    assert served.index.faq.entry("fake-loan")
    generation = put(store, "fake-loan", lead="新的一句：别交钱。")
    assert served.refresh()
    assert (served.generation, served.settled) == (generation, True)
    assert "新的一句" in answer(served.index, LOAN).text
    assert len(fits.faqs) == 1


def test_what_is_published_is_shown_before_the_first_fit(store: Store, fits: Fits) -> None:
    served = Served(store.faq, fits, beside=True)
    fits.allowed.clear()
    assert served.shown.faq.entry("fake-loan")
    waiting = threading.Thread(target=served.refresh)
    waiting.start()
    put(store, "fake-loan", "withdrawn")
    assert served.shown.faq.entry("fake-loan") is None
    assert not served.ready
    fits.allowed.set()
    waiting.join(60)
    assert served.ready
    assert served.shown is served.index
    assert served.shown.faq.entry("fake-loan") is None


def test_a_withdrawn_answer_is_gone_before_the_fit_and_after(store: Store, fits: Fits) -> None:
    served = Served(store.faq, fits, beside=True)
    assert "fake-loan" in shown(served, LOAN)
    fits.allowed.clear()
    generation = put(store, "fake-loan", "withdrawn")
    assert served.refresh()
    assert (served.generation, served.settled) == (generation, False)
    assert "fake-loan" not in shown(served, LOAN)
    fits.allowed.set()
    assert served.settle(60)
    assert "fake-loan" not in shown(served, LOAN)
    assert "fake-loan" not in served.index.router.classes
    assert not served.refresh()


def test_a_fresh_phrasing_answers_at_once_and_the_fit_settles_it(store: Store, fits: Fits) -> None:
    served = Served(store.faq, fits, beside=True)
    before = served.index
    fits.allowed.clear()
    put(store, "fake-loan", phrasings=[*store.faq.entries()[2].body["zh"]["phrasings"], FRESH])
    assert served.refresh()
    assert shown(served, FRESH)[:1] == ["fake-loan"]
    assert served.index.router is before.router
    fits.allowed.set()
    assert served.settle(60)
    assert not served.index.fresh
    alone = build_index(served.index.faq)
    assert decide(served.index, FRESH) == decide(alone, FRESH)


def test_what_is_published_during_a_fit_is_fitted_too(store: Store, fits: Fits) -> None:
    served = Served(store.faq, fits, beside=True)
    _ = served.index
    fits.allowed.clear()
    fits.begun.clear()
    put(store, "fake-loan", phrasings=["第一个新说法是这样的"])
    served.refresh()
    assert fits.begun.wait(60)
    put(store, "task-rebate", "withdrawn")
    served.refresh()
    assert "task-rebate" not in [e.id for e in served.index.faq.entries]
    fits.allowed.set()
    assert served.settle(60)
    assert [len(faq.entries) for faq in fits.faqs] == [4, 4, 3]
    assert "task-rebate" not in served.index.router.classes


def test_what_is_withdrawn_during_the_first_fit_is_never_shown(store: Store) -> None:
    def fit(faq: Faq) -> Index:
        if faq.entry("fake-loan"):
            put(store, "fake-loan", "withdrawn")
        return build_index(faq)

    served = Served(store.faq, fit, beside=True)
    assert "fake-loan" not in shown(served, LOAN)
    assert served.settle(60)


def test_everything_withdrawn_leaves_nothing_to_show(store: Store, fits: Fits) -> None:
    for beside in (True, False):
        served = Served(store.faq, fits, beside=beside)
        assert shown(served, LOAN)
        for row in store.faq.entries():
            put(store, row.id, "withdrawn")
        assert served.refresh()
        assert served.settled
        assert answer(served.index, LOAN).kind == "unknown"
        for row in store.faq.entries(states=("withdrawn",)):
            put(store, row.id)


def test_a_fit_that_fails_is_said_and_the_service_goes_on(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    failing = [ValueError("no sense"), MemoryError()]

    def fit(faq: Faq) -> Index:
        if faq.entry("task-rebate") is None and failing:
            raise failing.pop()
        return build_index(faq)

    served = Served(store.faq, fit, beside=True)
    assert shown(served, LOAN)
    for lead in ("一", "二"):
        put(store, "task-rebate", "withdrawn", lead=lead)
        with caplog.at_level(logging.ERROR):
            served.refresh()
            assert served.settle(60)
        assert "cannot be fitted" in caplog.text
        assert "task-rebate" not in shown(served, "刷单给佣金能做吗")
        caplog.clear()
        put(store, "task-rebate")
        served.refresh()
        assert served.settle(60)
    put(store, "task-rebate", "withdrawn")
    served.refresh()
    assert served.settle(60)
    assert "task-rebate" not in served.index.router.classes


def test_a_broken_generation_keeps_the_last_and_the_next_heals(store: Store, fits: Fits) -> None:
    served = Served(store.faq, fits, beside=True)
    first = served.index
    topics = store.faq.documents()["topics.toml"]
    store.faq.put_documents({"topics.toml": ("groups = ", "h")}, at=NOW)
    assert not served.refresh()
    assert served.index is first
    store.faq.put_documents({"topics.toml": (topics, "h")}, at=NOW)
    put(store, "fake-loan", lead="好了。")
    assert served.refresh()
    assert "好了" in answer(served.index, LOAN).text


def test_nothing_published_says_what_to_do(tmp_path: Path, fits: Fits) -> None:
    empty = SqliteStore(tmp_path / "empty.db")
    empty.migrate()
    served = Served(empty.faq, fits, beside=True)
    with pytest.raises(FaqError, match="faq import"):
        _ = served.index
    empty.close()


def test_going_back_to_an_earlier_faq_needs_no_fit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[int] = []

    def counted(faq: Faq) -> Index:
        built.append(1)
        return build_index(faq)

    monkeypatch.setattr(indexcache, "build_index", counted)
    served = Served(store.faq, indexcache.index_of, beside=True)
    _ = served.index
    for state in ("withdrawn", "published"):
        put(store, "fake-loan", state)  # type: ignore[arg-type]
        served.refresh()
        assert served.settle(60)
    assert len(built) == 2
    assert "fake-loan" in served.index.router.classes


def test_readers_never_see_a_withdrawn_answer_after_the_refresh(store: Store, fits: Fits) -> None:
    """Asked without a pause from two threads, through publications, fits and swaps."""
    served = Served(store.faq, fits, beside=True)
    _ = served.index
    gone, stop, seen = threading.Event(), threading.Event(), [0, 0]
    wrong: list[str] = []

    def ask() -> None:
        while not stop.is_set():
            withdrawn = gone.is_set()
            there = "fake-loan" in shown(served, LOAN)
            seen[withdrawn] += 1
            if withdrawn and gone.is_set() and there:
                wrong.append(LOAN)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        put(store, "fake-loan", "withdrawn")
        served.refresh()
        gone.set()
        served.settle(60)
        while seen[1] < 20:
            stop.wait(0.001)
        gone.clear()
        put(store, "fake-loan")
        served.refresh()
        served.settle(60)
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert "fake-loan" in shown(served, LOAN)


# ---------------------------------------------------------------- two processes on one file
class Process:
    """Another process on the same store and the same cache."""

    def __init__(self, database: Path) -> None:
        program = Path(__file__).with_name("serving_process.py")
        self._process = subprocess.Popen(
            [sys.executable, program, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            encoding="utf-8", cwd=Path(__file__).parents[1], env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )  # fmt: skip

    def __call__(self, line: str) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        self._process.communicate()
        assert self._process.returncode == 0


@pytest.fixture
def other(parts: Parts, tmp_path: Path) -> Iterator[Process]:
    made = Process(tmp_path / "bot.db")
    yield made
    made.close()


def test_one_poll_after_a_publication_the_other_process_shows_it(parts: Parts, other: Process) -> None:
    parts.index()
    assert other("poll")["generation"] == parts.store.faq.generation()
    assert other("settle")["settled"]
    assert "fake-loan" in other(LOAN)["entries"]

    generation = parts.editorial.withdraw("fake-loan", "有害", parts.eve)
    assert other("poll")["generation"] == generation
    for text in (LOAN, "贷款", "loan asks for a deposit first", "解冻费已经交了", *map(str, range(3))):
        reply = other(text)  # the fit may end between any two of these
        assert "fake-loan" not in [*reply["entries"], *reply["nearest"]]
    assert other("settle") == {"generation": generation, "settled": True}
    assert "fake-loan" not in other(LOAN)["entries"]

    generation = put(parts.store, "fake-loan", lead="只看这一句。")
    assert other("poll")["generation"] == generation
    other("settle")
    assert "只看这一句" in other(LOAN)["text"]
    generation = put(parts.store, "fake-loan", lead="只看另一句。")
    assert other("poll") == {"changed": True, "generation": generation, "settled": True}
    assert "只看另一句" in other(LOAN)["text"]


def test_settled_processes_answer_the_same(parts: Parts, other: Process) -> None:
    other("poll")
    body = parts.store.faq.entry("fake-loan")
    assert body
    put(parts.store, "fake-loan", phrasings=[*body.body["zh"]["phrasings"], FRESH])
    assert other("poll")["changed"]
    assert other(FRESH)["entries"][:1] == ["fake-loan"]
    other("settle")
    here = parts.index()
    for text in (FRESH, LOAN, "刷单给佣金能做吗", "我把钱转给骗子了", "晚上吃什么好"):
        there = other(text)
        reply = answer(here, text)
        assert (there["kind"], there["entries"], there["text"]) == (
            reply.kind,
            [e.id for e in reply.entries],
            reply.text,
        )
    files = list((Path(os.environ["XDG_CACHE_HOME"]) / "fanzha-bot").glob("index-*.npz"))
    assert len(files) == 2  # one a FAQ, not one a process

"""The index that answers: what is published, at once as far as it goes without a fit, and fitted when that is done.

`refresh` looks for a new generation. What it changes of the words shown, and what it takes away, holds when `refresh`
returns (`bot.core.interim`); the models follow when they are fitted or read from the cache (`settled`). Nobody waits
for a fit but the first question of a process that finds nothing in the cache; what needs no models is `shown` then too.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.answer import Shown, answer
from bot.core.browse import search
from bot.core.entry import Faq, entry_from_dict
from bot.core.index import Index
from bot.core.interim import same_lessons, serving
from bot.errors import BotError, FaqError
from bot.faqfiles import faq_from_parts
from bot.store.base import EntryRow, FaqStore

log = logging.getLogger(__name__)

#: Asked of every fitted index: scripts, sounds, variants, names of columns are all looked up by one of these.
_WARM = ("我刚刚把钱转给骗子了，怎么办", "有人叫我shuadan返利，靠谱吗", "someone asks me for a code", "ni hao")


@dataclass(frozen=True, slots=True)
class _Read:
    """A published FAQ before the first fit."""

    generation: int
    faq: Faq


class Served:
    """Safe to share between threads. ``beside``: a service, which fits on a thread; else `refresh` fits before it
    returns."""

    def __init__(self, faq: FaqStore, fit: Callable[[Faq], Index], *, beside: bool = False) -> None:
        self._store = faq
        self._fit = fit
        self._beside = beside
        self._turn = threading.Lock()  # one refresh at a time
        self._swap = threading.Lock()  # index, fitted and published change together
        self._index: Index | None = None
        self._fitted: Index | None = None
        self._published: Faq | None = None
        self._documents: Mapping[str, str] = {}
        self._generation = -1
        self._reading = threading.Lock()
        self._first: _Read | None = None
        self._refused: Faq | None = None
        self._thread: threading.Thread | None = None

    @property
    def index(self) -> Index:
        """The current index; the first use makes it. FaqError when nothing that can be served is published."""
        if self._index is None:
            self.refresh()
        if self._index is None:
            raise FaqError("no FAQ is published yet; run: python -m bot faq import faq")
        return self._index

    @property
    def ready(self) -> bool:
        """Whether there is an index: a question is answered without waiting for the first fit."""
        return self._index is not None

    @property
    def shown(self) -> Shown:
        """What is published; waits for no fit. FaqError when that is nothing, or broken."""
        return self._index or self._read_first() or self.index

    @property
    def generation(self) -> int:
        """The generation of the published FAQ that the current index shows; -1 before the first."""
        return self._generation

    @property
    def settled(self) -> bool:
        """Whether the models are those of what is published: then every process answers the same."""
        return self._thread is None

    def refresh(self) -> bool:
        """Serves a new generation if there is one. The old one stays when that one is broken."""
        with self._turn:
            changed = False
            # The first fit takes a while: what was withdrawn meanwhile must not be shown even once.
            while self._refreshed():
                changed = True
        if changed and self._published is not None:
            log.info("serving generation=%d entries=%d settled=%s", self._generation, len(self._published.entries),
                     self.settled)  # fmt: skip
        return changed

    def settle(self, timeout: float | None = None) -> bool:
        """Waits for the fit under way; whether none is left."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return self.settled

    # ------------------------------------------------------------ one generation
    def _refreshed(self) -> bool:
        generation = self._store.generation()
        if generation == self._generation:
            return False
        rows, documents = self._store.entries(), self._store.documents()
        if not rows and self._fitted is None:
            self._generation = generation  # nothing imported yet: an index needs entries
            return False
        try:
            faq = self._faq_of(generation, rows, documents)
            if self._fitted is None or not (self._beside or not rows):
                self._swapped(self._fit(faq), faq)
            else:
                self._swapped(self._fitted, faq)
        except (FaqError, ValueError) as error:
            if self._index is None:
                raise
            self._generation = generation  # tried once: the next generation may be sound again
            log.error("generation %d cannot be served: %s", generation, error)
            return False
        self._documents, self._generation = documents, generation
        self._start()
        return True

    def _faq_of(self, generation: int, rows: Sequence[EntryRow], documents: Mapping[str, str]) -> Faq:
        first = self._first  # read already, for who could not wait
        return first.faq if first is not None and first.generation == generation else self._read(rows, documents)

    def _read_first(self) -> _Read | None:
        """Before the first fit: once for each generation, so that what is withdrawn meanwhile is not shown."""
        with self._reading:
            generation = self._store.generation()
            if self._first is None or self._first.generation != generation:
                rows = self._store.entries()
                self._first = _Read(generation, self._read(rows, self._store.documents())) if rows else None
            return self._first

    def _read(self, rows: Sequence[EntryRow], documents: Mapping[str, str]) -> Faq:
        """The published FAQ. Documents are most of the reading and seldom change."""
        known = self._published
        if known is None or documents != self._documents:
            return faq_from_parts((row.body for row in rows), documents)
        try:
            return replace(known, entries=tuple(entry_from_dict(row.body) for row in sorted(rows, key=lambda r: r.id)))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FaqError(f"a published entry cannot be read: {error!r}") from error

    def _swapped(self, fitted: Index, faq: Faq) -> None:
        index = fitted if fitted.faq is faq else serving(fitted, faq)
        if self._beside and fitted is not self._fitted:
            warm(index)
        with self._swap:
            self._fitted, self._index, self._published = fitted, index, faq
            self._first = None

    # ------------------------------------------------------------ the fit beside
    def _start(self) -> None:
        with self._swap:
            if self._thread is not None or not self._wanting():
                return
            self._thread = threading.Thread(target=self._follow, name="fit", daemon=True)
            self._thread.start()

    def _wanting(self) -> Faq | None:
        """The published FAQ, if the models are of another."""
        faq, fitted = self._published, self._fitted
        if faq is None or fitted is None or not faq.entries or faq is self._refused:
            return None
        return None if same_lessons(fitted.faq, faq) else faq

    def _follow(self) -> None:
        """Fits until the models are those of what is published, which may move on meanwhile."""
        while True:
            with self._swap:
                faq = self._wanting()
                if faq is None:
                    self._thread = None
                    return
            try:
                fitted = self._fit(faq)
                with self._turn:
                    self._swapped(fitted, self._published or faq)
            except Exception as error:  # whatever it is: the service goes on with what it has
                if isinstance(error, (BotError, ValueError)):
                    log.error("the published FAQ cannot be fitted: %s", error)
                else:
                    log.exception("the published FAQ cannot be fitted")
                with self._swap:
                    self._refused = faq
            else:
                log.info("index fitted generation=%d", self._generation)


def warm(index: Index) -> None:
    """What is made at first use is made before residents ask."""
    region = next(iter(index.faq.regions), "")
    for text in _WARM:
        answer(index, text, region=region)
    search(index, _WARM[0], lang="zh-Hans", region=region, limit=1)

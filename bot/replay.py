"""What an edit would do: recent real questions and the golden samples, asked of the published FAQ and of the draft.

`compare` is the work; `Replays` runs it beside the web server, one at a time, and tells how far it is. A draft's index
is kept by `bot.indexcache` under its content, so that publishing what was replayed takes effect without a second fit.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.core.entry import Faq, Sample
from bot.core.index import Index
from bot.core.policy import decide
from bot.core.reply import Decision
from bot.errors import BotError

log = logging.getLogger(__name__)

MAX_QUESTIONS = 1000
MAX_LISTED = 60
State = Literal["none", "waiting", "building", "asking", "done", "failed"]
RUNNING: tuple[State, ...] = ("waiting", "building", "asking")
#: What a decision shows: kind and entry ids in order.
Shown = tuple[str, tuple[str, ...]]


class Cancelled(Exception):
    """A newer version of the draft took the place of this one, or the service stops."""


@dataclass(frozen=True, slots=True)
class Job:
    """One replay as it stands. ``done`` of ``total`` questions are asked."""

    draft_id: str
    version: int
    state: State = "waiting"
    done: int = 0
    total: int = 0
    error: str = ""


def shown(decision: Decision) -> Shown:
    return decision.kind, tuple(hit.entry_id for hit in decision.hits)


def right(sample: Sample, what: Shown, topic_of: dict[str, str]) -> bool:
    """As `faq check` judges: a wanted topic is shown, or nothing where none is wanted; urgent or not."""
    topics = {topic_of.get(entry, "") for entry in what[1]}
    fits = bool(topics & set(sample.topics)) if sample.topics else not topics
    return fits and (not sample.urgent or what[0] == "emergency")


def compare(
    entry_id: str,
    before: Callable[[str], Shown],
    after: Callable[[str], Shown],
    questions: Sequence[str],
    samples: Sequence[Sample],
    old: Faq,
    new: Faq,
    tick: Callable[[int], None] = lambda done: None,
) -> dict[str, Any]:
    """What the edit of one entry gains, takes, loses, breaks and mends; JSON-able. ``samples`` as labelled now.

    A sample is ``near`` when the entry has part in it: it is about its topic, or is answered by it. All entries are
    learnt together, so others at the edge of a decision shift a little with every edit.
    """
    lists: dict[str, list[dict[str, Any]]] = {key: [] for key in ("gains", "takes", "loses", "others")}
    done = 0
    for text in questions:
        was, now = before(text), after(text)
        if was != now:
            lists[_change(entry_id, was, now)].append(_line(text, was, now))
        tick(done := done + 1)
    old_topics, new_topics = ({e.id: e.topic for e in faq.entries} for faq in (old, new))
    own_topics = {old_topics.get(entry_id, ""), new_topics.get(entry_id, "")} - {""}
    breaks: list[dict[str, Any]] = []
    mends: list[dict[str, Any]] = []
    for sample in samples:
        was, now = before(sample.text), after(sample.text)
        good_before, good_now = right(sample, was, old_topics), right(sample, now, new_topics)
        if good_before != good_now:
            near = bool(own_topics & set(sample.topics)) or entry_id in (*was[1], *now[1])
            line = _line(sample.text, was, now)
            # The whole text: by it the sample is found again when it is relabelled.
            line |= {"text": sample.text, "topics": list(sample.topics), "urgent": sample.urgent, "near": near}
            (breaks if good_before else mends).append(line)
        tick(done := done + 1)
    taken: dict[str, int] = {}
    for line in lists["takes"]:
        for other in line["before"][:1]:
            taken[other] = taken.get(other, 0) + 1
    counts = {key: len(value) for key, value in lists.items()} | {
        "breaks": len(breaks),
        "breaks_near": sum(line["near"] for line in breaks),
        "mends": len(mends),
    }
    return {
        "questions": len(questions),
        "samples": len(samples),
        "counts": counts,
        "taken_from": taken,
        "breaks": sorted(breaks, key=lambda line: not line["near"])[: MAX_LISTED * 4],
        "mends": mends[:MAX_LISTED],
        **{key: value[:MAX_LISTED] for key, value in lists.items()},
    }


def _change(entry_id: str, was: Shown, now: Shown) -> str:
    """gains: it was answered by nothing, or by a choice; takes: by another entry; loses: this entry no longer answers,
    or is one choice among others; others: the edit shifts what does not concern the entry."""
    first_was, first_now = was[1][:1], now[1][:1]
    if first_now == (entry_id,) and was[0] == "choose" != now[0]:
        return "gains"
    if first_was == (entry_id,) and was[0] != "choose" == now[0]:
        return "loses"
    if entry_id in now[1] and entry_id not in was[1]:
        return "takes" if first_was and first_now == (entry_id,) else "gains"
    if first_now == (entry_id,) != first_was:
        return "takes"
    if entry_id in was[1] and (entry_id not in now[1] or first_was == (entry_id,) != first_now):
        return "loses"
    return "others"


def _line(text: str, was: Shown, now: Shown) -> dict[str, Any]:
    return {
        "text": text[:200],
        "before": list(was[1]),
        "after": list(now[1]),
        "kind_before": was[0],
        "kind_after": now[0],
    }


class Memory:
    """Decisions of one index, remembered: every replay asks the published one the same questions."""

    def __init__(self, index: Index, region: str) -> None:
        self.index = index
        self._region = region
        self._known: dict[str, Shown] = {}

    def __call__(self, text: str) -> Shown:
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = shown(decide(self.index, text, region=self._region))
        return found


class Replays:
    """Runs replays one at a time on threads of its own. ``work(job, report)`` does one and stores its result."""

    def __init__(self, work: Callable[[Job, Callable[[Job], None]], None]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._threads: list[threading.Thread] = []
        self._closing = False

    def start(self, draft_id: str, version: int) -> Job:
        """Begins a replay, or tells of the one under way for this version."""
        with self._lock:
            job = self._jobs.get(draft_id)
            if job and job.version == version and job.state in RUNNING:
                return job
            job = self._jobs[draft_id] = Job(draft_id, version)
            thread = threading.Thread(target=self._run, args=(job,), name=f"replay-{draft_id}", daemon=True)
            self._threads = [t for t in self._threads if t.is_alive()] + [thread]
            thread.start()
            return job

    def job(self, draft_id: str, version: int) -> Job | None:
        with self._lock:
            job = self._jobs.get(draft_id)
        return job if job and job.version == version else None

    def wait(self, timeout: float | None = None) -> None:
        """Until what was started has ended."""
        for thread in list(self._threads):
            thread.join(timeout)

    def close(self) -> None:
        self._closing = True
        self.wait(timeout=5)

    def _report(self, job: Job) -> None:
        with self._lock:
            current = self._jobs.get(job.draft_id)
            if self._closing or current is None or current.version != job.version:
                raise Cancelled
            self._jobs[job.draft_id] = job

    def _run(self, job: Job) -> None:
        try:
            with self._turn:
                self._report(job)
                self._work(job, self._report)
        except Cancelled:
            return
        except Exception as error:
            if not isinstance(error, BotError):
                log.exception("replay of draft %s failed", job.draft_id)
            with self._lock:
                if self._jobs.get(job.draft_id, job).version == job.version:
                    reason = str(error) if isinstance(error, (BotError, ValueError)) else type(error).__name__
                    self._jobs[job.draft_id] = replace(job, state="failed", error=reason)

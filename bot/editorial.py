"""From a question to a published answer: preview, validation, replay, publishing, history.

Every call checks the person against the store (`Desk.allowed`). A draft carries the revision it started from and a
version that counts its saves; publishing needs a clean validation, a replay of exactly this version against what is
published now, no broken sample, and a second person.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot import drafting
from bot.core.card import make_card, render_text
from bot.core.entry import Entry, Faq, Problem, entry_from_dict, entry_to_dict
from bot.core.index import Index
from bot.core.reply import LANGS, Card, Kind, Lang, Reply, Role, ShownEntry
from bot.desk import Snapshot
from bot.drafting import Change, Relabel, split_meta, with_meta
from bot.errors import AlreadyDone, Blocked, NotAllowed, NotFound, StaleEdit, UsageError
from bot.faqfiles import faq_from_parts
from bot.indexcache import index_of
from bot.replay import MAX_QUESTIONS, Job, Memory, Replays, compare
from bot.store.base import Clock, DraftRow, EntryState, Publication, RevisionRow, StaffRow, Store
from bot.topicdesk import TopicDesk

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft as a question would be answered with it, in one language and region. ``served``: whether it is there."""

    lang: Lang
    card: Card
    reply: Reply
    served: bool = True


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A revision with what it changed against the one before."""

    row: RevisionRow
    changes: tuple[Change, ...]


class Editorial(TopicDesk):
    """``index`` gives the index of what is published at the moment of the call, fitted."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        timezone: str,
        index: Callable[[], Index],
        region: str = "cn",
        replay_days: int = 30,
    ) -> None:
        super().__init__(store, clock=clock, timezone=timezone)
        self.region = region
        self._index = index
        self._replay_days = replay_days
        self.replays = Replays(self._replay)
        self._before: Memory | None = None
        self._draft_index: tuple[str, int, int, Index] | None = None

    def close(self) -> None:
        self.replays.close()

    # ------------------------------------------------------------ looking at a draft
    def problems(self, body: Mapping[str, Any], person: StaffRow, *, new: bool) -> list[Problem]:
        """The findings of `faq check`, for the form."""
        self.allowed(person)
        return drafting.check_body(split_meta(body)[0], self.published(), today=self.today(), new=new)

    def preview(self, body: Mapping[str, Any], person: StaffRow, *, region: str = "") -> list[Preview]:
        """The draft in every language as the answer to a question; every channel lays it out its own way.
        ``region``: where it is read, the service's own by default."""
        self.allowed(person)
        entry = drafting.lenient_entry(split_meta(body)[0], self.today())
        regions = self.published().faq.regions
        place = regions.get(region) or regions.get(self.region) or next(iter(regions.values()))
        kind: Kind = "emergency" if entry.risk == "emergency" else "answer"
        role: Role = "emergency" if kind == "emergency" else "answer"
        out: list[Preview] = []
        for lang in LANGS:
            card = make_card(entry, lang=lang, region=place, role=role)
            shown = (ShownEntry("draft", card.topic, card.title, 1.0, role),)
            reply = Reply(
                kind, None, lang, shown, (replace(card, entry_id="draft"),), (), (), "", "",
                render_text(kind, [card], lang=lang), "", hotlines=card.hotlines, id="draft",
            )  # fmt: skip
            out.append(Preview(lang, card, reply, entry.served_in(place.id)))
        return out

    def draft_changes(self, draft: DraftRow, person: StaffRow) -> list[Change]:
        """Against what is published now."""
        self.allowed(person)
        row = self.store.faq.entry(draft.entry_id)
        return drafting.changes(row.body if row else {}, split_meta(draft.body)[0])

    def current_revision(self, entry_id: str) -> int:
        row = self.store.faq.entry(entry_id)
        return row.revision if row else 0

    # ------------------------------------------------------------ replay
    def start_replay(self, draft_id: str, person: StaffRow) -> Job:
        """Blocked while the draft has errors: what cannot be published cannot be tried on questions either."""
        self.allowed(person)
        draft = self._draft(draft_id)
        _raise_errors(self.problems(draft.body, person, new=not draft.base_revision))
        return self.replays.start(draft.id, draft.version)

    def replay_state(self, draft_id: str, person: StaffRow) -> tuple[DraftRow, Job]:
        """The draft with the replay of its version, if one is done, and how far the one under way is."""
        self.allowed(person)
        draft = self._draft(draft_id)
        job = self.replays.job(draft_id, draft.version)
        if draft.replay is not None and (job is None or job.state in ("none", "done")):
            return draft, Job(draft_id, draft.version, "done")
        return draft, job or Job(draft_id, draft.version, "none")

    def relabel(
        self,
        draft_id: str,
        text: str,
        topics: Sequence[str],
        reason: str,
        person: StaffRow,
        *,
        urgent: bool | None = None,
    ) -> DraftRow:
        """A sample the draft breaks was judged wrongly before: its topics from now on, with the reason on record.
        The draft's version moves on, so the replay is run again."""
        name = self.allowed(person).name
        if len(reason.strip()) < 4:
            raise UsageError("give the reason for relabelling / 请写明改标注的理由")
        faq = self.published().faq
        if not any(sample.text == text for sample in faq.samples):
            raise NotFound("no such sample / 没有这条样例")
        unknown = [topic for topic in topics if topic not in faq.topics]
        if unknown:
            raise UsageError(f"unknown topics / 没有这些主题: {', '.join(unknown)}")
        draft = self._draft(draft_id)
        table, meta = split_meta(draft.body)
        label = Relabel(text, tuple(topics), drafting.tidy(reason)[:300], name, self.clock(), urgent)
        kept = tuple(r for r in meta.relabels if r.text != text)
        # The editor stays who wrote the text: relabelling alone does not make a second person of the author.
        saved = self._save(draft, with_meta(table, replace(meta, relabels=(*kept, label))), draft.editor, wrote=False)
        urgency = "" if urgent is None else f"; {'urgent' if urgent else 'not urgent'}"
        self.note(
            person, "relabel sample", draft.entry_id, f"topics {' '.join(topics) or '-'}{urgency}; {label.reason}"
        )
        return saved

    def draft_index(self, draft_id: str, person: StaffRow) -> Index:
        """The index with the draft in it, for trying it out; fitted at need. Blocked while the draft is no entry yet."""
        self.allowed(person)
        draft = self._draft(draft_id)
        try:
            return self._index_with(draft, self.published())
        except (KeyError, TypeError, ValueError, AttributeError):
            _raise_errors(self.problems(draft.body, person, new=not draft.base_revision))
            raise

    def _index_with(self, draft: DraftRow, published: Snapshot) -> Index:
        held = self._draft_index
        if held is not None and held[:3] == (draft.id, draft.version, published.generation):
            return held[3]
        index = index_of(_faq_with(draft, published), aside=True)
        self._draft_index = (draft.id, draft.version, published.generation, index)
        return index

    def _replay(self, job: Job, report: Callable[[Job], None]) -> None:
        draft, published = self._draft(job.draft_id), self.published()
        if draft.version != job.version:
            return
        report(job := replace(job, state="building"))
        before_index = self._index()
        after = Memory(self._index_with(draft, published), self.region)
        before = self._before
        if before is None or before.index is not before_index:
            before = self._before = Memory(before_index, self.region)
        questions = self._recent()
        samples = after.index.faq.samples
        report(job := replace(job, state="asking", total=len(questions) + len(samples)))

        def tick(done: int) -> None:
            if done % 20 == 0:
                report(replace(job, done=done))

        entry_id = str(draft.body.get("id", draft.entry_id))
        result = compare(entry_id, before, after, questions, samples, before_index.faq, after.index.faq, tick)
        result |= {"generation": published.generation, "at": self.clock()}
        self.store.faq.set_replay(draft.id, draft.version, result)
        report(replace(job, state="done", done=job.total))

    def _recent(self) -> list[str]:
        if not self._replay_days:
            return []
        since = self.clock() - self._replay_days * DAY
        turns = self.store.turns.recent_questions(since=since, limit=MAX_QUESTIONS * 3)
        texts = dict.fromkeys(t.masked for t in turns if t.masked and t.kind != "smalltalk")
        return list(texts)[:MAX_QUESTIONS]

    # ------------------------------------------------------------ publishing
    def blockers(self, draft: DraftRow, *, overriding: bool = False) -> list[str]:
        """Why the draft cannot be published yet; empty when it can. ``overriding``: what an admin's reason does not
        lift either. It lifts broken samples: each fit shifts a few that are far from the edit."""
        published = self.published()
        table, _ = split_meta(draft.body)
        found = drafting.check_body(table, published, today=self.today(), new=not draft.base_revision)
        reasons = [f"{p.key}: {p.text}; {p.remedy}" for p in found if p.level == "error"]
        if draft.replay is None:
            reasons.append("还没有回放 / no replay of this version yet")
        elif draft.replay.get("generation") != published.generation:
            reasons.append(
                "回放之后发布过别的内容，请再回放一次 / the published FAQ moved on since the replay: run it again"
            )
        elif draft.replay.get("breaks") and not overriding:
            count = len(draft.replay["breaks"])
            reasons.append(f"有 {count} 条样例被破坏：修改草稿，改标注并写明理由，或请管理员写明理由发布 / {count} sample(s) break: "
                           "change the draft, relabel them with a reason, or ask an admin to publish with a reason")  # fmt: skip
        return reasons

    def publish(self, draft_id: str, version: int, person: StaffRow, *, override: str = "", note: str = "") -> int:
        """Publishes the version that the person has seen; the generation. ``override``: an admin's reason to publish
        without a second person, or although samples break. StaleEdit when the entry moved on, Blocked with the reasons,
        NotAllowed to its author.
        """
        person = self.allowed(person)
        draft = self._draft(draft_id)
        if draft.state != "open" or draft.version != version:
            raise AlreadyDone(f"draft {draft_id}", draft.editor, draft.updated_at)
        reason = drafting.tidy(override)[:300] if person.role == "admin" else ""
        alone = person.name in authors(draft)
        if alone and not reason:
            raise NotAllowed(
                "这份草稿有你写的内容，要由另一个人发布 / you wrote part of this draft: another person publishes it"
            )
        current = self.current_revision(draft.entry_id if draft.base_revision else str(draft.body.get("id", "")))
        if current != draft.base_revision:
            raise StaleEdit(draft.entry_id, draft.base_revision, current)
        if reasons := self.blockers(draft, overriding=bool(reason)):
            raise Blocked(reasons)
        broken = (draft.replay or {}).get("breaks", ())
        table, meta = split_meta(draft.body)
        entry = entry_from_dict(table)
        groups = tuple(dict.fromkeys(g for g in (draft.group_id, *meta.groups) if g))
        generation = self.store.faq.publish(
            [
                _publication(
                    entry, draft.base_revision, draft.editor, person.name, note, draft_id=draft.id, groups=groups
                )
            ],
            at=self.clock(),
        )
        spared = [*(["alone"] if alone else []), *([_broken_in_short(broken)] if broken else [])]
        why = f"; override ({', '.join(spared)}): {reason}" if spared else ""
        self.note(person, "publish", entry.id, f"revision {current + 1}{why}")
        for group_id in groups:
            group = self.store.queue.group(group_id)
            if group is not None:
                self.tell(group, {"entry": entry.id})
        return self._put_relabels(meta.relabels, generation)

    def _put_relabels(self, relabels: Sequence[Relabel], generation: int) -> int:
        # After the entry: relabelled samples without it would call the published FAQ broken.
        if not relabels:
            return generation
        by_text = {r.text: r for r in relabels}
        hashes = self.store.faq.document_hashes()
        changed = {
            path: (new, hashes[path][1])
            for path, text in self.store.faq.documents().items()
            if path.startswith("samples/") and (new := relabelled(text, by_text)) != text
        }
        return self.store.faq.put_documents(changed, at=self.clock()) if changed else generation

    # ------------------------------------------------------------ history
    def history(self, entry_id: str, person: StaffRow) -> list[HistoryLine]:
        """Newest first."""
        self.allowed(person)
        self._entry(entry_id)
        rows = self.store.faq.revisions(entry_id)
        olds: list[Mapping[str, Any]] = [*(row.body for row in rows[1:]), {}]
        return [HistoryLine(r, tuple(drafting.changes(old, r.body))) for r, old in zip(rows, olds, strict=True)]

    def roll_back(self, entry_id: str, revision: int, person: StaffRow) -> DraftRow | int:
        """An admin publishes an old revision at once (the generation); for an editor it becomes a draft."""
        person = self.allowed(person)
        row = self._entry(entry_id)
        old = next((r for r in self.store.faq.revisions(entry_id) if r.revision == revision), None)
        if old is None:
            raise NotFound(f"{entry_id}: no revision {revision}")
        if person.role != "admin":
            draft = self.edit(entry_id, person)
            return self._save(draft, with_meta(old.body, split_meta(draft.body)[1]), person.name)
        entry = entry_from_dict(old.body)
        item = _publication(
            entry, row.revision, person.name, person.name, f"退回到第 {revision} 版 / back to revision {revision}"
        )
        generation = self.store.faq.publish([item], at=self.clock())
        self.note(person, "roll back", entry_id, f"to revision {revision}")
        return generation

    def set_state(self, entry_id: str, state: EntryState, reason: str, person: StaffRow) -> int:
        """An admin withdraws a harmful answer at once, retires an entry, or brings it back; the generation."""
        person = self.allowed(person, "admin")
        if not reason.strip():
            raise UsageError("give the reason / 请写明理由")
        row = self._entry(entry_id)
        if row.state == state:
            raise AlreadyDone(f"entry {entry_id}", row.updated_by, row.updated_at)
        note = drafting.tidy(reason)[:300]
        item = Publication(
            entry_id, row.topic, row.body, row.revision, person.name, person.name, note=note, state=state
        )
        generation = self.store.faq.publish([item], at=self.clock())
        action = {"withdrawn": "withdraw", "retired": "retire", "published": "restore"}[state]
        self.note(person, action, entry_id, note)
        return generation

    def withdraw(self, entry_id: str, reason: str, person: StaffRow) -> int:
        return self.set_state(entry_id, "withdrawn", reason, person)

    def retire(self, entry_id: str, reason: str, person: StaffRow) -> int:
        return self.set_state(entry_id, "retired", reason, person)


def _broken_in_short(broken: Sequence[Mapping[str, Any]]) -> str:
    """For the audit: how many samples break, and how many of them the edit has nothing to do with."""
    far = sum(not line.get("near", True) for line in broken)
    return f"breaks {len(broken)}" + (f" ({far} elsewhere)" if far else "")


def authors(draft: DraftRow) -> tuple[str, ...]:
    """Everybody who changed the draft's text: none of them is the second person."""
    return tuple(dict.fromkeys((*split_meta(draft.body)[1].authors, draft.editor)))


def _publication(
    entry: Entry,
    base: int,
    editor: str,
    publisher: str,
    note: str,
    *,
    draft_id: str = "",
    groups: tuple[str, ...] = (),
) -> Publication:
    body = entry_to_dict(entry, iso_dates=True)
    return Publication(
        entry.id, entry.topic, body, base, editor, publisher, note=drafting.tidy(note)[:300], draft_id=draft_id,
        close_groups=groups,
    )  # fmt: skip


def _faq_with(draft: DraftRow, published: Snapshot) -> Faq:
    """The FAQ as publishing the draft would make it."""
    table, meta = split_meta(draft.body)
    body = entry_to_dict(entry_from_dict(table), iso_dates=True)
    bodies = [r.body for r in published.rows.values() if r.state == "published" and r.id != body["id"]]
    by_text = {r.text: r for r in meta.relabels}
    documents = {
        path: relabelled(text, by_text) if by_text and path.startswith("samples/") else text
        for path, text in published.documents.items()
    }
    return faq_from_parts([*bodies, body], documents)


def relabelled(text: str, labels: Mapping[str, Relabel]) -> str:
    """A sample file with new topics where a person judged anew; other lines stay as they are."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        data = json.loads(line) if line.strip() else {}
        label = labels.get(data.get("text", ""))
        if label is not None and "topics" in data:
            urgent = {} if label.urgent is None else {"urgent": label.urgent}
            lines[number] = json.dumps(data | {"topics": list(label.topics)} | urgent, ensure_ascii=False)
    return "\n".join(lines)


def _raise_errors(problems: Sequence[Problem]) -> None:
    errors = [f"{p.key}: {p.text}; {p.remedy}" for p in problems if p.level == "error"]
    if errors:
        raise Blocked(errors)

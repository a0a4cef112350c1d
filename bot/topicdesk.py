"""Topics: what an entry is about, in the order of the menus. An admin adds one before its first entry is written.

`topics.toml` is edited as text, a line at a time, so that its order and its comments stay as people wrote them. A topic
without an entry is shown to no resident; `faq check` names it, because a folder should not be left like that.
"""

from __future__ import annotations

import json
import re
import threading
import tomllib
from collections import Counter
from collections.abc import Mapping

from bot.core.entry import Faq, Topic
from bot.core.shape import ID
from bot.drafting import tidy
from bot.errors import NotFound, UsageError
from bot.faqfiles import TOPICS_FILE
from bot.filedesk import FileDesk
from bot.store.base import Clock, StaffRow, Store

MOST = {"zh": 40, "en": 80}
_LINE = re.compile(r'\s*"?([a-z][a-z0-9-]*)"?\s*=')


class TopicDesk(FileDesk):
    def __init__(self, store: Store, *, clock: Clock, timezone: str) -> None:
        super().__init__(store, clock=clock, timezone=timezone)
        self._writing = threading.Lock()

    def topic_uses(self, person: StaffRow) -> dict[str, int]:
        """topic -> how many entries, drafts and samples name it."""
        self.allowed(person)
        published = self.published()
        named = [row.topic for row in published.rows.values()]
        named += [str(draft.body.get("topic", "")) for draft in self.store.faq.drafts()]
        named += [topic for sample in published.faq.samples for topic in sample.topics]
        named += [topic for talk in published.faq.dialogues for turn in talk.topics for topic in turn]
        counts = Counter(named)
        return {topic: counts[topic] for topic in published.faq.topics}

    def add_topic(self, topic: Topic, person: StaffRow) -> int:
        """The generation from which entries may be about it. UsageError says what is wrong with it."""
        self.allowed(person, "admin")
        topic = Topic(topic.id.strip(), topic.group, _line(topic.zh), _line(topic.en))
        with self._writing:
            faq = self.published().faq
            if topic.id in faq.topics:
                raise UsageError(f"已经有主题 {topic.id} 了 / there is a topic {topic.id} already")
            _judge(topic, faq)
            return self._put(
                with_topic(self._text(), topic), {**faq.topics, topic.id: topic}, person, "add topic", topic.id
            )

    def remove_topic(self, topic_id: str, person: StaffRow) -> int:
        """Takes back a topic that nothing is about."""
        self.allowed(person, "admin")
        with self._writing:
            topics = self.published().faq.topics
            if topic_id not in topics:
                raise NotFound(f"没有主题 {topic_id} / no topic {topic_id}")
            if self.topic_uses(person)[topic_id]:
                raise UsageError("还有条目、草稿或样例用这个主题 / entries, drafts or samples still name this topic")
            left = {key: topic for key, topic in topics.items() if key != topic_id}
            return self._put(without_topic(self._text(), topic_id), left, person, "remove topic", topic_id)

    def _text(self) -> str:
        return self.store.faq.documents()[TOPICS_FILE]

    def _put(self, text: str, wanted: Mapping[str, Topic], person: StaffRow, action: str, target: str) -> int:
        if _topics(text) != set(wanted.values()):
            # A file laid out in a way that no line can be put in or taken out of: a person edits it.
            raise UsageError(f"请下载并修改 {TOPICS_FILE}，再上传 / download {TOPICS_FILE}, edit and upload it")
        # What is remembered of the folder's file stays: its next import must see that both sides changed.
        file_hash = self.store.faq.document_hashes()[TOPICS_FILE][1]
        generation = self.store.faq.put_documents({TOPICS_FILE: (text, file_hash)}, at=self.clock())
        self.note(person, action, target)
        return generation


def with_topic(text: str, topic: Topic) -> str:
    """The file with a line for the topic, below the last one of its group."""
    lines = text.rstrip("\n").split("\n")
    group = re.compile(rf'=\s*\{{[^#]*\bgroup\s*=\s*"{re.escape(topic.group)}"')
    last = max((n for n, line in enumerate(lines) if _LINE.match(line) and group.search(line)), default=len(lines) - 1)
    said = ", ".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in _table(topic).items())
    lines.insert(last + 1, f"{topic.id} = {{ {said} }}")
    return "\n".join(lines) + "\n"


def without_topic(text: str, topic_id: str) -> str:
    def kept(line: str) -> bool:
        found = _LINE.match(line)
        return found is None or found[1] != topic_id

    return "\n".join(line for line in text.split("\n") if kept(line))


def _topics(text: str) -> set[Topic]:
    try:
        table = tomllib.loads(text)["topics"]
        return {Topic(key, value["group"], value["zh"], value["en"]) for key, value in table.items()}
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        return set()


def _table(topic: Topic) -> dict[str, str]:
    return {"group": topic.group, "zh": topic.zh, "en": topic.en}


def _line(text: str) -> str:
    return " ".join(tidy(text).split())


def _judge(topic: Topic, faq: Faq) -> None:
    if not ID.fullmatch(topic.id):
        raise UsageError(
            "编号用小写字母、数字和短横，字母开头，最多 40 个 / "
            "the id takes lower-case letters, digits and hyphens, begins with a letter, and has 40 at most"
        )
    if topic.group not in faq.groups:
        raise UsageError("先选一个组 / choose a group first")
    for said, text, most in (("中文名", topic.zh, MOST["zh"]), ("英文名", topic.en, MOST["en"])):
        if not text or len(text) > most:
            name = "Chinese title" if said == "中文名" else "English title"
            raise UsageError(f"{said}要填，最多 {most} 个字 / the {name} is needed, {most} characters at most")
    if any(other.zh == topic.zh for other in faq.topics.values()):
        raise UsageError(f"已经有叫“{topic.zh}”的主题 / there is a topic called “{topic.zh}”")

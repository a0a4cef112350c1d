"""faq/ on disk: what is written reads back the same, and a ruined file hides no other."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from pathlib import Path

import pytest
from faq_parts import TODAY, TOPICS, emergency_entry, good_entry, write_folder
from hypothesis import given
from hypothesis import strategies as st

from bot.core.entry import LIST_KEYS, WORDING_KEYS, Entry, Source, Wording, entry_from_dict, entry_to_dict
from bot.errors import FaqError
from bot.faqfiles import content_hash, documents, entry_path, faq_from_parts, read_faq, scan, write_entry
from bot.faqstats import stats

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
lines = st.lists(texts, max_size=3)
ids = st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True)
dates = st.dates(dt.date(2000, 1, 1), dt.date(2099, 1, 1))
wordings = st.fixed_dictionaries(
    {key: lines.map(tuple) if key in LIST_KEYS else texts.map(str.strip) for key in WORDING_KEYS}
).map(lambda values: Wording(**values))
overrides = st.dictionaries(
    st.sampled_from(["zh-Hant", "zh.hk", "zh.tw", "en.sg"]),
    st.dictionaries(st.sampled_from(["lead", "share"]), texts, max_size=2)
    | st.dictionaries(st.sampled_from(["steps", "signs"]), lines, max_size=2),
    max_size=2,
)
entries = st.builds(
    Entry,
    id=ids,
    topic=ids,
    risk=st.sampled_from(["emergency", "scam", "caution", "info"]),
    severity=st.integers(1, 3),
    hotlines=st.lists(ids, max_size=3).map(tuple),
    related=st.lists(ids, max_size=3).map(tuple),
    reviewed=dates,
    review_by=dates,
    basis=st.sampled_from(["official", "common"]),
    zh=wordings,
    en=wordings,
    sources=st.lists(st.builds(Source, texts, st.none() | dates, texts), max_size=3).map(tuple),
    regions=st.lists(st.sampled_from(["cn", "hk"]), max_size=2, unique=True).map(tuple),
    overrides=overrides,
)


@given(entries)
def test_what_is_written_reads_back_the_same(entry: Entry) -> None:
    text = write_entry(entry)
    assert entry_from_dict(tomllib.loads(text)) == entry
    assert write_entry(entry_from_dict(tomllib.loads(text))) == text


@given(entries)
def test_the_stores_json_reads_back_the_same(entry: Entry) -> None:
    assert entry_from_dict(json.loads(json.dumps(entry_to_dict(entry, iso_dates=True)))) == entry


def test_the_canonical_form_is_easy_to_edit() -> None:
    long_title = "全国人大常委会《反电信网络诈骗法》第二十条：" + "即时查询、紧急止付、快速冻结、资金返还" * 4
    entry = entry_from_dict(
        good_entry(
            sources=[{"title": long_title, "date": dt.date(2022, 12, 1)}, {"title": "乙"}],
            zh__more="第一行\n第二行",
            zh__tw={"lead": "打 {antifraud}"},
            zh_Hant={"share": "轉傳"},
        )
    )
    text = write_entry(entry)
    keys = [line.split(" = ")[0] for line in text.splitlines() if " = " in line and not line.startswith(" ")]
    assert keys[:10] == [
        "id", "topic", "risk", "severity", "hotlines", "related", "reviewed", "review_by", "basis", "sources",
    ]  # fmt: skip
    assert f'    {{ title = "{long_title}", date = 2022-12-01 }},\n' in text
    assert '    "停手，不再交钱",\n' in text
    assert 'more = """\n第一行\n第二行"""' in text
    headings = [line for line in text.splitlines() if line.startswith("[")]
    assert headings == ["[zh]", "[zh.tw]", "[en]", "[zh-Hant]"]


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    faq = read_faq(write_folder(tmp_path))
    assert [e.id for e in faq.entries] == ["emergency-transferred", "fake-loan"]
    assert list(faq.groups) == ["emergency", "money"]
    assert faq.topics == TOPICS
    hotlines = faq.regions["cn"].hotlines
    assert hotlines["police"].number == {"zh": "110", "en": "110"}
    assert hotlines["police"].dial
    assert hotlines["bank"].number["en"] == "the number on your card"
    assert not hotlines["bank"].dial
    assert set(faq.lexicon) == {"forbidden", "variants", "everyday"}
    assert [s.text for s in faq.samples] == ["这个贷款靠谱不"]
    assert faq.dialogues[0].turns == ("要贷款", "钱交了")
    assert faq.dialogues[0].topics == (("fake-loan",), ("emergency-transferred",))


def test_the_store_gives_the_same_faq_as_the_files(tmp_path: Path) -> None:
    faq = read_faq(write_folder(tmp_path))
    bodies = [json.loads(json.dumps(entry_to_dict(e, iso_dates=True))) for e in reversed(faq.entries)]
    assert faq_from_parts(bodies, documents(tmp_path)) == faq


def test_documents_are_everything_but_the_entries(tmp_path: Path) -> None:
    assert set(documents(write_folder(tmp_path))) == {
        "topics.toml", "regions/cn.toml", "samples/money.jsonl",
        "lexicon/forbidden.toml", "lexicon/variants.toml", "lexicon/everyday.toml",
    }  # fmt: skip


def test_each_ruined_file_is_named_and_hides_no_other(tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / "money/fake-loan.toml").write_text('id = "fake-loan\n', encoding="utf-8")
    (tmp_path / "regions/cn.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "lexicon/variants.toml").write_text("[slang]\na = 1\n", encoding="utf-8")
    (tmp_path / "samples/money.jsonl").write_text('{"text": "甲"}\n{"text": \n', encoding="utf-8")
    (tmp_path / "emergency/emergency-transferred.toml").write_text("id = 5\n", encoding="utf-8")
    result = scan(tmp_path)
    assert result.faq is None
    assert {p.file for p in result.problems if p.level == "error"} == {
        "money/fake-loan.toml", "regions/cn.toml", "lexicon/variants.toml", "samples/money.jsonl",
        "emergency/emergency-transferred.toml",
    }  # fmt: skip
    assert {p.key for p in result.problems if p.file == "samples/money.jsonl"} == {"line 1", "line 2"}
    assert "money/fake-loan.toml" in result.files
    with pytest.raises(FaqError) as caught:
        read_faq(tmp_path)
    assert caught.value.problems == result.problems


@pytest.mark.parametrize("gone", ["topics.toml", "regions/cn.toml", "money"])
def test_what_is_missing_is_named(tmp_path: Path, gone: str) -> None:
    write_folder(tmp_path)
    path = tmp_path / gone
    if path.is_dir():
        for folder in ("money", "emergency"):
            for file in (tmp_path / folder).iterdir():
                file.unlink()
    else:
        path.unlink()
    result = scan(tmp_path)
    assert result.faq is None
    assert result.problems


def test_a_folder_that_is_not_there_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    assert scan(tmp_path / "nowhere").faq is None


def test_windows_line_ends_and_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    before = scan(write_folder(tmp_path))
    path = tmp_path / "money/fake-loan.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    after = scan(tmp_path)
    assert after.faq == before.faq
    assert after.files["money/fake-loan.toml"].hash == before.files["money/fake-loan.toml"].hash


def test_editors_backups_are_not_read(tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / "money/.fake-loan.toml").write_text("x", encoding="utf-8")
    (tmp_path / "money/fake-loan.toml~").write_text("x", encoding="utf-8")
    assert scan(tmp_path).faq is not None


def test_hash_names_the_text() -> None:
    assert content_hash("甲\r\n") == content_hash("甲\n") != content_hash("乙\n")


def test_path_follows_the_topic() -> None:
    assert entry_path(entry_from_dict(good_entry()), TOPICS) == "money/fake-loan.toml"
    with pytest.raises(FaqError, match="not in topics"):
        entry_path(entry_from_dict(good_entry(topic="gone")), TOPICS)


@pytest.mark.parametrize(
    ("bodies", "texts"),
    [([], {}), ([], {"topics.toml": "x ="}), ([{"id": "a"}], {"topics.toml": "[groups]\n[topics]\n"})],
)
def test_what_the_store_cannot_give_is_an_faq_error(bodies: list[dict[str, str]], texts: dict[str, str]) -> None:
    with pytest.raises(FaqError):
        faq_from_parts(bodies, texts)


def test_stats_count_what_is_there(tmp_path: Path) -> None:
    write_folder(tmp_path)
    found = stats(tmp_path, today=dt.date(2027, 4, 15))
    assert (found.topics, found.covered, found.entries, found.missing) == (2, 2, 2, ())
    assert (found.zh, found.en) == (280, 70)
    assert (found.urgent_zh, found.urgent_en) == (160, 30)
    assert sum(found.styles.values()) == 350
    assert (found.samples, found.dialogues) == (1, 1)
    assert found.due == ("emergency-transferred", "fake-loan")
    assert found.overdue == ()
    assert [g.group for g in found.groups] == ["emergency", "money"]
    assert "主题 / topics: 2 / 2" in str(found)
    assert json.loads(json.dumps(found.as_dict()))["entries"] == 2
    assert stats(tmp_path, today=TODAY).due == ()
    emergency = next(g for g in found.groups if g.group == "emergency")
    assert emergency.urgent == len(emergency_entry()["zh"]["urgent"]) + len(emergency_entry()["en"]["urgent"])

"""Uploaded FAQ files: what is refused and how it is said, and that nothing is replaced unless a person chose it."""

from __future__ import annotations

import copy
import io
import re
import struct
import zipfile
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from editorial_parts import Parts
from small_faq import bodies, files
from test_console import HOME, sign_in

from bot.channels.web.app import create_web
from bot.core.entry import entry_from_dict
from bot.errors import Blocked, NotAllowed, StaleEdit, UsageError
from bot.faqfiles import write_entry
from bot.uploading import MAX_FILES, MAX_UPLOAD, Upload, UploadError, plan, unpack

LOAN = "money/fake-loan.toml"


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts(tmp_path)
    yield made
    made.close()


@pytest.fixture
async def web(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_web(parts))
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=HOME) as client:
        yield client


def packed(texts: Mapping[str, str | bytes], *, prefix: str = "faq/") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in texts.items():
            archive.writestr(prefix + path, text)
    return out.getvalue()


def loan(**wording: Any) -> str:
    """The loan entry's file with another wording."""
    body = copy.deepcopy(next(b for b in bodies() if b["id"] == "fake-loan"))
    body["zh"] |= wording
    return write_entry(entry_from_dict(body))


def lead(parts: Parts) -> str:
    row = parts.store.faq.entry("fake-loan")
    assert row is not None
    return str(row.body["zh"]["lead"])


# ---------------------------------------------------------------- unpacking
@pytest.mark.parametrize("prefix", ["", "faq/", "copy of it/", "repo-main/content/faq/"])
def test_the_folder_is_found_wherever_it_was_packed(prefix: str) -> None:
    extra = {prefix + "README.md": "text", "__MACOSX/faq/money/._x.toml": "", prefix + ".DS_Store": ""}
    texts = {prefix + path: text for path, text in files().items()}
    upload = unpack("faq.zip", packed({**texts, **extra}, prefix=""))
    assert dict(upload.texts) == files()
    assert set(upload.ignored) == set(extra)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("faq.zip", b"", "空的"),
        ("faq.zip", b"PK\x03\x04 and then nothing of the kind", "坏了"),
        ("faq.rar", b"Rar!", "只收"),
        ("entry.docx", b"\xd0\xcf\x11\xe0", "只收"),
        ("faq.zip", b"not packed at all", "只收"),
        ("faq.zip", b"x" * (MAX_UPLOAD + 1), "4 MB"),
        ("faq.zip", packed({"a/b/c/d.txt": "x", "notes.md": "y"}), "没有 FAQ 文件"),
        ("faq.zip", packed({f"money/e{n}.toml": "" for n in range(MAX_FILES + 1)}), "个文件"),
        ("faq.zip", packed({"../../etc/passwd.toml": "x"}), "指向外面"),
        ("faq.zip", packed({"/etc/x.toml": "x"}, prefix=""), "指向外面"),
        ("faq.zip", packed({"C:/x/y.toml": "x"}, prefix=""), "指向外面"),
        ("faq.zip", packed({"lexicon/big.toml": "a" * 3_000_000}), "太大"),
        ("faq.zip", packed({f"money/e{n}.toml": "a" * 1_900_000 for n in range(14)}), "24 MB"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_refused_is_said_in_both_languages(name: str, data: bytes, said: str) -> None:
    with pytest.raises(UploadError, match=said) as error:
        unpack(name, data)
    assert error.value.en.isascii()
    assert not error.value.zh.isascii()


def test_a_link_a_password_and_a_double_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("faq/money/link.toml")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UploadError, match="链接"):
        unpack("faq.zip", out.getvalue())
    locked = bytearray(packed({LOAN: loan()}))
    at = locked.rindex(b"PK\x01\x02")
    locked[at + 8] |= 1
    with pytest.raises(UploadError, match="密码"):
        unpack("faq.zip", bytes(locked))
    with pytest.raises(UploadError, match="两份"):
        unpack("faq.zip", packed({"faq/" + LOAN: "x", "copy/faq/" + LOAN: "y"}, prefix=""))


def test_a_size_that_the_archive_lies_about_is_counted_while_reading() -> None:
    data = bytearray(packed({"lexicon/everyday.toml": "a" * 3_000_000}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    with pytest.raises(UploadError, match=r"太大|坏了"):
        unpack("faq.zip", bytes(data))


# ---------------------------------------------------------------- comparing
def test_everything_that_is_published_comes_back_as_the_same(parts: Parts) -> None:
    edited = parts.editorial.roll_back("fake-loan", 1, parts.eve)
    whole = parts.editorial.all_files(parts.eve)
    found = parts.editorial.plan_upload(unpack("faq.zip", packed(whole)), parts.eve)
    assert found.problems == ()
    assert {item.state for item in found.items} == {"same"}
    assert len(found.items) == len(whole)
    assert parts.store.faq.generation() == edited


def test_a_file_says_what_it_would_change_and_changes_nothing(parts: Parts) -> None:
    generation = parts.store.faq.generation()
    new = loan().replace('id = "fake-loan"', 'id = "loan-two"')
    for text in [*bodies()[1]["zh"]["phrasings"], *bodies()[1]["zh"]["urgent"], *bodies()[1]["en"]["phrasings"],
                 *bodies()[1]["en"]["urgent"], bodies()[1]["zh"]["question"], bodies()[1]["en"]["question"]]:  # fmt: skip
        new = new.replace(text, text + " 2")
    upload = unpack("faq.zip", packed({LOAN: loan(lead="别交。"), "money/loan-two.toml": new}))
    found = parts.editorial.plan_upload(upload, parts.eve)
    assert [(i.name, i.state) for i in found.items] == [("fake-loan", "differs"), ("loan-two", "new")]
    assert [c.key for c in found.items[0].changes] == ["zh.lead"]
    assert found.problems == ()
    assert parts.store.faq.generation() == generation


@pytest.mark.parametrize(
    ("path", "text", "key"),
    [
        (LOAN, "id = ,", "line 1"),
        (LOAN, b"id = \xff\xfe", "-"),
        (LOAN, 'id = "fake-loan"', "topic"),
        (LOAN, loan(lead="打 13800138000 问"), "zh.lead"),
        (LOAN, loan(lead="长" * 121), "zh.lead"),
        (LOAN, loan(phrasings=["有人让我刷单靠谱吗", "别的"]), "zh.phrasings[1]"),
        (LOAN, loan(more="a" * 300_000), "zh.more"),
        ("community/fake-loan.toml", loan(lead="别交。"), "topic"),
        ("money/other.toml", loan(lead="别交。"), "id"),
        ("topics.toml", "[groups]\n", "topics"),
        ("samples/money.jsonl", "{", "line 1"),
        ("lexicon/everyday.toml", "[life]\nzh = 3", "life.zh"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_named_as_faq_check_names_it(
    parts: Parts, path: str, text: str | bytes, key: str
) -> None:
    upload = unpack("faq.zip", packed({path: text}))
    found = parts.editorial.plan_upload(upload, parts.eve)
    assert any(f"{path}:{key}" in str(p) for p in found.problems), [str(p) for p in found.problems]
    with pytest.raises(Blocked):
        parts.editorial.import_upload(upload, {path}, found.generation, parts.eve, reason="急用")


def test_topics_that_leave_a_published_entry_without_its_topic_are_refused(parts: Parts) -> None:
    topics = re.sub(r"(?m)^task-rebate = .+\n", "", files()["topics.toml"])
    assert topics != files()["topics.toml"]
    found = plan(Upload("t", {"topics.toml": topics}), parts.editorial.published(), today=parts.editorial.today())
    assert "task-rebate" in " ".join(p.file for p in found.problems)


def test_a_single_entry_finds_its_group_by_its_topic(parts: Parts) -> None:
    found = parts.editorial.plan_upload(unpack(r"C:\faq\fake-loan.toml", loan(lead="别交。").encode()), parts.eve)
    assert [(i.path, i.state) for i in found.items] == [(LOAN, "differs")]
    found = parts.editorial.plan_upload(unpack("fake-loan.toml", b'topic = "no-such"'), parts.eve)
    assert found.problems


# ---------------------------------------------------------------- taking
def test_only_what_was_chosen_is_taken_and_it_is_recorded(parts: Parts) -> None:
    task = files()["money/task-rebate.toml"].replace("severity = 3", "severity = 2")
    upload = unpack("mine.zip", packed({LOAN: loan(lead="别交。"), "money/task-rebate.toml": task}))
    seen = parts.store.faq.generation()
    taken = parts.editorial.import_upload(upload, {LOAN}, seen, parts.eve, reason="急用")
    assert [item.name for item in taken] == ["fake-loan"]
    assert lead(parts) == "别交。"
    row = parts.store.faq.entry("task-rebate")
    assert row is not None
    assert row.revision == 1
    revision = parts.store.faq.revisions("fake-loan")[0]
    assert (revision.editor, revision.publisher, revision.note) == ("eve", "eve", f"mine.zip: {LOAN}")
    audit = parts.store.staff.audit_log()[0]
    assert (audit.who, audit.action, audit.detail) == ("eve", "import", "mine.zip: 1 taken; override: 急用")
    assert list(parts.editorial.changed_files(parts.eve)) == [LOAN], "the folder does not have it yet"


def test_an_upload_is_no_old_file_to_the_next_import_of_the_folder(parts: Parts) -> None:
    folder = parts.settings.faq
    for path, text in files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    parts.editorial.import_folder(folder, parts.eve)
    upload = unpack("fake-loan.toml", loan(lead="别交。").encode())
    parts.editorial.import_upload(upload, {LOAN}, parts.store.faq.generation(), parts.eve, reason="急用")
    result, _ = parts.editorial.import_folder(folder, parts.eve)
    assert "fake-loan" in result.kept
    assert lead(parts) == "别交。"


def test_a_round_trip_through_another_service_is_the_identity(parts: Parts, tmp_path: Path) -> None:
    upload = unpack("fake-loan.toml", loan(lead="别交。", steps=["一", "二"]).encode())
    parts.editorial.import_upload(upload, {LOAN}, parts.store.faq.generation(), parts.eve, reason="急用")
    changed = parts.editorial.changed_files(parts.eve)
    (tmp_path / "other").mkdir()
    other = Parts(tmp_path / "other")
    upload = unpack("faq-changes.zip", packed(changed))
    other.editorial.import_upload(upload, set(changed), other.store.faq.generation(), other.eve, reason="急用")
    assert other.editorial.changed_files(other.eve) == changed
    assert other.editorial.all_files(other.eve) == parts.editorial.all_files(parts.eve)
    other.close()


def test_what_moved_on_meanwhile_and_what_is_off_stay_as_they_are(parts: Parts) -> None:
    upload = unpack("fake-loan.toml", loan(lead="别交。").encode())
    seen = parts.store.faq.generation()
    parts.editorial.withdraw("fake-loan", "有害", parts.eve)
    with pytest.raises(StaleEdit):
        parts.editorial.import_upload(upload, {LOAN}, seen, parts.eve, reason="急用")
    assert [i.state for i in parts.editorial.plan_upload(upload, parts.eve).items] == ["off"]
    with pytest.raises(NotAllowed):
        parts.editorial.plan_upload(upload, parts.ann)
    with pytest.raises(NotAllowed):
        parts.editorial.import_upload(upload, {LOAN}, seen, parts.ann, reason="急用")


def test_an_uploaded_entry_becomes_a_draft_that_another_person_publishes(parts: Parts) -> None:
    other, samples = "money/task-rebate.toml", "samples/money.jsonl"
    held = parts.editorial.edit("task-rebate", parts.ann)
    whole = parts.editorial.all_files(parts.eve)
    texts = {
        LOAN: loan(lead="别交。"),
        other: whole[other].replace("。", "！"),
        samples: whole[samples] + '\n{"text": "今晚吃啥", "topics": []}',
    }
    upload = unpack("mine.zip", packed(texts))
    seen = parts.store.faq.generation()
    with pytest.raises(UsageError, match="reason"):
        parts.editorial.import_upload(upload, set(texts), seen, parts.eve, reason=" ")
    made, left = parts.editorial.draft_upload(upload, set(texts), seen, parts.eve)
    assert [(d.entry_id, d.base_revision, d.editor) for d in made] == [("fake-loan", 1, "eve")]
    assert [item.name for item in left] == ["task-rebate", samples]
    assert parts.editorial.draft(held.id, parts.ann).body == held.body, "a draft that somebody works on stays"
    assert parts.store.faq.generation() == seen
    parts.replayed(made[0].id, parts.eve)
    with pytest.raises(NotAllowed):
        parts.editorial.publish(made[0].id, made[0].version, parts.eve)
    parts.editorial.publish(made[0].id, made[0].version, parts.ann)
    assert lead(parts) == "别交。"
    with pytest.raises(NotAllowed):
        parts.editorial.draft_upload(upload, set(texts), seen, parts.ann)


# ---------------------------------------------------------------- the page
def posted(name: str, data: bytes) -> dict[str, Any]:
    return {"files": {"file": (name, data, "application/octet-stream")}}


async def test_the_page_compares_first_and_takes_what_is_ticked(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.eve)
    generation = parts.store.faq.generation()
    page = await web.post("/console/files/upload", **posted("mine.zip", packed({LOAN: loan(lead="别交。")})))
    assert page.status_code == 200
    assert "别交。" in page.text
    assert f'name="take" value="{LOAN}">' in page.text, "a conflict is not ticked beforehand"
    assert parts.store.faq.generation() == generation
    key, seen = re.findall(r'name="(?:upload|seen)" value="([^"]+)"', page.text)
    nothing = await web.post("/console/files/take", data={"upload": key, "seen": seen})
    assert nothing.status_code == 422
    assert "一个也没有勾选" in nothing.text
    await sign_in(web, parts, parts.ben)
    assert (
        await web.post(
            "/console/files/take", data={"upload": key, "seen": seen, "take": LOAN, "then": "now", "reason": "急用"}
        )
    ).status_code == 403
    await sign_in(web, parts, parts.eve)
    done = await web.post(
        "/console/files/take", data={"upload": key, "seen": seen, "take": LOAN, "then": "now", "reason": "急用"}
    )
    assert done.status_code == 200
    assert lead(parts) == "别交。"
    again = await web.post(
        "/console/files/take", data={"upload": key, "seen": seen, "take": LOAN, "then": "now", "reason": "急用"}
    )
    assert again.status_code == 422
    assert "再选一次" in again.text
    same = await web.post("/console/files/upload", **posted("mine.zip", packed({LOAN: loan(lead="别交。")})))
    assert "完全一样" in same.text


async def test_an_upload_is_kept_for_its_owner_and_for_half_an_hour(web: httpx.AsyncClient, parts: Parts) -> None:
    parts.staff.add("adam", "admin")
    await sign_in(web, parts, parts.eve)
    page = await web.post("/console/files/upload", **posted("mine.zip", packed({LOAN: loan(lead="别交。")})))
    key, seen = re.findall(r'name="(?:upload|seen)" value="([^"]+)"', page.text)
    form = {"upload": key, "seen": seen, "take": LOAN, "then": "now", "reason": "急用"}
    adam = parts.store.staff.person("adam")
    assert adam is not None
    await sign_in(web, parts, adam)
    assert (await web.post("/console/files/take", data=form)).status_code == 422
    parts.now += 1801
    await sign_in(web, parts, parts.eve)
    assert (await web.post("/console/files/take", data=form)).status_code == 422
    assert lead(parts) != "别交。"


async def test_publishing_meanwhile_shows_the_comparison_anew(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.eve)
    page = await web.post("/console/files/upload", **posted("mine.zip", packed({LOAN: loan(lead="别交。")})))
    key, seen = re.findall(r'name="(?:upload|seen)" value="([^"]+)"', page.text)
    parts.editorial.retire("community-officer", "并入别的", parts.eve)
    page = await web.post(
        "/console/files/take", data={"upload": key, "seen": seen, "take": LOAN, "then": "now", "reason": "急用"}
    )
    assert page.status_code == 409
    assert f'value="{LOAN}" checked' in page.text
    key, seen = re.findall(r'name="(?:upload|seen)" value="([^"]+)"', page.text)
    assert (
        await web.post(
            "/console/files/take", data={"upload": key, "seen": seen, "take": LOAN, "then": "now", "reason": "急用"}
        )
    ).status_code == 200
    assert lead(parts) == "别交。"


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_a_bad_file_is_said_beside_the_field(web: httpx.AsyncClient, parts: Parts, lang: str) -> None:
    await sign_in(web, parts, parts.eve)
    await web.post("/console/language", data={"lang": lang})
    for name, data, zh, en in (
        ("x.zip", b"PK\x03\x04", "打不开", "damaged"),
        ("x.zip", packed({"../../x/y.toml": ""}), "指向外面", "outside"),
        ("x.exe", b"MZ", "只收", "Only a .zip"),
        ("x.zip", b"x" * (MAX_UPLOAD + 100_000), "4 MB", "4 MB"),
    ):
        page = await web.post("/console/files/upload", **posted(name, data))
        assert page.status_code == 422
        beside = re.search(r'id="file-p">(.*?)</ul>', page.text, re.DOTALL)
        assert beside is not None
        assert (zh if lang == "zh" else en) in beside[1]
    none = await web.post("/console/files/upload", data={"x": "y"})
    assert none.status_code == 422
    assert ("请先选" if lang == "zh" else "Choose a file") in none.text


async def test_findings_of_an_upload_are_listed_with_file_and_key(web: httpx.AsyncClient, parts: Parts) -> None:
    await sign_in(web, parts, parts.eve)
    page = await web.post("/console/files/upload", **posted("x.zip", packed({LOAN: loan(lead="打 13800138000 问")})))
    assert page.status_code == 422
    assert f"{LOAN}: zh.lead" in page.text
    assert 'name="take"' not in page.text


async def test_the_downloads_are_what_may_be_uploaded(web: httpx.AsyncClient, parts: Parts) -> None:
    parts.editorial.roll_back("fake-loan", 1, parts.eve)
    await sign_in(web, parts, parts.eve)
    for address, count in (("/console/files.zip", 1), ("/console/files.zip?all=1", 9)):
        data = (await web.get(address)).content
        assert (await web.get(address)).content == data
        assert len(unpack("faq.zip", data).texts) == count
        assert "完全一样" in (await web.post("/console/files/upload", **posted("faq.zip", data))).text

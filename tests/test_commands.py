"""`python -m bot`: every command, its exit status, where it writes, and that no input ends in a traceback."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_faq import FakeIndex, files, stub_policy

from bot.__main__ import main, parser
from bot.core.entry import Faq
from bot.core.smalltalk import cry

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory of its own with a small FAQ; settings of the surrounding world do not count."""
    for path, text in files().items():
        (tmp_path / "faq" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "faq" / path).write_text(text, encoding="utf-8")
    for name in list(os.environ):
        if name.startswith("BOT_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    stub_policy(monkeypatch)

    def fake(faq: Faq, *, aside: bool = False) -> Any:
        return FakeIndex(faq)

    monkeypatch.setattr("bot.indexcache.index_of", fake)
    monkeypatch.setattr("bot.conversation.index_of", fake)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(*arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        try:
            status = main(arguments)
        except SystemExit as stop:  # argparse
            status = int(stop.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return call


def lines(*objects: Any) -> bytes:
    return b"".join(json.dumps(o, ensure_ascii=False).encode() + b"\n" for o in objects)


def loads(out: str) -> list[Any]:
    return [json.loads(line) for line in out.split("\n") if line]


# ---------------------------------------------------------------- ask, explain, redact
def test_ask_prints_what_the_resident_reads(run: Run) -> None:
    status, out, err = run("ask", "贷款要先交钱，", "能信吗")
    assert (status, err) == (0, "")
    assert out.startswith("【网上贷款要先交钱，是真的吗？】")


def test_ask_json_is_a_reply_and_records_nothing(run: Run, tmp_path: Path) -> None:
    status, out, _ = run("ask", "--json", "贷款")
    reply = json.loads(out)
    assert (status, reply["kind"], reply["turn"]) == (0, "answer", 1)
    assert not (tmp_path / "data").exists()


def test_ask_lines_answers_texts_and_conversations_in_order(run: Run) -> None:
    feed = lines({"id": "a", "text": "贷款"}, {"id": 7, "turns": ["你好", "有人让我贷款", "那怎么办"]})
    status, out, err = run("ask", "--jsonl", stdin=feed)
    assert (status, err) == (0, "")
    assert [(r["id"], r["turn"], r["kind"]) for r in loads(out)] == [
        ("a", 1, "answer"), (7, 1, "smalltalk"), (7, 2, "answer"), (7, 3, "answer"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "bad",
    [
        b"nonsense", b"[1]", b'{"id": "x"}', b'{"text": "no id"}', b'{"id": "x", "text": 5}', b'{"id": "x", "turns": []}',
        b'{"id": "x", "turns": ["a", 1]}', b'{"id": null, "text": "a"}', b"\xff\xfe", b'{"id": "x", "text": "a"',
        b"[" * 100_000, b'{"id": "x", "text": "a", "lang": "fr"}',
    ],
)  # fmt: skip
def test_a_bad_line_is_reported_and_the_rest_goes_on(run: Run, bad: bytes) -> None:
    status, out, err = run("ask", "--jsonl", stdin=bad + b"\n\n" + lines({"id": "b", "text": "贷款"}))
    assert status == 1
    assert [reply["id"] for reply in loads(out)] == ["b"]
    assert err.startswith("line 1: ")
    assert "Traceback" not in err


def test_any_text_comes_back_as_valid_json_lines(run: Run) -> None:
    feed = b'{"id": "\\ud800", "text": "\\udfff \\u2028 \\u0000 <b> *x*"}\n'
    status, out, _ = run("ask", "--jsonl", stdin=feed)
    assert status == 0
    (reply,) = loads(out)
    assert reply["id"] == "\ud800"


def test_a_byte_order_mark_at_the_start_is_no_error(run: Run) -> None:
    status, out, _ = run("ask", "--jsonl", stdin=b"\xef\xbb\xbf" + lines({"id": "a", "text": "贷款"}))
    assert (status, len(loads(out))) == (0, 1)


def test_options_choose_language_region_and_folder(run: Run, tmp_path: Path) -> None:
    assert "打 165 问" in run("ask", "--region", "tw", "贷款")[1]
    assert run("ask", "--region", "xx", "贷款")[0] == 2
    status, _, err = run("ask", "--faq", str(tmp_path / "no"), "贷款")
    assert status == 1
    assert "no" in err


@pytest.mark.parametrize("arguments", [("ask",), ("ask", "--jsonl", "text"), ("redact",), ("nothing",), ("faq",), ()])
def test_wrong_usage_is_status_2(run: Run, arguments: tuple[str, ...]) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err
    assert "Traceback" not in err


def test_all_bad_settings_are_named_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_REGION", "mars")
    monkeypatch.setenv("BOT_LISTEN", "nowhere")
    status, _, err = run("ask", "贷款")
    assert status == 2
    assert "BOT_REGION" in err
    assert "BOT_LISTEN" in err
    assert "mars" not in err


def test_explain_shows_the_decision(run: Run) -> None:
    status, out, _ = run("explain", "贷款")
    assert status == 0
    assert "kind: answer" in out
    assert json.loads(run("explain", "--json", "贷款")[1])["kind"] == "answer"


def test_redact_masks_as_it_would_be_stored(run: Run) -> None:
    assert run("redact", "电话13800138000")[1] == "电话[手机号]\n"
    status, out, _ = run("redact", "--jsonl", stdin=lines({"id": 1, "text": "电话13800138000"}))
    assert (status, loads(out)) == (0, [{"id": 1, "text": "电话[手机号]"}])


# ---------------------------------------------------------------- faq
def test_faq_check_fails_on_an_error_and_names_file_and_key(run: Run, tmp_path: Path) -> None:
    (tmp_path / "faq/money/fake-loan.toml").write_text("id = ", encoding="utf-8")
    status, out, _ = run("faq", "check", "--fast")
    assert status == 1
    assert "money/fake-loan.toml:" in out
    assert ": error: " in out


def test_faq_stats(run: Run) -> None:
    assert run("faq", "stats")[0] == 0
    assert json.loads(run("faq", "stats", "--json")[1])["entries"] == 4


def test_import_and_export(run: Run, tmp_path: Path) -> None:
    status, out, _ = run("faq", "import", "faq", "--json")
    assert status == 0
    assert len(json.loads(out)["imported"]) == 8
    status, out, _ = run("faq", "export", "out")
    assert status == 0
    assert (tmp_path / "out/money/fake-loan.toml").exists()
    assert "imported 0" in run("faq", "import", "out")[1]


def test_an_import_of_a_broken_folder_names_the_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "faq/money/fake-loan.toml").write_text("id = ", encoding="utf-8")
    status, out, err = run("faq", "import", "faq")
    assert status == 1
    assert "money/fake-loan.toml" in out
    assert "nothing imported" in err


def test_an_export_before_an_import_says_what_to_do(run: Run) -> None:
    status, _, err = run("faq", "export", "out")
    assert status == 1
    assert "faq import" in err


# ---------------------------------------------------------------- chat and the log of the unanswered
def test_chat_is_the_same_conversation(run: Run) -> None:
    talk = "做任务的\n2\n/yes\n/topics\n2\n1\n/more\n/share\n/urgent\n1\n/lang en\nmy loan\n/elder\nmy loan\n/no too long\n"
    talk += "/privacy\n/verify\n/help\n/start\n/nonsense\n99\n/forget\n/forget\n/quit\nnever read\n"
    status, out, err = run("chat", stdin=talk.encode())
    assert (status, err) == (0, "")
    for expected in (
        "0. 都不是", "【网上贷款要先交钱，是真的吗？】", "谢谢，记下了", "想看哪一类", "更多的话", "先要钱的都是骗子",
        "钱已经转给骗子了", "English from now on", "They want a fee", "Simple mode is on", "What I keep", "impostor",
        "No such command", "records deleted", "no records of you", "Goodbye",
    ):  # fmt: skip
        assert expected in out
    assert "never read" not in out


def test_review_reads_what_chat_could_not_answer(run: Run) -> None:
    assert "no questions wait" in run("review", "list")[1]
    run("chat", stdin="=楼道里的新鲜事，电话13800138000\n今天天气怎么样\n".encode())
    status, out, _ = run("review", "list", "--json")
    (group,) = json.loads(out)
    assert (status, group["questions"], group["askers"], group["reason"]) == (0, 1, 1, "no_entry")
    assert group["nearest"][0]["entry"] == "fake-loan"
    assert group["group"] in run("review", "list")[1]
    status, out, _ = run("review", "show", group["group"], "--json")
    assert "[手机号]" in json.loads(out)["texts"][0]["text"]
    assert "13800138000" not in run("review", "show", group["group"])[1]
    assert run("review", "show", "nothing")[0] == 1
    assert len(json.loads(run("review", "export", "--format", "json")[1])) == 2
    header, *rows = run("review", "export", "--format", "csv")[1].splitlines()
    assert header.startswith("group,state,reason,text")
    assert any(",'=楼道" in row for row in rows)  # a spreadsheet must not run a resident's words


def test_review_group(run: Run) -> None:
    feed = lines(
        {"id": "a", "text": "手机丢了怎么办"},
        {"id": "b", "text": "猫丢了怎么办"},
        {"id": "c", "text": "请问手机丢了咋办"},
    )
    status, out, _ = run("review", "group", "--jsonl", stdin=feed)
    groups = {row["id"]: row["group"] for row in loads(out)}
    assert status == 0
    assert groups["a"] == groups["c"] != groups["b"]
    assert run("review", "group")[0] == 2
    assert run("review", "group", "--jsonl", stdin=b"x\n")[0] == 1


# ---------------------------------------------------------------- staff
def test_staff(run: Run) -> None:
    assert run("staff", "add", "王", "--role", "admin", "--telegram-id", "7")[0] == 0
    assert run("staff", "add", "王", "--role", "editor")[0] == 1
    assert run("staff", "add", "", "--role", "editor")[0] == 2
    assert run("staff", "add", "李", "--role", "boss")[0] == 2
    people = json.loads(run("staff", "list", "--json")[1])
    assert [(p["name"], p["role"], p["telegram_id"]) for p in people] == [("王", "admin", 7)]
    status, out, _ = run("staff", "link", "王")
    assert status == 0
    assert out.startswith("http://127.0.0.1:8080/console/sign-in/")
    assert run("staff", "link", "nobody")[0] == 1
    assert run("staff", "remove", "王")[0] == 1  # the only admin
    run("staff", "add", "李", "--role", "admin")
    assert run("staff", "remove", "王")[0] == 0
    assert "王" not in run("staff", "list")[1]


def test_staff_forget_deletes_a_residents_data(run: Run, tmp_path: Path) -> None:
    from bot.ids import Pseudonyms
    from bot.keyfile import key_path, secret_key
    from bot.settings import load_settings
    from bot.store.base import Preferences
    from bot.store.sqlite import SqliteStore

    run("db", "migrate")
    settings = load_settings()
    asker = Pseudonyms(secret_key(settings)).of("telegram", 42)
    assert key_path(settings).stat().st_mode & 0o777 == 0o600
    store = SqliteStore(tmp_path / "data/bot.db")
    store.turns.set_preferences(asker, Preferences(lang="en"))
    store.close()
    status, out, _ = run("staff", "forget", "42", "--json")
    assert status == 0
    assert json.loads(out)["preferences"] == 1
    assert "nothing was kept" in run("staff", "forget", "42")[1]


def test_staff_forget_reaches_what_waits_and_what_an_older_key_wrote(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.ids import Pseudonyms
    from bot.store.base import InboxRow, Preferences
    from bot.store.sqlite import SqliteStore

    run("db", "migrate")
    store = SqliteStore(tmp_path / "data/bot.db")
    before, after = (Pseudonyms(key).of("telegram", 42) for key in ("old-key", "new-key"))
    assert before != after
    for asker in (before, after, Pseudonyms("old-key").of("telegram", 43)):
        store.turns.set_preferences(asker, Preferences(lang="en", quiz={"streak": 3}))
    store.inbox.accept([InboxRow(1, "42", {"text": "在等的话"}, 9), InboxRow(2, "43", {"text": "别人的话"}, 9)])
    monkeypatch.setenv("BOT_SECRET_KEY", "new-key, old-key")
    status, out, _ = run("staff", "forget", "42")
    assert status == 0
    assert "updates: 1" in out
    assert "preferences: 2" in out
    assert [row.chat_id for row in store.inbox.pending()] == ["43"]
    assert store.inbox.accept([InboxRow(1, "42", {"text": "在等的话"}, 9)]) == []  # brought again
    data = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    assert "在等的话".encode() not in data
    assert "别人的话".encode() in data
    store.close()


# ---------------------------------------------------------------- db, bench, doctor
def test_db(run: Run, tmp_path: Path) -> None:
    assert "applied" in run("db", "migrate")[1]
    assert run("db", "migrate")[1] == "up to date\n"
    assert run("db", "check")[1] == "sound\n"
    assert run("db", "backup", "copy.db")[0] == 0
    assert run("db", "backup", "copy.db")[0] == 1  # never over an existing file
    assert run("db", "restore", "copy.db")[0] == 0
    assert run("db", "restore", "missing.db")[0] == 1
    (tmp_path / "data/bot.db").write_bytes(b"this is no database" * 100)
    status, _, err = run("db", "check")
    assert status == 1
    assert "Traceback" not in err


def test_bench_lists_and_refuses(run: Run) -> None:
    assert "grouping" in run("bench", "--list")[1]
    assert run("bench", "no-such")[0] == 2


def test_doctor_before_and_after_the_first_start(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    status, out, _ = run("doctor")
    assert status == 0, out
    run("faq", "import", "faq")
    status, out, _ = run("doctor", "--json")
    assert status == 0
    assert {row["what"] for row in json.loads(out)} == {
        "settings", "secret key", "store", "published FAQ", "FAQ folder", "clock", "disk", "Telegram",
    }  # fmt: skip


def test_doctor_names_faults_and_hides_secrets(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_TELEGRAM_TOKEN", "123456:very-secret-token")
    monkeypatch.setenv("BOT_TELEGRAM_API", "http://127.0.0.1:9")
    (tmp_path / "faq/money/fake-loan.toml").write_text("id = ", encoding="utf-8")
    status, out, err = run("doctor")
    assert status == 1
    assert "FAULT FAQ folder" in out
    assert "FAULT Telegram" in out
    assert "very-secret-token" not in out + err


def test_every_command_of_the_contract_is_there() -> None:
    for line in (
        "serve", "chat", "ask x", "ask --jsonl", "ask x --json", "explain x", "redact --jsonl", "faq check",
        "faq check DIR", "faq stats", "faq export DIR", "faq import DIR", "review list", "review show G",
        "review export --format csv", "review export --format json", "review group --jsonl",
        "staff add N --role editor", "staff add N --role admin --telegram-id 5", "staff list", "staff remove N",
        "staff link N", "staff forget 5", "db migrate", "db check", "db backup F", "db restore F", "bench", "doctor",
    ):  # fmt: skip
        assert callable(parser().parse_args(line.split()).run)


def test_after_a_cry_for_help_the_emergencies_are_chosen_by_number(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stub_policy(monkeypatch, lambda index, *_, **__: cry(index.faq, "cn"))
    status, out, _ = run("chat", stdin="救命\n1\n/quit\n".encode())
    assert status == 0
    assert "出事了，先做这几步" in out
    assert "1. 钱已经转给骗子了，怎么办？" in out
    assert out.count("现在就做") == 1  # the card of the one that was chosen

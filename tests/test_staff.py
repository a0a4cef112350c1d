"""Staff: links that work once and for ten minutes, sessions that can be revoked, roles, and what the audit says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import staff as rules
from bot.errors import AlreadyDone, NotAllowed, NotFound, UsageError
from bot.staff import Staff, require
from bot.store.sqlite import SqliteStore


class Clock:
    def __init__(self) -> None:
        self.now = 1_764_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "bot.db")
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def staff(store: SqliteStore, clock: Clock) -> Staff:
    return Staff(store.staff, clock=clock, base_url="http://127.0.0.1:8080/")


def token(link: str) -> str:
    return link.rsplit("/", 1)[1]


def test_a_link_opens_one_session_and_only_one(staff: Staff) -> None:
    staff.add("王", "editor")
    link = staff.link("王")
    assert link.startswith("http://127.0.0.1:8080/console/sign-in/")
    signed = staff.sign_in(token(link))
    assert signed is not None
    assert signed.person.name == "王"
    assert staff.sign_in(token(link)) is None
    assert staff.session(signed.token) is not None


def test_looking_at_a_link_does_not_consume_it(staff: Staff) -> None:
    staff.add("王", "editor")
    link = token(staff.link("王"))
    assert staff.peek(link) == "王"
    assert staff.peek(link) == "王"
    assert staff.sign_in(link) is not None
    assert staff.peek(link) is None


def test_a_link_ends_after_ten_minutes(staff: Staff, clock: Clock) -> None:
    staff.add("王", "editor")
    link = token(staff.link("王"))
    clock.now += rules.LINK_SECONDS
    assert staff.peek(link) is None
    assert staff.sign_in(link) is None


def test_a_session_ends_after_eight_hours(staff: Staff, clock: Clock) -> None:
    staff.add("王", "editor")
    signed = staff.sign_in(token(staff.link("王")))
    assert signed
    clock.now += rules.SESSION_SECONDS - 1
    assert staff.session(signed.token)
    clock.now += 1
    assert staff.session(signed.token) is None


def test_removing_a_person_ends_sessions_and_links_at_once(staff: Staff) -> None:
    staff.add("admin", "admin")
    staff.add("王", "editor")
    link = token(staff.link("王"))
    signed = staff.sign_in(token(staff.link("王")))
    assert signed
    staff.remove("王")
    assert staff.session(signed.token) is None
    assert staff.sign_in(link) is None
    assert [p.name for p in staff.people()] == ["admin"]


def test_signing_out_ends_this_session_and_everywhere_ends_all(staff: Staff) -> None:
    staff.add("王", "editor")
    first, second, third = (staff.sign_in(token(staff.link("王"))) for _ in range(3))
    assert first
    assert second
    assert third
    staff.sign_out(first.token)
    assert staff.session(first.token) is None
    assert staff.session(second.token)
    assert staff.sign_out_everywhere("王", by="admin") == 2
    assert staff.session(third.token) is None


def test_tokens_are_not_in_the_database(staff: Staff, store: SqliteStore, tmp_path: Path) -> None:
    staff.add("王", "editor")
    link = token(staff.link("王"))
    signed = staff.sign_in(token(staff.link("王")))
    assert signed
    store.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert link.encode() not in content
    assert signed.token.encode() not in content


@pytest.mark.parametrize("name", ["", "  ", "a" * 41, "import", "System", "a\nb", "<b>"])
def test_a_name_must_be_fit_to_be_shown(staff: Staff, name: str) -> None:
    with pytest.raises(UsageError):
        staff.add(name, "editor")


def test_wrong_role_and_wrong_telegram_id_are_refused(staff: Staff) -> None:
    with pytest.raises(UsageError):
        staff.add("王", "boss")
    with pytest.raises(UsageError):
        staff.add("王", "editor", telegram_id=0)


def test_a_name_and_a_telegram_id_belong_to_one_person(staff: Staff) -> None:
    staff.add("王", "editor", telegram_id=7)
    with pytest.raises(AlreadyDone):
        staff.add("王", "admin")
    with pytest.raises(AlreadyDone):
        staff.add("李", "editor", telegram_id=7)
    found = staff.by_telegram(7)
    assert found
    assert found.name == "王"


def test_the_last_admin_cannot_be_removed(staff: Staff) -> None:
    staff.add("一", "admin")
    with pytest.raises(NotAllowed):
        staff.remove("一")
    staff.add("二", "admin")
    staff.remove("一")
    with pytest.raises(NotFound):
        staff.remove("一")


def test_the_first_admins_link_is_printed_until_somebody_used_one(staff: Staff, clock: Clock) -> None:
    assert staff.first_admin_link()
    clock.now += 3600
    link = staff.first_admin_link()
    assert link
    assert staff.sign_in(token(link))
    assert staff.first_admin_link() is None


def test_there_is_no_first_admins_link_when_an_admin_was_added(staff: Staff) -> None:
    staff.add("王", "admin")
    assert staff.first_admin_link() is None


def test_roles(staff: Staff) -> None:
    editor, admin = staff.add("王", "editor"), staff.add("李", "admin")
    assert require(editor, "editor") == editor
    assert require(admin, "editor") == admin
    for person in (editor, None):
        with pytest.raises(NotAllowed):
            require(person, "admin")


def test_a_link_for_nobody_says_so(staff: Staff) -> None:
    with pytest.raises(NotFound):
        staff.link("王")


def test_the_audit_tells_who_did_what_to_whom(staff: Staff) -> None:
    staff.add("王", "editor", by="李")
    staff.sign_in(token(staff.link("王", by="李")))
    actions = [(row.who, row.action, row.target) for row in reversed(staff.audit_log())]
    assert actions == [("李", "staff add", "王"), ("李", "sign-in link", "王"), ("王", "sign in", "王")]

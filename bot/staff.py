"""Who may edit and review: people, one-time sign-in links, sessions, roles, and the audit of it all."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from bot.errors import NotAllowed, NotFound, UsageError
from bot.ids import token_hash
from bot.store.base import AuditRow, Clock, Role, SessionRow, StaffRow, StaffStore

LINK_SECONDS = 10 * 60
SESSION_SECONDS = 8 * 3600
#: Names by which the program itself signs.
RESERVED = frozenset({"import", "system", "bot", "shell"})
SHELL = "shell"
FIRST_ADMIN = "admin"
_NAME = re.compile(r"[\w][\w .@-]{0,39}")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session; ``token`` goes into the cookie and is kept nowhere."""

    person: StaffRow
    token: str
    expires_at: int


class Staff:
    """Tokens are stored as hashes: whoever reads the database cannot sign in with what is there."""

    def __init__(self, store: StaffStore, *, clock: Clock, base_url: str) -> None:
        self._store = store
        self._clock = clock
        self._base_url = base_url.rstrip("/")

    # ------------------------------------------------------------ people
    def add(self, name: str, role: str, *, telegram_id: int | None = None, by: str = SHELL) -> StaffRow:
        """AlreadyDone when the name or the Telegram id is taken."""
        name = name.strip()
        if not _NAME.fullmatch(name) or name.casefold() in RESERVED:
            raise UsageError(
                "名字要 1 到 40 个字、字母、数字、空格或 . _ - @，也不能是保留的名字 / "
                "a name is 1-40 letters, digits, spaces or . _ - @, and none of " + ", ".join(sorted(RESERVED))
            )
        if role not in ("editor", "admin"):
            raise UsageError("角色只有编辑和管理员 / the role must be editor or admin")
        if telegram_id is not None and not 0 < telegram_id < 1 << 52:
            raise UsageError(
                "Telegram 编号是大于 0 的整数，发 /whoami 可查 / a Telegram id is a whole number above 0, as /whoami shows it"
            )
        known: Role = "admin" if role == "admin" else "editor"
        row = StaffRow(name, known, telegram_id, self._clock())
        self._store.add(row)
        self._audit(by, "staff add", name, known)
        return row

    def remove(self, name: str, *, by: str = SHELL) -> None:
        """Ends the person's sessions and links at once. NotFound; NotAllowed for the last admin."""
        person = self._present(name)
        if person.role == "admin" and sum(p.role == "admin" for p in self._store.people()) == 1:
            raise NotAllowed(f"{name} 是唯一的管理员，先再添加一位 / {name} is the only admin; add another admin first")
        if not self._store.remove(person.name, at=self._clock()):
            raise NotFound(f"no staff named {name}")
        self._audit(by, "staff remove", person.name)

    def people(self, *, removed: bool = False) -> list[StaffRow]:
        return self._store.people(removed=removed)

    def person(self, name: str) -> StaffRow | None:
        """Somebody who is staff now."""
        found = self._store.person(name)
        return found if found and not found.removed_at else None

    def by_telegram(self, telegram_id: int) -> StaffRow | None:
        return self._store.by_telegram(telegram_id)

    # ------------------------------------------------------------ links
    def link(self, name: str, *, by: str = SHELL) -> str:
        """A sign-in link for ten minutes and one use. Opening it consumes nothing; its button does."""
        person = self._present(name)
        return f"{self._base_url}/console/sign-in/{self._token_for(person.name, by)}"

    def first_admin_link(self) -> str | None:
        """A link for the first admin, whom it makes; None once anybody added an admin or the first one signed in.

        Links live ten minutes: a service started again before anybody used one prints another.
        """
        admins = [person.name for person in self._store.people() if person.role == "admin"]
        if any(name != FIRST_ADMIN for name in admins) or (admins and self._ever_signed_in()):
            return None
        if not admins:
            self.add(FIRST_ADMIN, "admin", by="system")
        return self.link(FIRST_ADMIN, by="system")

    def _ever_signed_in(self) -> bool:
        rows = self._store.audit_log(limit=1000)
        return len(rows) == 1000 or any(row.action == "sign in" for row in rows)

    def peek(self, token: str) -> str | None:
        """Whose link this is, while it is valid."""
        return self._store.peek_link(token_hash(token), now=self._clock())

    def sign_in(self, token: str) -> SignedIn | None:
        """Consumes a link and opens a session; None when the link is unknown, used or too old."""
        now = self._clock()
        name = self._store.use_link(token_hash(token), now=now)
        person = self.person(name) if name else None
        if person is None:
            return None
        session = secrets.token_urlsafe(32)
        self._store.add_session(SessionRow(token_hash(session), person.name, now, now + SESSION_SECONDS))
        self._audit(person.name, "sign in", person.name)
        return SignedIn(person, session, now + SESSION_SECONDS)

    # ------------------------------------------------------------ sessions
    def session(self, token: str) -> StaffRow | None:
        """Who is signed in with this token; None when it ended, and once the person was removed."""
        return self._store.session(token_hash(token), now=self._clock()) if token else None

    def sign_out(self, token: str) -> None:
        person = self.session(token)
        self._store.end_session(token_hash(token))
        if person:
            self._audit(person.name, "sign out", person.name)

    def sign_out_everywhere(self, name: str, *, by: str) -> int:
        """Ends every session of a person; how many there were."""
        ended = self._store.end_sessions(name)
        self._audit(by, "sign out everywhere", name, str(ended))
        return ended

    # ------------------------------------------------------------ audit
    def audit_log(self, *, limit: int = 100, before_id: int | None = None) -> list[AuditRow]:
        return self._store.audit_log(limit=limit, before_id=before_id)

    def note(self, who: str, action: str, target: str, detail: str = "") -> None:
        """One line in the audit; detail holds no resident's words."""
        self._audit(who, action, target, detail)

    def _audit(self, who: str, action: str, target: str, detail: str = "") -> None:
        self._store.audit(AuditRow(self._clock(), who, action, target, detail))

    def _present(self, name: str) -> StaffRow:
        found = self.person(name)
        if found is None:
            raise NotFound(f"no staff named {name}; `staff list` shows who there is")
        return found

    def _token_for(self, name: str, by: str) -> str:
        token = secrets.token_urlsafe(24)
        self._store.add_link(token_hash(token), name, expires_at=self._clock() + LINK_SECONDS)
        self._audit(by, "sign-in link", name)
        return token


def require(person: StaffRow | None, role: Role) -> StaffRow:
    """The person if the role permits: an admin may do everything an editor may. NotAllowed otherwise."""
    if person is None or person.removed_at:
        raise NotAllowed("请先登录 / sign in first")
    if role == "admin" and person.role != "admin":
        raise NotAllowed("只有管理员能做这一步 / only an admin may do this")
    return person

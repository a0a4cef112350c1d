"""Settings from the environment and `.env`: one frozen value, every problem named at once, no value printed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.errors import SettingsError

REGION_TIMEZONES = {
    "cn": "Asia/Shanghai",
    "hk": "Asia/Hong_Kong",
    "tw": "Asia/Taipei",
    "sg": "Asia/Singapore",
}

#: name -> (default, what it is): the README's table is checked against this.
SETTINGS: dict[str, tuple[str, str]] = {
    "BOT_TELEGRAM_TOKEN": ("", "token of the Telegram bot; without it Telegram is off"),
    "BOT_TELEGRAM_API": ("https://api.telegram.org", "root of the Bot API server, without /bot"),
    "BOT_TELEGRAM_MODE": (
        "auto",
        "auto, polling or webhook; auto: webhook when a public URL and a secret are set",
    ),
    "BOT_TELEGRAM_TRANSPORT": ("fast", "fast (aiohttp) or default (httpx, the library's own)"),
    "BOT_PUBLIC_URL": ("", "address under which residents and Telegram reach the service"),
    "BOT_WEBHOOK_SECRET": ("", "secret that Telegram sends with each webhook call: 1-256 of A-Z a-z 0-9 _ -"),
    "BOT_PROXY": ("", "proxy for calls to the Bot API"),
    "BOT_TRUSTED_PROXIES": ("", "addresses of reverse proxies whose X-Forwarded-For is believed, by comma"),
    "BOT_DATABASE": ("data/bot.db", "path of the SQLite file"),
    "BOT_FAQ": ("faq", "folder of the FAQ files"),
    "BOT_LISTEN": ("127.0.0.1:8080", "host:port of the web server"),
    "BOT_SECRET_KEY": ("", "signs sessions and pseudonyms; created once beside the database file when unset"),
    "BOT_REGION": ("cn", "cn, hk, tw or sg: whose hotlines answers show"),
    "BOT_TIMEZONE": ("", "time zone of days and counts; default: the region's"),
    "BOT_OPERATOR": ("", "who runs the bot and its official handle, shown by /verify and the web chat"),
    "BOT_RETENTION_DAYS": ("180", "how long unanswered questions and feedback are kept at most"),
    "BOT_REPLAY_DAYS": ("30", "how long a question's masked text is kept to replay edits on; 0: only counts"),
    "BOT_EMBED_ORIGINS": ("", "sites that may show the chat in a frame, by comma"),
    "BOT_RATE_LIMIT": ("30", "questions a minute and address that the web API answers"),
    "BOT_LOG": ("text", "text or json"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What `app.py` wires the service from. Secrets are not part of ``repr``."""

    telegram_token: str = field(repr=False)
    telegram_api: str
    telegram_mode: str
    telegram_transport: str
    public_url: str
    webhook_secret: str = field(repr=False)
    proxy: str = field(repr=False)
    trusted_proxies: tuple[str, ...]
    database: str = field(repr=False)
    faq: Path
    host: str
    port: int
    secret_key: str = field(repr=False)
    region: str
    timezone: str
    operator: str
    retention_days: int
    replay_days: int
    embed_origins: tuple[str, ...]
    rate_limit: int
    log: str

    @property
    def webhook(self) -> bool:
        """Whether Telegram is served by webhook."""
        if self.telegram_mode == "auto":
            return bool(self.public_url and self.webhook_secret)
        return self.telegram_mode == "webhook"


def read_env_file(path: Path) -> dict[str, str]:
    """`NAME=value` lines of a .env file; quotes around a value and `export` are dropped, # starts a comment."""
    values: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path}: cannot be read ({type(error).__name__}); make it a UTF-8 file"]) from None
    for line in lines:
        match = re.match(r"\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*$", line)
        if match and not line.lstrip().startswith("#"):
            name, value = match.groups()
            if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
                value = value[1:-1]
            else:
                value = re.sub(r"\s+#.*$", "", value)
            values[name] = value
    return values


def load_settings(environ: Mapping[str, str] | None = None, *, env_file: Path | None = None) -> Settings:
    """Settings of this process: the environment wins over `.env`. Raises SettingsError with every problem."""
    source = dict(read_env_file(env_file or Path(".env")))
    source.update(os.environ if environ is None else environ)
    raw = {name: source.get(name, "").strip() or default for name, (default, _) in SETTINGS.items()}
    problems: list[str] = []

    def one_of(name: str, allowed: tuple[str, ...]) -> str:
        if raw[name] not in allowed:
            problems.append(f"{name} must be one of {', '.join(allowed)}")
        return raw[name]

    def number(name: str, low: int, high: int) -> int:
        if not raw[name].isascii() or not raw[name].isdigit() or not low <= int(raw[name]) <= high:
            problems.append(f"{name} must be a whole number from {low} to {high}")
            return low
        return int(raw[name])

    def url(name: str) -> str:
        if raw[name] and not _is_address(raw[name], ("http", "https")):
            problems.append(f"{name} must be an http(s) address such as https://example.invalid")
        return raw[name].rstrip("/")

    host, port = _listen(raw["BOT_LISTEN"], problems)
    region = one_of("BOT_REGION", tuple(REGION_TIMEZONES))
    timezone = raw["BOT_TIMEZONE"] or REGION_TIMEZONES.get(region, "Asia/Shanghai")
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        problems.append("BOT_TIMEZONE must be a time zone name such as Asia/Shanghai")
    if raw["BOT_TELEGRAM_TOKEN"] and not re.fullmatch(r"\d+:[\w-]{3,}", raw["BOT_TELEGRAM_TOKEN"]):
        problems.append("BOT_TELEGRAM_TOKEN must look like 123456:ABC…, as @BotFather gives it")
    mode = one_of("BOT_TELEGRAM_MODE", ("auto", "polling", "webhook"))
    secret = raw["BOT_WEBHOOK_SECRET"]
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        problems.append("BOT_WEBHOOK_SECRET must be 1-256 of A-Z a-z 0-9 _ -")
    if mode == "webhook" and not (secret and raw["BOT_PUBLIC_URL"]):
        problems.append("BOT_TELEGRAM_MODE=webhook needs BOT_PUBLIC_URL and BOT_WEBHOOK_SECRET")
    # Said here once: the libraries that would stumble over it later quote it, with its password.
    if raw["BOT_PROXY"] and not _is_address(raw["BOT_PROXY"], _PROXY_SCHEMES):
        problems.append(f"BOT_PROXY must be an address that begins with one of {', '.join(_PROXY_SCHEMES)}, then ://")
    settings = Settings(
        telegram_token=raw["BOT_TELEGRAM_TOKEN"],
        telegram_api=url("BOT_TELEGRAM_API"),
        telegram_mode=mode,
        telegram_transport=one_of("BOT_TELEGRAM_TRANSPORT", ("fast", "default")),
        public_url=url("BOT_PUBLIC_URL"),
        webhook_secret=secret,
        proxy=raw["BOT_PROXY"],
        trusted_proxies=tuple(p.strip() for p in raw["BOT_TRUSTED_PROXIES"].split(",") if p.strip()),
        database=raw["BOT_DATABASE"],
        faq=Path(raw["BOT_FAQ"]),
        host=host,
        port=port,
        secret_key=raw["BOT_SECRET_KEY"],
        region=region,
        timezone=timezone,
        operator=raw["BOT_OPERATOR"],
        retention_days=number("BOT_RETENTION_DAYS", 1, 3650),
        replay_days=number("BOT_REPLAY_DAYS", 0, 365),
        embed_origins=tuple(o.strip() for o in raw["BOT_EMBED_ORIGINS"].split(",") if o.strip()),
        rate_limit=number("BOT_RATE_LIMIT", 1, 1_000_000),
        log=one_of("BOT_LOG", ("text", "json")),
    )
    if settings.database.startswith(("postgres://", "postgresql://")):
        problems.append("BOT_DATABASE: PostgreSQL is not served yet; give the path of a SQLite file")
    if problems:
        raise SettingsError(problems)
    return settings


_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


def _is_address(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # brackets, a port that is none; its text quotes the value
        return False


def _listen(value: str, problems: list[str]) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        problems.append("BOT_LISTEN must be host:port, such as 127.0.0.1:8080")
        return "127.0.0.1", 8080
    return host.strip("[]"), int(port)

"""ask, explain, redact: the core from the command line. They read the FAQ folder, touch no store, record nothing."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.commands.common import Commands, Complaints, add, json_lines, put_json, settings, stdin_lines, text_of
from bot.errors import UsageError


def register(commands: Commands) -> None:
    parser = add(commands, "ask", _ask, "answer a question from the FAQ folder; nothing is recorded")
    parser.add_argument("text", nargs="*", metavar="TEXT", help="the question")
    parser.add_argument("--json", action="store_true", help="the whole reply as JSON")
    parser.add_argument("--jsonl", action="store_true", help='read {"id", "text"} or {"id", "turns"} a line from stdin')
    _common(parser)
    parser = add(commands, "explain", _explain, "why a question is answered as it is")
    parser.add_argument("text", nargs="+", metavar="TEXT")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--context", action="append", default=[], metavar="TEXT", help="an earlier turn; repeatable")
    _common(parser)
    parser = add(commands, "redact", _redact, "mask personal data as it would be stored")
    parser.add_argument("text", nargs="*", metavar="TEXT")
    parser.add_argument("--jsonl", action="store_true", help='read {"id", "text"} a line from stdin')


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--region", help="cn, hk, tw or sg; default BOT_REGION")
    parser.add_argument("--lang", choices=("zh-Hans", "zh-Hant", "en"), help="default: that of the question")
    parser.add_argument("--faq", type=Path, metavar="DIR", help="the FAQ folder; default BOT_FAQ")


def _load(args: argparse.Namespace) -> tuple[Any, str]:
    """(index, region) as the options and settings say."""
    from bot.core.entry import REGIONS
    from bot.indexcache import load_index

    configured = settings()
    region = args.region or configured.region
    if region not in REGIONS:
        raise UsageError(f"--region must be one of {', '.join(REGIONS)}")
    return load_index(args.faq or configured.faq), region


def _given(args: argparse.Namespace) -> str | None:
    """The question on the command line, or None for --jsonl; one of them is needed."""
    if args.jsonl == bool(args.text):
        raise UsageError(
            f'{args.command}: give a text, or --jsonl with lines on stdin: python -m bot {args.command} "…"'
        )
    return None if args.jsonl else " ".join(args.text)


def _ask(args: argparse.Namespace) -> int:
    text = _given(args)
    index, region = _load(args)
    if text is None:
        return ask_lines(index, stdin_lines(), region=region, lang=args.lang)
    reply = _timed(index, text, [], region, args.lang)
    if args.json:
        put_json(reply.as_json(), indent=2)
    else:
        print(reply.text)
    return 0


def ask_lines(index: Any, lines: Iterable[bytes], *, region: str, lang: Any) -> int:
    """A reply a line for every text, or for every turn of a conversation, in order."""
    from bot.served import warm

    warm(index)
    complain = Complaints()
    for number, data in json_lines(lines, complain=complain):
        try:
            turns = _turns(data)
            chosen = _lang(data) or lang
        except ValueError as error:
            complain(f"line {number}: {error}; left out")
            continue
        for place, reply in enumerate(conversation(index, turns, region=region, lang=chosen), 1):
            put_json({**reply.as_json(), "id": data["id"], "turn": place})
    return complain.status


def conversation(index: Any, turns: Iterable[str], *, region: str, lang: Any = None) -> Iterable[Any]:
    """Replies to the turns of one conversation, each read in the light of those before, as the service does."""
    from bot.conversation import CONTEXT_TURNS, keeps_context, mask

    context: list[str] = []
    for text in turns:
        masked = mask(text)
        before = [line for line in context[-CONTEXT_TURNS:] if line != masked]
        reply = _timed(index, text, before, region, lang)
        if keeps_context(reply):
            context.append(reply.masked)
        yield reply


def _timed(index: Any, text: str, context: list[str], region: str, lang: Any) -> Any:
    from bot.core.answer import answer

    began = time.perf_counter()
    reply = answer(index, text, context=context, region=region, lang=lang)
    return replace(reply, elapsed_ms=round((time.perf_counter() - began) * 1000, 2))


def _turns(data: dict[str, Any]) -> list[str]:
    if "turns" not in data:
        return [text_of(data)]
    turns = data["turns"]
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, str) for turn in turns):
        raise ValueError('"turns" must be a list of texts')
    return turns


def _lang(data: dict[str, Any]) -> str | None:
    lang = data.get("lang")
    if lang not in (None, "zh-Hans", "zh-Hant", "en"):
        raise ValueError('"lang" must be zh-Hans, zh-Hant or en')
    return lang


def _explain(args: argparse.Namespace) -> int:
    from bot.conversation import mask
    from bot.core.policy import decide
    from bot.core.reply import MAX_TEXT
    from bot.core.text import clean, normalise

    index, region = _load(args)
    text = clean(" ".join(args.text)[:MAX_TEXT])
    decision = decide(index, text, context=args.context, region=region)
    shown: dict[str, Any] = {
        "text": mask(text),
        "kind": decision.kind,
        "reason": decision.reason,
        "entries": [{"id": h.entry_id, "confidence": h.confidence, "role": h.role} for h in decision.hits],
        "why": list(decision.why),
        **decision.detail,
    }
    if "normalised" in shown:  # of what would be stored: the terminal's scroll-back and the shell's logs keep it
        shown["normalised"] = normalise(mask(text))
    if args.json:
        put_json(shown, indent=2)
    else:
        for line in _tree(shown):
            print(line)
    return 0


def _tree(value: Any, depth: int = 0) -> Iterable[str]:
    """Nested values as indented lines: what a person reads more easily than JSON."""
    pad = "  " * depth
    for key, item in value.items():
        if isinstance(item, dict) and item:
            yield f"{pad}{key}:"
            yield from _tree(item, depth + 1)
        elif isinstance(item, (list, tuple)) and any(isinstance(part, dict) for part in item):
            yield f"{pad}{key}:"
            for part in item:
                yield f"{pad}  - " + ", ".join(f"{name} {content}" for name, content in part.items())
        elif isinstance(item, (list, tuple)):
            yield f"{pad}{key}: {', '.join(map(str, item)) or '-'}"
        else:
            yield f"{pad}{key}: {'-' if item in (None, '', {}) else item}"


def _redact(args: argparse.Namespace) -> int:
    from bot.conversation import mask

    text = _given(args)
    if text is not None:
        print(mask(text))
        return 0
    complain = Complaints()
    for number, data in json_lines(stdin_lines(), complain=complain):
        try:
            put_json({"id": data["id"], "text": mask(text_of(data))})
        except ValueError as error:
            complain(f"line {number}: {error}; left out")
    return complain.status

"""The match index of a FAQ, kept beside the user's caches so that a second start does not fit it again.

Fitting takes several seconds, reading it back a fraction of one. The cache is named by what went in (FAQ content,
code of the core, numpy's version): a change of either makes a new one, and a damaged or unwritable cache only costs
the time. It holds numbers and the FAQ's own words, nothing of residents.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from bot.core.entry import Faq, entry_to_dict
from bot.core.index import Index, build_index
from bot.core.lexicon import Lexicon
from bot.core.linear import LinearModel, Vectorizer
from bot.core.retrieve import Retriever
from bot.core.smalltalk import Smalltalk
from bot.faqfiles import read_faq

_MODELS = ("router", "cards", "urgency", "scope")
_KEEP = 4


def load_index(folder: Path) -> Index:
    """FaqError names every problem that keeps the folder from being read."""
    return index_of(read_faq(folder))


def index_of(faq: Faq) -> Index:
    """The index of ``faq``: from the cache when it is there, else fitted (and kept)."""
    path = cache_folder() / f"index-{_key(faq)}.npz"
    # A damaged file raises whatever the part of it that is damaged makes numpy, zipfile or json raise.
    with contextlib.suppress(OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error):
        return _load(path, faq)
    index = build_index(faq)
    with contextlib.suppress(OSError):
        _save(path, index)
    return index


def cache_folder() -> Path:
    """``XDG_CACHE_HOME`` (or ~/.cache)/fanzha-bot; made by whoever writes first."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "fanzha-bot"


def _key(faq: Faq) -> str:
    content = {
        "entries": [entry_to_dict(e, iso_dates=True) for e in sorted(faq.entries, key=lambda e: e.id)],
        "topics": {t.id: t.group for t in faq.topics.values()},
        "lexicon": faq.lexicon,
        "samples": [(s.text, s.topics, s.urgent) for s in faq.samples],
    }
    body = json.dumps(content, ensure_ascii=True, sort_keys=True, default=str)
    return hashlib.sha256((_code_key() + body).encode()).hexdigest()[:32]


@lru_cache(maxsize=1)
def _code_key() -> str:
    folder = Path(__file__).parent / "core"
    digest = hashlib.sha256(np.__version__.encode())
    for file in sorted(folder.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _save(path: Path, index: Index) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    words = {
        "vocabulary": list(index.vectorizer.vocabulary),
        "ends": dict(index.vectorizer.ends),
        "classes": {name: list(getattr(index, name).classes) for name in _MODELS},
        "calibration": dict(index.calibration),
        "texts": index.retriever.texts,
        "labels": index.retriever.labels,
    }
    arrays: dict[str, Any] = {name: getattr(index, name).weights for name in _MODELS}
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            body = np.frombuffer(json.dumps(words).encode(), np.uint8)
            np.savez(file, words=body, idf=index.vectorizer.idf, **arrays)
        os.replace(name, path)  # a reader never sees half a file
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    kept = sorted(path.parent.glob("index-*.npz"), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in kept[_KEEP:]:
        old.unlink(missing_ok=True)


def _load(path: Path, faq: Faq) -> Index:
    # Opened here: numpy leaves its own file open when the archive is damaged.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
        words = json.loads(data["words"].tobytes())
        models = {name: LinearModel(tuple(words["classes"][name]), data[name]) for name in _MODELS}
        idf = data["idf"]
    vocabulary = {name: i for i, name in enumerate(words["vocabulary"])}
    return Index(
        faq=faq,
        lexicon=Lexicon(faq.lexicon),
        entries={e.id: e for e in faq.entries},
        vectorizer=Vectorizer(words["ends"], vocabulary, idf),
        retriever=Retriever(words["texts"], words["labels"]),
        smalltalk=Smalltalk(faq.lexicon.get("smalltalk", {})),
        calibration=words["calibration"],
        **models,
    )

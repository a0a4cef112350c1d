"""The match index of a FAQ, kept beside the user's caches so that a second start does not fit it again.

Fitting takes about a minute, reading it back a second. The cache is named by what went in (what teaches of the FAQ,
code of the core, numpy's version): a change of either makes a new one, what is only shown does not, and a damaged or
unwritable cache only costs the time. It holds numbers and the FAQ's own words, nothing of residents.

Of several processes and threads that share the folder one fits at a time (``fit.lock``); the others wait for it and
read what it left. The last few stay, so that going back to an earlier FAQ needs no fit.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import multiprocessing
import os
import signal
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from bot.core.entry import Faq
from bot.core.index import Index, build_index, lexicon_of
from bot.core.interim import taught
from bot.core.linear import LinearModel, StackedModels, Vectorizer
from bot.core.retrieve import Retriever
from bot.core.smalltalk import Smalltalk
from bot.faqfiles import read_faq

try:
    import fcntl
except ImportError:  # Windows: two processes may fit the same at once, and only lose time
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger(__name__)

_STATE = ("cards", "urgency", "moments", "scope")
_KEEP = 6
#: What a damaged file raises: whatever the part of it that is damaged makes numpy, zipfile or json raise.
_DAMAGED = (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error)
#: How far a fit beside the service stands back for what answers.
_NICE = 10


def load_index(folder: Path) -> Index:
    """FaqError names every problem that keeps the folder from being read."""
    return index_of(read_faq(folder))


def index_of(faq: Faq, *, aside: bool = False) -> Index:
    """The index of ``faq``: from the cache when it is there, else fitted (and kept).

    ``aside``: fitted by a process of its own at low priority, so that this one goes on answering; by this one only
    if that fails.
    """
    path = cache_folder() / f"index-{_key(faq)}.npz"
    with contextlib.suppress(*_DAMAGED):
        return _load(path, faq)
    if aside:
        _fit_aside(faq, path)
    with _alone(path.parent):
        with contextlib.suppress(*_DAMAGED):
            return _load(path, faq)  # somebody else fitted it meanwhile
        index = build_index(faq)
        with contextlib.suppress(OSError):
            _save(path, index)
    return index


def _fit_aside(faq: Faq, path: Path) -> None:
    if not _writable(path.parent):
        return  # the child could not hand anything over
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_child, args=(theirs,), name="fit", daemon=True)
    try:
        child.start()
    except OSError as error:
        log.warning("no process to fit in (%s); fitting in this one", error)
        return
    finally:
        theirs.close()
    # Not as an argument: `start` would wait for ever for a child to read it that died while it was starting.
    with contextlib.suppress(OSError):
        ours.send(faq)
    child.join()
    ours.close()
    if child.exitcode:
        log.warning("the process that fits ended with %s; fitting in this one", child.exitcode)
    child.close()


def _child(pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this one too
    if hasattr(os, "nice"):
        os.nice(_NICE)
    index_of(pipe.recv())


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One fit at a time in a folder; the system gives the lock back when its holder dies."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = stack.enter_context((folder / "fit.lock").open("a"))
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _writable(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.access(folder, os.W_OK)
    return False


def cache_folder() -> Path:
    """``XDG_CACHE_HOME`` (or ~/.cache)/fanzha-bot; made by whoever writes first."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "fanzha-bot"


def _key(faq: Faq) -> str:
    body = json.dumps(taught(faq), ensure_ascii=True, sort_keys=True, default=str)
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
    models = {"router": index.router, **index.state.models}
    words = {
        "vocabulary": list(index.vectorizer.vocabulary),
        "ends": dict(index.vectorizer.ends),
        "classes": {name: list(model.classes) for name, model in models.items()},
        "calibration": dict(index.calibration),
        "texts": index.retriever.texts,
        "labels": index.retriever.labels,
    }
    arrays: dict[str, Any] = {name: model.steps for name, model in models.items()}
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
        models = {name: LinearModel(tuple(words["classes"][name]), data[name]) for name in ("router", *_STATE)}
        idf = data["idf"]
    with contextlib.suppress(OSError):
        os.utime(path)  # the least used ones go first
    vocabulary = {name: i for i, name in enumerate(words["vocabulary"])}
    return Index(
        faq=faq,
        lexicon=lexicon_of(faq),
        entries={e.id: e for e in faq.entries},
        vectorizer=Vectorizer(words["ends"], vocabulary, idf),
        retriever=Retriever(words["texts"], words["labels"]),
        smalltalk=Smalltalk(faq.lexicon.get("smalltalk", {})),
        # JSON has no tuples; what is read back equals what was fitted.
        calibration={k: tuple(v) if isinstance(v, list) else v for k, v in words["calibration"].items()},
        router=models["router"],
        state=StackedModels.of({name: models[name] for name in _STATE}),
    )

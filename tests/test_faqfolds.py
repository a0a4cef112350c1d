"""The folds: what processes share the work changes nothing of what they find."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matching_parts import tiny_faq, weights_of

from bot import faqfolds
from bot.core import corpus, features
from bot.core.index import build_index, corpus_of
from bot.core.lexicon import Lexicon
from bot.faqfolds import held_out


def test_two_processes_find_what_one_finds() -> None:
    faq = tiny_faq()
    one, index = held_out(faq, 1)
    two, again = held_out(faq, 2)
    assert one == two
    assert {(owner, text) for owner, text, _ in one} == {(e.id, t) for e in faq.entries for t in faqfolds._phrasings(e)}
    assert index.calibration == again.calibration == build_index(faq).calibration


def test_a_fold_is_fitted_as_if_alone() -> None:
    faq = tiny_faq()
    read = corpus_of(faq)
    build_index(faq, corpus=read)
    for fold in range(faqfolds.FOLDS):
        taught = replace(faq, entries=tuple(faqfolds._without(entry, fold) for entry in faq.entries))
        alone, shared = build_index(taught, calibrate=False, rough=True), faqfolds._fold_index(faq, fold, read)
        assert shared.vectorizer.vocabulary == alone.vectorizer.vocabulary
        assert weights_of(shared) == weights_of(alone)


def test_every_string_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    original = features.extract

    def counted(text: str, lexicon: Lexicon) -> features.Features:
        read.append(text)
        return original(text, lexicon)

    monkeypatch.setattr(corpus, "extract", counted)
    held_out(tiny_faq(), 1)
    assert read
    assert len(read) == len(set(read))


def test_what_a_process_took_that_died_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = held_out(tiny_faq(), 1)[0]
    monkeypatch.setattr(faqfolds, "_help", divmod)  # dies at once
    monkeypatch.setattr(faqfolds, "_folds", lambda taken: iter((0, 3)))
    assert held_out(tiny_faq(), 2)[0] == whole

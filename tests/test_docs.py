"""The READMEs name what there is: every setting, every command, files that exist."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.__main__ import parser
from bot.settings import SETTINGS

ROOT = Path(__file__).resolve().parents[1]
ENGLISH = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh.md").read_text(encoding="utf-8")


def children(made: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in made._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def commands(made: argparse.ArgumentParser, before: str = "") -> Iterator[str]:
    """serve, ask, "faq check" ...: the commands that do something."""
    for name, child in children(made).items():
        if children(child):
            yield from commands(child, f"{before}{name} ")
        else:
            yield f"{before}{name}"


COMMANDS = list(commands(parser()))


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_stand_in_the_readme(name: str) -> None:
    assert re.search(rf"^\| `{name}` \|", ENGLISH, re.MULTILINE)


def test_the_readme_names_no_setting_that_is_gone() -> None:
    assert set(re.findall(r"\bBOT_[A-Z_]*[A-Z]\b", ENGLISH + CHINESE)) <= set(SETTINGS)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_stand_in_the_readme(command: str) -> None:
    assert re.search(rf"`{command}\b", ENGLISH)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_stand_in_the_chinese_readme(command: str) -> None:
    assert re.search(rf"`{command}\b", CHINESE)


@pytest.mark.parametrize(
    "name", ["README.md", "README.zh.md", "docs/architecture.md", "docs/editing.md", "faq/README.md"]
)
def test_links_lead_somewhere(name: str) -> None:
    source = ROOT / name
    for target in re.findall(r"\]\(([^)#\s]+)", source.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (source.parent / target).exists(), f"{name}: {target}"

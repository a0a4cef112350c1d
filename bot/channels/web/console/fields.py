"""The fields of a posted form or a query."""

from __future__ import annotations

from collections.abc import Mapping


class Form:
    """The fields of a form or a query; a field that is not there reads as empty."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self._fields = fields

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def get(self, name: str, default: str = "") -> str:
        values = self._fields.get(name)
        return values[0] if values else default

    def all(self, name: str) -> list[str]:
        return list(self._fields.get(name, ()))

    def number(self, name: str, default: int = 0) -> int:
        value = self.get(name)
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else default

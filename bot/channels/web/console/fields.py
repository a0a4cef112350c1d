"""The fields of a posted form or a query, and reading them from a request."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from urllib.parse import parse_qs

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from bot.uploading import MAX_UPLOAD

#: No field is cut: what is too long as a whole is refused, and stays in the browser. A Chinese character takes nine bytes.
MAX_BODY = 512 * 1024
MAX_FIELDS = 3000
#: Around the file stand a few small fields and the borders.
MAX_UPLOAD_BODY = MAX_UPLOAD + 64 * 1024


class Form:
    """The fields of a form or a query; a field that is not there reads as empty.

    ``files``: name of the field -> (file name, content). ``too_large``: a file that was not read.
    """

    def __init__(
        self,
        fields: Mapping[str, list[str]],
        files: Mapping[str, tuple[str, bytes]] | None = None,
        *,
        too_large: bool = False,
    ) -> None:
        self._fields = fields
        self.files = files or {}
        self.too_large = too_large

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


async def read_form(request: Request, *, upload: bool = False) -> Form | None:
    """The fields of a posted form; None when it is too large. ``upload``: a file may come with it; when that is too
    large the form says so, so that the page can say it beside the field."""
    limit = MAX_UPLOAD_BODY if upload else MAX_BODY
    body = bytearray()
    over = False
    async for chunk in request.stream():
        over = over or len(body) + len(chunk) > limit
        if over and not upload:
            return None
        if over:
            body.clear()  # read on to the end, or the browser would show a broken connection instead of the page
        else:
            body += chunk
    if over:
        return Form({}, too_large=True)
    if upload:
        return await _multipart(request, bytes(body))
    try:
        return Form(parse_qs(bytes(body).decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        return None


async def _multipart(request: Request, body: bytes) -> Form:
    """An empty form where the body is none: the handler then misses its file."""

    async def once() -> AsyncGenerator[bytes, None]:
        yield body

    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return Form({})
    try:
        parser = MultiPartParser(request.headers, once(), max_files=1, max_fields=20, max_part_size=64 * 1024)
        found = await parser.parse()
    except (MultiPartException, KeyError, ValueError, UnicodeError):
        return Form({})
    fields: dict[str, list[str]] = {}
    files: dict[str, tuple[str, bytes]] = {}
    for name, value in found.multi_items():
        if isinstance(value, UploadFile):
            files[name] = (value.filename or "", await value.read())
            await value.close()
        else:
            fields.setdefault(name, []).append(value)
    return Form(fields, files)

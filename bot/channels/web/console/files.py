"""faq/ as files: what was edited here, to take along; what changed in the folder or in an uploaded file, to take in."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from starlette.responses import Response

from bot.channels.web.console.auth import Call
from bot.core.texts import one_language
from bot.errors import Blocked, FaqError, StaleEdit, UsageError
from bot.uploading import Upload, UploadError, unpack


def show(call: Call) -> Response:
    return _page(call)


def _page(call: Call, status: int = 200, **values: Any) -> Response:
    empty: dict[str, Any] = {
        "result": None, "differ": {}, "broken": [], "refused": "", "plan": None, "key": "", "upload": None, "taken": [],
        "begun": [], "left": [], "notice": "", "blocked": [], "ticked": None,
    }  # fmt: skip
    paths = sorted(call.editorial.changed_files(call.person))
    return call.page("files.html", status, **{**empty, "paths": paths, **values})


def download(call: Call) -> Response:
    """What was edited here, or with ``all=1`` everything that is published."""
    everything = call.query.get("all") == "1"
    found = call.editorial.all_files(call.person) if everything else call.editorial.changed_files(call.person)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in sorted(found.items()):
            # One date for all: the same changes are the same file.
            info = zipfile.ZipInfo(f"faq/{path}", (2026, 1, 1, 0, 0, 0))
            archive.writestr(info, text, zipfile.ZIP_DEFLATED)
    name = "faq.zip" if everything else "faq-changes.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(packed.getvalue(), media_type="application/zip", headers=headers)


# ---------------------------------------------------------------- the folder
def bring_in(call: Call) -> Response:
    folder = call.console.settings.faq
    try:
        result, differ = call.editorial.import_folder(folder, call.person, take=call.form.all("take"))
    except FaqError as error:
        broken = [str(p) for p in error.problems if p.level == "error"] or [str(error)]
        return _page(call, 422, paths=[], broken=broken[:50])
    return _page(call, result=result, differ=differ)


# ---------------------------------------------------------------- an uploaded file
def upload(call: Call) -> Response:
    """Shows what the file would change; nothing is taken yet."""
    name, data = call.form.files.get("file", ("", b""))
    try:
        if call.form.too_large:
            raise UploadError(
                "文件超过 4 MB。请只放改过的条目。", "The file is over 4 MB. Put in only the entries that changed."
            )
        if not name:
            raise UploadError("请先选一个文件。", "Choose a file first.")
        found = unpack(name, data)
    except UploadError as error:
        return _page(call, 422, refused=call.say(error.zh, error.en))
    key = call.console.shelf.put(call.person.name, found, call.console.services.clock())
    return _planned(call, key, found)


def _planned(call: Call, key: str, found: Upload, status: int = 200, **values: Any) -> Response:
    plan = call.editorial.plan_upload(found, call.person)
    return _page(call, 422 if plan.problems else status, plan=plan, key=key, upload=found, **values)


def take(call: Call) -> Response:
    key, ticked = call.form.get("upload"), call.form.all("take")
    found = call.console.shelf.get(key, call.person.name, call.console.services.clock())
    if found is None:
        said = (
            "上传的文件已过期，没有导入。请再选一次。",
            "The upload is no longer kept; nothing was taken. Choose it again.",
        )
        return _page(call, 422, refused=call.say(*said))
    seen, reason = call.form.number("seen", -1), call.form.get("reason")
    try:
        if call.form.get("then") == "now":
            taken = call.editorial.import_upload(found, set(ticked), seen, call.person, reason=reason)
            result: dict[str, Any] = {"taken": taken}
        else:
            begun, left = call.editorial.draft_upload(found, set(ticked), seen, call.person)
            result = {"begun": begun, "left": left}
    except StaleEdit:
        notice = call.say(
            "您看的时候又发布了别的内容，还没有导入。下面是新的比较，请再选一次。",
            "Something was published while you looked; nothing was taken. Below is the new comparison: choose again.",
        )
        return _planned(call, key, found, 409, notice=notice, ticked=ticked)
    except UsageError as error:
        return _planned(call, key, found, 422, notice=one_language(str(error), call.lang), ticked=ticked)
    except Blocked as error:
        return _planned(call, key, found, 422, blocked=error.reasons[:50], ticked=ticked)
    call.console.shelf.drop(key)
    return _page(call, **result)

"""faq/ as files: what was edited here, to take along; what changed in the folder, to take in."""

from __future__ import annotations

import io
import zipfile

from starlette.responses import Response

from bot.channels.web.console.auth import Call
from bot.errors import FaqError


def show(call: Call) -> Response:
    return call.page(
        "files.html", paths=sorted(call.editorial.changed_files(call.person)), result=None, differ={}, broken=[]
    )


def download(call: Call) -> Response:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in sorted(call.editorial.changed_files(call.person).items()):
            # One date for all: the same changes are the same file.
            archive.writestr(zipfile.ZipInfo(f"faq/{path}", (2026, 1, 1, 0, 0, 0)), text)
    headers = {"Content-Disposition": 'attachment; filename="faq-changes.zip"'}
    return Response(packed.getvalue(), media_type="application/zip", headers=headers)


def bring_in(call: Call) -> Response:
    folder = call.console.settings.faq
    try:
        result, differ = call.editorial.import_folder(folder, call.person, take=call.form.all("take"))
    except FaqError as error:
        broken = [str(p) for p in error.problems if p.level == "error"] or [str(error)]
        return call.page("files.html", 422, paths=[], result=None, differ={}, broken=broken[:50])
    paths = sorted(call.editorial.changed_files(call.person))
    return call.page("files.html", paths=paths, result=result, differ=differ, broken=[])

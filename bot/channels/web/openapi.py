"""The API's description (OpenAPI 3.1), written by hand; `tests/test_web_openapi.py` holds it against routes and replies."""

from __future__ import annotations

from typing import Any, Final

_JSON = "application/json"
_Schema = dict[str, Any]


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: dict[str, _Schema], optional: dict[str, _Schema] | None = None) -> _Schema:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def _list(items: _Schema) -> _Schema:
    return {"type": "array", "items": items}


def _text(description: str = "") -> _Schema:
    return {"type": "string", **({"description": description} if description else {})}


def _one_of(*values: str, description: str = "") -> _Schema:
    return {"type": "string", "enum": list(values), **({"description": description} if description else {})}


_LANG = _one_of("zh-Hans", "zh-Hant", "en")
_ROLE = _one_of("emergency", "answer", "choice")
_CONFIDENCE = {"type": "number", "minimum": 0, "maximum": 1}
_NUMBER = {"type": "integer"}

_SCHEMAS: Final[dict[str, _Schema]] = {
    "Question": _object(
        {"text": _text("The question. What goes beyond 4,096 characters is not read.")},
        {
            "session": _text("As the last reply gave it, to go on in the same conversation."),
            "lang": {**_LANG, "description": "Language to answer in; left out: that of the text."},
            "message": _text("The client's id of this message: sent again with the same one, it is recorded once."),
        },
    ),
    "Choice": _object(
        {"answer": _text("Id of the reply that offered the choices.")},
        {
            "entry": _text('Id of the entry chosen, or "none".'),
            "none": {"type": "boolean", "description": 'true is the same as "entry": "none".'},
            "session": _text(),
        },
    ),
    "Feedback": _object(
        {"answer": _text("Id of the reply."), "helpful": {"type": "boolean"}},
        {"missing": _text("What was missing, in the resident's words; masked before it is kept.")},
    ),
    "Answer": _object({"answer": _text("Id of the reply.")}),
    "Waiting": _object(
        {"session": _text(), "answers": {**_list(_text()), "maxItems": 20, "description": "Ids of replies."}}
    ),
    "Session": _object({"session": _text()}),
    "Reply": _object(
        {
            "id": _text("The server's; feedback and choices name it."),
            "turn": {"type": "integer", "minimum": 1},
            "session": _text(),
            "kind": _one_of("emergency", "answer", "choose", "smalltalk", "unknown"),
            "reason": {"type": ["string", "null"], "enum": ["not_ours", "no_entry", None]},
            "lang": _LANG,
            "entries": _list(_ref("ShownEntry")),
            "why": {**_list(_text()), "description": "Words of the question that decided."},
            "notices": _list(_one_of("masked", "truncated")),
            "text": _text("The whole reply as plain text."),
            "masked": _text("The question as it would be stored."),
            "elapsed_ms": {"type": "number"},
            "intro": _text("The sentence before the cards."),
            "outro": _text("The sentence after the cards."),
            "cards": {**_list(_ref("Card")), "description": "In the order of entries."},
            "hotlines": _list(_ref("Hotline")),
        }
    ),
    "ShownEntry": _object(
        {"id": _text(), "topic": _text(), "title": _text(), "confidence": _CONFIDENCE, "role": _ROLE}
    ),
    "Card": _object(
        {
            "id": _text("Of the entry."),
            "topic": _text(),
            "role": _ROLE,
            "risk": _one_of("emergency", "scam", "caution", "info"),
            "title": _text(),
            "lead": _text("The verdict and the one thing to do."),
            "signs": _list(_text()),
            "steps": _list(_text()),
            "more": _text(),
            "share": _text("A text to forward to the family."),
            "hotlines": _list(_ref("Hotline")),
            "sources": _list(_text()),
            "brief": {"type": "boolean", "description": "Only title and lead are filled."},
        }
    ),
    "Hotline": _object(
        {
            "title": _text(),
            "number": _text(),
            "purpose": _text(),
            "dial": _text("For a tel: link; empty: not a number."),
        }
    ),
    "EntryLine": _object({"id": _text(), "topic": _text(), "group": _text(), "title": _text()}),
    "EntryPage": _object(
        {
            "entries": _list(_ref("EntryLine")),
            "next": {"type": ["string", "null"], "description": "Address of the next page; null on the last one."},
        }
    ),
    "Entry": {"allOf": [_ref("Card"), _object({"group": _text(), "lang": _LANG, "text": _text()})]},
    "Topics": _object(
        {
            "groups": _list(
                _object(
                    {
                        "id": _text(),
                        "title": _text(),
                        "entries": _list(_object({"id": _text(), "title": _text()})),
                    }
                )
            )
        }
    ),
    "News": _object(
        {
            "ready": _list(_object({"answer": _text(), "reply": _ref("Reply")})),
            "waiting": {**_list(_text()), "description": "Still without an answer; what is in neither list is over."},
        }
    ),
    "Deleted": _object({"deleted": _NUMBER}),
    "Alive": _object({"status": _text()}),
    "Readiness": _object(
        {"status": _one_of("ready", "not ready"), "store": _one_of("ok", "down"), "faq": _text()},
        {"entries": _NUMBER, "generation": _NUMBER, "published": _NUMBER},
    ),
    "Problem": {
        **_object(
            {
                "type": _text(),
                "title": _text(),
                "status": _NUMBER,
                "code": _text("Which case it is, for programs."),
                "detail": _text("What to do, for people."),
            },
            {
                "errors": _list(_object({"pointer": _text(), "detail": _text()})),
                "retry_after": {"type": "integer", "description": "Seconds."},
            },
        ),
        "description": "Problem details, RFC 9457.",
    },
}

_PROBLEMS: Final = {
    400: "The body is not JSON.",
    404: "Unknown answer or entry.",
    409: "No answer is being waited for.",
    413: "The body is larger than 64 kB.",
    422: "A field is missing, empty or of the wrong type.",
    429: "Too many requests from this address; Retry-After says how long to wait.",
    503: "The store or the FAQ is not there right now; Retry-After says when to try again.",
}


def _problem(status: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": _PROBLEMS[status],
        "content": {"application/problem+json": {"schema": _ref("Problem")}},
    }
    if status in (429, 503):
        found["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return found


def _answered(name: str, description: str) -> dict[str, Any]:
    return {"description": description, "content": {_JSON: {"schema": _ref(name)}}}


def _post(operation: str, summary: str, body: str, success: dict[str, Any], *also: int) -> dict[str, Any]:
    return {
        "post": {
            "operationId": operation,
            "summary": summary,
            "requestBody": {"required": True, "content": {_JSON: {"schema": _ref(body)}}},
            "responses": {**success, **{str(s): _problem(s) for s in sorted({400, 413, 422, 429, 503, *also})}},
        }
    }


def _get(
    operation: str, summary: str, success: dict[str, Any], *also: int, parameters: list[_Schema] | None = None
) -> dict[str, Any]:
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            **({"parameters": parameters} if parameters else {}),
            "responses": {**success, **{str(status): _problem(status) for status in also}},
        }
    }


_LANG_PARAMETER: Final[_Schema] = {
    "name": "lang", "in": "query", "schema": {**_LANG, "default": "zh-Hans"}, "description": "Language of the texts.",
}  # fmt: skip
_NO_CONTENT: Final = {"204": {"description": "Noted."}}

DOCUMENT: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {
        "title": "防骗助手 / Anti-fraud helper",
        "version": "1",
        "description": "Ask, choose, rate, browse. Errors are problem details (RFC 9457). No sign-in, no cookies.",
    },
    "servers": [{"url": "/"}],
    "paths": {
        "/api/v1/ask": _post("ask", "Ask a question", "Question", {"200": _answered("Reply", "The answer.")}),
        "/api/v1/choose": _post(
            "choose", "Take one of the choices offered", "Choice", {"200": _answered("Reply", "Its card.")}, 404
        ),
        "/api/v1/feedback": _post("feedback", "Say whether an answer helped", "Feedback", _NO_CONTENT, 404),
        "/api/v1/tell-me": _post(
            "tellMe", "Ask to be told when there is an answer; news gives it", "Answer", _NO_CONTENT, 404, 409
        ),
        "/api/v1/news": _post(
            "news", "Answers that a session waits for", "Waiting", {"200": _answered("News", "What is there now.")}
        ),
        "/api/v1/forget": _post(
            "forget",
            "Delete everything recorded of a session",
            "Session",
            {"200": _answered("Deleted", "How many records were deleted.")},
        ),
        "/api/v1/urgent": _get(
            "urgent",
            "What to do first in an emergency",
            {"200": _answered("Reply", "The emergency card; its entries are choices.")},
            422, 429, 503,
            parameters=[_LANG_PARAMETER],
        ),
        "/api/v1/topics": _get(
            "topics",
            "Groups with their entries, in the order of the menus",
            {"200": _answered("Topics", "All of them.")},
            422, 429, 503,
            parameters=[_LANG_PARAMETER],
        ),
        "/api/v1/entries": _get(
            "entries",
            "All entries by id, in pages",
            {"200": _answered("EntryPage", "A page.")},
            422, 429, 503,
            parameters=[
                _LANG_PARAMETER,
                {"name": "after", "in": "query", "schema": _text(), "description": "Id after which to go on."},
                {
                    "name": "limit",
                    "in": "query",
                    "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 100},
                },
            ],
        ),
        "/api/v1/entries/{id}": _get(
            "entry",
            "One entry as a card",
            {"200": _answered("Entry", "The card.")},
            404, 422, 429, 503,
            parameters=[{"name": "id", "in": "path", "required": True, "schema": _text()}, _LANG_PARAMETER],
        ),
        "/api/openapi.json": _get(
            "openapi", "This document", {"200": {"description": "It.", "content": {_JSON: {"schema": {"type": "object"}}}}}
        ),
        "/healthz": _get("alive", "Whether the process lives", {"200": _answered("Alive", "It does.")}),
        "/readyz": _get(
            "ready",
            "Whether store and FAQ are ready",
            {"200": _answered("Readiness", "Ready."), "503": _answered("Readiness", "Not ready; says what is missing.")},
        ),
    },
    "components": {"schemas": _SCHEMAS},
}  # fmt: skip

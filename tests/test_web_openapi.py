"""The hand-written OpenAPI document against the real routes and what they really answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Route
from web_parts import Services, client, make_services, stub_index

from bot.channels.web.api import Api
from bot.channels.web.openapi import DOCUMENT

_TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float),
    "null": type(None),
}  # fmt: skip


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    stub_index(monkeypatch)
    made = make_services(tmp_path, environ={"BOT_RATE_LIMIT": "1000"})
    made.conversation.refresh()
    yield made
    made.store.close()


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """One level: references followed, allOf merged."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        return resolved(DOCUMENT["components"]["schemas"][name])
    if "allOf" in schema:
        out: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
        for part in map(resolved, schema["allOf"]):
            out["properties"] |= part["properties"]
            out["required"] += part["required"]
        return out
    return schema


def check(value: Any, schema: dict[str, Any], where: str = "$") -> None:
    """A value against a schema; stricter than JSON Schema: what is not described must not be there."""
    schema = resolved(schema)
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    fits = any(
        isinstance(value, _TYPES[kind]) and not (isinstance(value, bool) and kind in ("integer", "number"))
        for kind in kinds
    )
    assert fits, f"{where}: {value!r} is no {kinds}"
    assert value in schema.get("enum", [value]), f"{where}: {value!r}"
    if isinstance(value, dict) and "properties" in schema:
        assert set(schema["required"]) <= value.keys(), where
        assert value.keys() <= schema["properties"].keys(), where
        for name, item in value.items():
            check(item, schema["properties"][name], f"{where}.{name}")
    if isinstance(value, list):
        for number, item in enumerate(value):
            check(item, schema["items"], f"{where}[{number}]")


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def test_the_document_and_the_routes_name_the_same(services: Services) -> None:
    routes = {
        (route.path, method)
        for route in Api(services, services.settings).routes()
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert {(path, method) for path, method, _ in operations()} == routes


def test_every_reference_leads_somewhere_and_nothing_is_left_over() -> None:
    text = json.dumps(DOCUMENT)
    names = set(DOCUMENT["components"]["schemas"])
    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used == names
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(ids)) == len(ids)
    for path, _, operation in operations():
        declared = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert declared == ({"id"} if "{id}" in path else set())


async def test_every_operation_answers_as_described(services: Services) -> None:
    async with client(services) as web:
        unanswered = (await web.post("/api/v1/ask", json={"text": "社区里的新鲜事"})).json()
        offered = (await web.post("/api/v1/ask", json={"text": "叫我做任务"})).json()
        session, answer = unanswered["session"], unanswered["id"]
        bodies: dict[str, list[dict[str, Any]]] = {
            "/api/v1/ask": [
                {"text": t} for t in ("贷款", "我把钱转给骗子了", "任务", "你好", "天气", "新鲜事 13800138000")
            ],
            "/api/v1/choose": [
                {"answer": offered["id"], "entry": "fake-loan", "session": session},
                {"answer": offered["id"], "none": True},
            ],
            "/api/v1/feedback": [{"answer": answer, "helpful": False, "missing": "x"}],
            "/api/v1/tell-me": [{"answer": answer}],
            "/api/v1/news": [{"session": session, "answers": [answer]}],
            "/api/v1/forget": [{"session": session}],
        }
        for path, method, operation in operations():
            for body in bodies.get(path, [{}]):
                if method == "POST":
                    schema = operation["requestBody"]["content"]["application/json"]["schema"]
                    check(body, schema, path)
                    response = await web.post(path, json=body)
                else:
                    response = await web.get(path.replace("{id}", "fake-loan"))
                assert response.is_success, (path, response.text)
                described(response, operation, path)


async def test_every_problem_is_as_described(services: Services) -> None:
    requests: list[tuple[str, bytes | None]] = [
        ("/api/v1/ask", b"{"), ("/api/v1/ask", b"[]"), ("/api/v1/ask", b'{"text": ""}'), ("/api/v1/ask", b" " * 70_000),
        ("/api/v1/feedback", b'{"answer": "x", "helpful": true}'), ("/api/v1/choose", b'{"answer": "x", "none": true}'),
        ("/api/v1/tell-me", b'{"answer": "x"}'), ("/api/v1/news", b"{}"), ("/api/v1/forget", b"{}"),
        ("/api/v1/entries?limit=x", None), ("/api/v1/entries/nothing", None), ("/api/v1/urgent?lang=x", None),
        ("/api/v1/topics?lang=x", None),
    ]  # fmt: skip
    async with client(services) as web:
        for address, content in requests:
            response = await (web.get(address) if content is None else web.post(address, content=content))
            path = address.split("?")[0].replace("nothing", "{id}")
            assert response.is_error
            described(response, DOCUMENT["paths"][path]["get" if content is None else "post"], address)


def described(response: httpx.Response, operation: dict[str, Any], where: str) -> None:
    found = operation["responses"].get(str(response.status_code))
    assert found is not None, (where, response.status_code)
    if "content" not in found:
        assert response.content == b""
        return
    media = response.headers["content-type"].split(";")[0]
    check(response.json(), found["content"][media]["schema"], where)

"""Holding the API to its own description: each answer is one that the OpenAPI document foresees."""

import json
import re
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

METHODS = ("get", "post", "put", "patch", "delete")


class Description:
    """An API's document, whose prefix is that of its paths."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.operations = [
            (_pattern(path), method.upper(), operation)
            for path, item in sorted(document["paths"].items(), key=lambda pair: -pair[0].count("/"))
            for method, operation in item.items()
            if method in METHODS
        ]

    @classmethod
    async def of(cls, client: httpx.AsyncClient, path: str = "/admin/api/schema") -> "Description":
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        OpenAPIV31SpecValidator(answer.json()).validate()
        return cls(answer.json())

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        return next(
            (found for pattern, verb, found in self.operations if verb == method and pattern.fullmatch(path)), None
        )

    def check(self, answer: httpx.Response) -> None:
        """Fail for an answer that the document does not foresee."""
        request = answer.request
        operation = self.operation(request.method, request.url.path)
        if operation is None:
            assert answer.status_code in (404, 405), f"{request.method} {request.url.path} is not described"
            return
        what = f"{request.method} {request.url.path} answers {answer.status_code} {answer.text[:300]}"
        foreseen = operation["responses"].get(str(answer.status_code))
        assert foreseen is not None, f"{what}, which is not described"
        if "content" not in foreseen:
            # Nothing, or for strangers whatever the host itself says of an address that it does not know.
            assert answer.content in (b"", b"null") or answer.status_code == 404, what
            return
        kind = answer.headers["content-type"].partition(";")[0]
        assert kind in foreseen["content"], what
        if kind != "application/json":
            return
        self.validate(json.loads(answer.content), foreseen["content"]["application/json"]["schema"], what)

    def validate(self, value: Any, schema: dict[str, Any], what: str) -> None:
        """Fail for a value that does not fit a schema of the document."""
        whole = {"components": self.document["components"], "allOf": [schema]}
        errors = [error.message for error in Draft202012Validator(whole).iter_errors(value)]
        assert not errors, f"{what}: {errors}"


def _pattern(path: str) -> re.Pattern[str]:
    # The name of a role may have a slash in it.
    return re.compile(re.sub(r"\{[^}]+\}$", ".+", re.sub(r"\{[^}]+\}(?!$)", "[^/]+", path)))

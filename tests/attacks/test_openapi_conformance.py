"""Generated calls over the whole OpenAPI, as each role: no 5xx, and no answer that is undocumented.

The calls come from schemathesis; the description is the application's own.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import sampled_from

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

ROLES = ("nobody", "analyst", "steward", "owner", "engineer", "governance")
EXAMPLES = 6  # of each operation, for each role
_SIGN_OUT = {"/sign-in", "/sign-out"}  # would end the session that the others need


@pytest.mark.slow
@pytest.mark.requirement("SEC-07")
@pytest.mark.parametrize("role", ROLES)
def test_every_answer_is_documented(role: str, fortress: Any, intruder: Callable[[], Any]) -> None:
    document = fortress.app.openapi()
    schema = schemathesis.openapi.from_dict(document)
    client = intruder()
    if role != "nobody":
        client.sign_in(role)
    faults: dict[str, str] = {}

    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path not in _SIGN_OUT or role == "nobody":
            _try(operation, (client, role, fortress), document, faults)

    assert faults == {}, "\n".join(f"{name} {fault}" for name, fault in faults.items())


def _try(operation: Any, who: tuple[Any, str, Any], document: Any, faults: dict[str, str]) -> None:
    client, role, fortress = who
    documented = document["paths"][operation.path][operation.method.lower()]["responses"]
    csrf = client.csrf()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), accept=sampled_from(("*/*", "application/json")))
    def call(case: Any, accept: str) -> None:
        sent = case.as_transport_kwargs(base_url="http://127.0.0.1:8000")
        given = sent.pop("headers", None) or {}
        headers = {**given, "accept": accept, "x-csrf-token": csrf}
        if operation.path.startswith("/api/") and role != "nobody":
            headers["authorization"] = f"Bearer {fortress.tokens[role][1]}"
        answer = _sent(client, sent, headers)
        name = f"{operation.method.upper()} {operation.path} as {role}"
        if answer.status_code >= 500 or not _is_documented(answer, documented):
            faults[f"{name}: {answer.status_code}"] = answer.headers.get("content-type", "")
        if role in {"nobody", "analyst", "engineer"} and fortress.leaks(answer):
            faults[f"{name}: leak"] = str(fortress.leaks(answer))

    call()


def _sent(client: Any, sent: dict[str, Any], headers: dict[str, str]) -> Any:
    kept = {
        name: value
        for name, value in sent.items()
        if name in {"params", "json", "data"} and value is not None
    }
    encoded = {
        name: value.encode("utf-8", "replace")
        for name, value in headers.items()
        if value is not None
    }
    return client.send(sent["method"], sent["url"], headers=encoded, **kept)


def _is_documented(answer: Any, documented: dict[str, Any]) -> bool:
    status = str(answer.status_code)
    wanted = documented.get(status) or documented.get(f"{status[0]}XX") or documented.get("default")
    if wanted is None:
        return False
    kinds = {kind.partition(";")[0] for kind in wanted.get("content", {})}
    sent = answer.headers.get("content-type", "").partition(";")[0]
    return not kinds or not answer.content or sent in kinds

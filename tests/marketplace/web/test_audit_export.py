"""Each person exports what they may see of the log, and no more."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from marketplace.access.audit_lines import verify_lines

PORT = "commercial.payments"
PURPOSE = "To compare what departments pay the same suppliers"


def records(answered: Any) -> list[dict[str, Any]]:
    assert answered.status_code == 200, answered.text
    assert answered.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answered.text.splitlines()]


@pytest.mark.requirement("SEC-05")
def test_each_sees_theirs(analyst: Any, steward: Any, browser: Callable[[], Any]) -> None:
    analyst.post("/access/requests", port=PORT, purpose=PURPOSE, days="30")
    governance = browser().sign_in("governance")

    own = records(analyst.get("/log/export"))
    products = records(steward.get("/log/products/export"))
    everything = governance.get("/audit/export")

    assert {record["actor_id"] for record in own} == {"analyst"}
    assert products[0]["action"] == "access.request"
    assert {record["resource"] for record in products} == {PORT}
    assert verify_lines(everything.text.splitlines()).intact
    assert records(everything)[-1]["action"] == "audit.export"


@pytest.mark.requirement("GOV-04")
def test_the_whole_log_is_for_auditors_and_governance(
    visitor: Any, analyst: Any, steward: Any, browser: Callable[[], Any]
) -> None:
    assert analyst.get("/audit/export").status_code == 403
    assert steward.get("/audit/export").status_code == 403
    assert analyst.get("/log/products/export").status_code == 404
    assert visitor.get("/audit/export").status_code in {303, 401}

    auditor = browser().sign_in("auditor")
    last = records(auditor.get("/audit/export"))
    denied = [record for record in last if record["outcome"] == "denied"]
    assert [record["action"] for record in denied] == ["audit.see", "audit.see"]

"""`marketplace access probe`: what it prints, and how it leaves."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

FORGED = (
    "insert into grants (id, request_id, actor_id, port, purpose, approved_by, starts_at, "
    "expires_at) values ('grant_forged', 'req_none', 'mallory', 'people.pay', 'None', 'nobody', "
    "'2026-01-01 00:00:00.000000', '2099-01-01 00:00:00.000000')"
)


@pytest.mark.requirement("SEC-02")
def test_a_marketplace_without_grants_agrees(command: Any) -> None:
    status, printed, _ = command("access", "probe")

    assert status == 0
    assert "Effective access is what was decided." in printed
    assert " people, 0 ports, 0 sessions, 0 of them held against the files." in printed


@pytest.mark.requirement("SEC-02")
def test_a_forged_grant_is_named_and_put_on_record(command: Any, tmp_path: Path) -> None:
    command("access", "probe")
    with sqlite3.connect(tmp_path / "home" / "state.db") as connection:
        connection.execute(FORGED)
    connection.close()

    status, printed, _ = command("access", "probe", "--json")
    _, listed, _ = command("audit", "list", "--as", "governance", "--json")

    document = json.loads(printed)
    (found,) = document["differences"]
    assert (status, document["agrees"]) == (1, False)
    assert (found["kind"], found["actor_id"], found["port"]) == ("grant", "mallory", "people.pay")
    assert found["fault"] == (
        "grant `grant_forged` is stored, and the audit log knows no decision that gave it"
    )
    probes = [r for r in json.loads(listed)["records"] if r["action"] == "access.probe"]
    assert [record["outcome"] for record in probes] == ["failed", "done"]

"""The same story on the command line: what it prints, and how it leaves."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data_products.registry import load_registry
from marketplace.cli import main

World = Any
Command = Callable[..., tuple[int, str, str]]
PROJECT = Path(__file__).parents[2]
PORT = "machinery_of_government.organisations"


@pytest.fixture
def command(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    monkeypatch.setenv("MARKETPLACE_HOME", str(world.settings.home))
    monkeypatch.setenv("MARKETPLACE_PROJECT", str(world.settings.project))

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["marketplace", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
            raise SystemExit(0)
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    return run


def test_ask_approve_query_revoke(command: Command) -> None:
    purpose = "To list the departments for the annual report."
    _, made, _ = command(
        "request", "submit", PORT, "--as", "analyst", "--purpose", purpose, "--json"
    )
    request_id = json.loads(made)["id"]

    assert command("request", "approve", request_id, "--as", "steward")[0] == 0
    code, answer, _ = command(
        "query", "run", f"select count(*) from {PORT}", "--as", "analyst", "--json"
    )
    assert code == 0
    assert json.loads(answer)["ports"] == [PORT]

    grants = json.loads(command("grant", "list", "--as", "analyst", "--json")[1])["mine"]
    grant_id = next(grant["id"] for grant in grants if grant["port"] == PORT)
    assert (
        command("grant", "revoke", grant_id, "--as", "steward", "--reason", "Report is out.")[0]
        == 0
    )
    code, _, told = command("query", "run", f"select 1 from {PORT}", "--as", "analyst")
    assert code == 1
    assert f"No standing grant on `{PORT}`" in " ".join(told.split())


def test_nobody_approves_their_own_request(command: Command) -> None:
    purpose = "To check that the steward cannot approve this alone."
    _, made, _ = command(
        "request", "submit", PORT, "--as", "steward", "--purpose", purpose, "--json"
    )

    code, _, told = command("request", "approve", json.loads(made)["id"], "--as", "steward")

    assert code == 1
    assert "Refused" in told


def test_search_show_and_lint(command: Command) -> None:
    assert "commercial/payments" in command("product", "search", "payments", "--json")[1]
    assert "commercial.payments" in command("product", "show", "commercial/payments", "--json")[1]
    registry = load_registry(PROJECT)
    counted = f"{len(registry.products)} products and {len(registry.ports)} ports"
    assert command("contract", "lint") == (0, f"{counted}: no faults.\n", "")


def test_the_audit_log_is_verified(command: Command) -> None:
    code, told, _ = command("audit", "verify", "--json")

    assert code == 0
    assert json.loads(told)["intact"] is True


def test_the_index_can_be_built_anew(command: Command) -> None:
    products = len(load_registry(PROJECT).products)

    assert json.loads(command("index", "build", "--json")[1]) == {"listings": products}


def test_an_unknown_command_is_misuse(command: Command) -> None:
    assert command("product", "burn")[0] == 2


def test_an_unknown_person_is_refused_by_name(command: Command) -> None:
    code, _, told = command("grant", "list", "--as", "nobody")

    assert code == 1
    assert "Nobody is known as `nobody`" in " ".join(told.split())


def test_an_unknown_setting_is_refused(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETPLACE_HOEM", "x")

    code, _, told = command("contract", "lint")

    assert code == 1
    assert "Unknown setting: `MARKETPLACE_HOEM`" in " ".join(told.split())


@pytest.mark.requirement("INT-02")
def test_lint_tells_warnings_and_does_not_refuse_for_them(
    command: Command, world: World, tmp_path: Any
) -> None:
    project = world.settings.project / "contracts" / "machinery_of_government"
    text = (project / "organisations.v1.odcs.yaml").read_text(encoding="utf-8")
    changed = tmp_path / "organisations.v1.odcs.yaml"
    changed.write_text(text.replace("name: abbreviation", "name: country_code"), encoding="utf-8")

    code, told, _ = command("contract", "lint", str(changed))
    as_json = json.loads(command("contract", "lint", str(changed), "--json")[1])

    assert code == 0
    assert told.startswith("No faults.")
    assert "Warning:" in told
    assert as_json["faults"] == []
    assert "`country_code` looks like `iso-3166-1-alpha-2`" in as_json["warnings"][0]

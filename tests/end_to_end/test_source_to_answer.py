"""The whole story once, on files, Dagster, Delta, HTTP: from messy files to a governed answer."""

import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from rich.console import Console

from contracts.verdict import Outcome
from data_products.evidence import EvidenceStore
from marketplace.config import Settings
from orchestration.__main__ import run

PROJECT = Path(__file__).parents[2]
PORT = "commercial.payments"
TOTAL = f"select count(*) as lines, sum(amount_gbp * line_count) as paid_gbp from {PORT}"
PURPOSE = "To compare what departments pay suppliers, for the quarterly review."
World = Any  # of the conftest: tests are no package to import from


def test_every_port_is_published_and_no_row_is_lost(world: World) -> None:
    assert world.first.failed == []
    assert world.first.published == len(world.first.ports)
    for source in world.first.landed:
        told = source.rows_landed + source.rows_rejected + source.rows_duplicate
        assert source.rows_read == told, source.name


def test_the_sample_is_as_messy_as_promised(world: World) -> None:
    assert sum(source.rows_rejected for source in world.first.landed) > 0
    assert sum(source.rows_duplicate for source in world.first.landed) > 0
    assert any(source.columns_dropped for source in world.first.landed)


@pytest.mark.requirement("REU-02")
def test_a_commit_says_what_it_was_made_of(world: World) -> None:
    table = DeltaTable(str(world.settings.lake / "commercial" / "payments" / "v1"))
    (commit,) = table.history()

    told = str(commit)
    for fact in ("run_id", "contract_version", "candidate_hash", "fingerprint", "code_version"):
        assert fact in told


def test_a_second_run_publishes_nothing_and_lands_nothing(world: World) -> None:
    again = run(world.settings, Console(quiet=True))

    assert again.published == 0
    assert again.failed == []
    assert {port.state for port in again.ports.values()} == {"unchanged"}
    assert sum(source.new_files for source in again.landed) == 0


@pytest.mark.requirement("QUA-07")
@pytest.mark.requirement("QUA-09")
def test_every_stage_leaves_its_evidence_with_the_verdict(world: World) -> None:
    verdict = EvidenceStore(world.settings.evidence).latest("commercial.payments", 1)
    assert verdict is not None

    found = {result.check_id: result for result in verdict.results}

    totals = [result for result in found.values() if result.kind == "controlTotal"]
    assert {result.outcome for result in totals} == {Outcome.PASSED}
    accounts = "observed.reconciliation.payments_over_threshold.monthly_files"
    assert found[accounts].outcome is Outcome.PASSED
    assert found["observed.drift.models"].detail == "Not assessed: 0 builds of history, needs 4."
    assert found["observed.drift.schema"].outcome is Outcome.UNCHECKED
    assert found["observed.use.active"].strategy_dimension == "relevance"
    assert verdict.facts["profile"]["rows"] == verdict.rows


@pytest.mark.requirement("QUA-01")
def test_every_dimension_of_every_published_port_is_assessed_or_reasoned(world: World) -> None:
    products = world.as_person("analyst").get("/search.json?page=1").json()["results"]

    for product in products:
        for port in world.as_person("analyst").get(f"{product['href']}.json").json()["ports"]:
            if port["delta_version"] is None:
                continue
            strategy = port["scores"]["views"][0]["dimensions"]
            assert all(each["score"] or each["reason"] for each in strategy), port["reference"]
            assert port["scores"]["overall"] is not None
            assert port["scores"]["collection_method"] or port["scores"]["sources"]


@pytest.mark.requirement("FND-02")
def test_a_word_finds_the_product_and_the_page_shows_its_evidence(world: World) -> None:
    analyst = world.as_person("analyst")

    found = analyst.get("/search.json?words=payments").json()
    page = analyst.get("/products/commercial/payments.json").json()

    assert "commercial/payments" in str(found["results"][0])
    candidate = DeltaTable(str(world.settings.lake / "commercial" / "payments" / "v1")).history()
    assert str(page).count("/evidence/commercial/payments/") > 0
    assert candidate


@pytest.mark.requirement("ACC-03")
@pytest.mark.requirement("ACC-04")
def test_request_approve_query_revoke(world: World) -> None:
    analyst, steward = world.as_person("analyst"), world.as_person("steward")

    refused = analyst.post("/query", sql=TOTAL)
    assert refused.status_code == 403
    assert "/access/requests/new?port=commercial.payments" in refused.text

    request = analyst.post("/access/requests", port=PORT, purpose=PURPOSE, days="7").json()
    request_id = request["id"]
    own = analyst.post(f"/access/requests/{request_id}/decision", decision="approve", reason="")
    assert own.status_code == 403

    approved = steward.post(
        f"/access/requests/{request_id}/decision", decision="approve", reason="Agreed."
    )
    assert approved.json()["status"] == "approved"

    answer = analyst.post("/query", sql=TOTAL)
    assert answer.status_code == 200
    assert PORT in answer.text

    (grant,) = world.application.state.rooms.store.grants_of("analyst")
    revoked = steward.post(f"/access/grants/{grant.id}/revocation", reason="The review is over.")
    assert revoked.status_code == 200
    assert analyst.post("/query", sql=TOTAL).status_code == 403


@pytest.mark.requirement("ACC-03")
def test_a_grant_ends_by_itself(world: World) -> None:
    analyst, steward = world.as_person("analyst"), world.as_person("steward")
    request = analyst.post("/access/requests", port=PORT, purpose=PURPOSE, days="1").json()
    request_id = request["id"]
    steward.post(f"/access/requests/{request_id}/decision", decision="approve", reason="Agreed.")
    assert analyst.post("/query", sql=TOTAL).status_code == 200

    world.clock.ahead = timedelta(days=1, seconds=1)
    try:
        assert world.as_person("analyst").post("/query", sql=TOTAL).status_code == 403
    finally:
        world.clock.ahead = timedelta()


@pytest.mark.parametrize("document", ["README.md", "docs/how-to/find-and-use-data.md"])
def test_the_statements_in_the_documents_run(world: World, document: str) -> None:
    statements = re.findall(r"```sql\n(.*?)```", (PROJECT / document).read_text("utf-8"), re.DOTALL)
    analyst, steward = world.as_person("analyst"), world.as_person("steward")
    request = analyst.post("/access/requests", port=PORT, purpose=PURPOSE, days="1").json()
    steward.post(f"/access/requests/{request['id']}/decision", decision="approve", reason="Agreed.")

    answers = [analyst.post("/query", sql=statement) for statement in statements]

    assert statements
    assert [answer.status_code for answer in answers] == [200] * len(statements)
    assert all(answer.json()["row_count"] > 0 for answer in answers)


@pytest.mark.requirement("GOV-04")
def test_everything_that_happened_is_in_an_unbroken_log(world: World) -> None:
    store = world.application.state.rooms.store

    actions = {record.action for record in store.audit()}

    assert store.verify_audit().intact
    assert {"access.request", "access.approve", "access.revoke", "query.run"} <= actions


@pytest.mark.requirement("QUA-03")
def test_a_failed_contract_publishes_nothing_and_other_ports_go_on(
    world: World, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(world.settings.home, home, ignore=shutil.ignore_patterns("*.lock", "dagster"))
    settings = Settings(home=home, project=project_with_a_broken_promise(tmp_path))
    before = versions(settings)

    second = run(settings, Console(quiet=True))

    (failed,) = second.failed
    assert failed.port == "people.workforce_monthly"
    assert failed.failure is not None
    assert "There are at least 50 figures" in failed.failure
    assert "The last passing version 0 stays." in failed.failure
    assert versions(settings)["people/workforce_monthly"] == before["people/workforce_monthly"]
    assert second.ports["commercial.payments"].failure is None
    assert list((home / "quarantine" / "people" / "workforce_monthly").rglob("*.parquet"))


def versions(settings: Settings) -> dict[str, int]:
    return {
        f"{table.parts[-3]}/{table.parts[-2]}": DeltaTable(str(table)).version()
        for table in settings.lake.glob("*/*/v1")
    }


def project_with_a_broken_promise(folder: Path) -> Path:
    """A copy of the documents in which one contract promises more rows than there are."""
    project = folder / "project"
    project.mkdir()
    for name in ("contracts", "data_products", "dbt_project"):
        shutil.copytree(
            PROJECT / name,
            project / name,
            ignore=shutil.ignore_patterns("__pycache__", "*.py") if name != "dbt_project" else None,
        )
    path = project / "contracts" / "people" / "workforce_monthly.v1.odcs.yaml"
    text = path.read_text(encoding="utf-8")
    promised, broken = "mustBeGreaterOrEqualTo: 50\n", "mustBeGreaterOrEqualTo: 2000000000\n"
    assert text.count(promised) == 1
    path.write_text(text.replace(promised, broken), encoding="utf-8")
    return project


def test_a_new_file_rebuilds_only_the_months_that_it_touches(world: World, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(world.settings.home, home, ignore=shutil.ignore_patterns("*.lock", "dagster"))
    settings = Settings(home=home, project=PROJECT)
    folder = next(path for path in sorted((settings.sample / "payments/monthly").iterdir()))
    (folder / "2099-01.csv").write_text(
        "Departmental Family,Entity,Date,Expense Type,Expense Area,Supplier,Transaction number,"
        "Amount\nX,X,2026-01-15,Stationery,Office,A NEW SUPPLIER LTD,990001,26000.00\n",
        encoding="utf-8",
    )
    table = settings.lake / "commercial" / "payments" / "v1"
    before = DeltaTable(str(table))
    files_before = set(before.file_uris())

    second = run(settings, Console(quiet=True))

    after = DeltaTable(str(table))
    assert second.failed == []
    assert after.version() == before.version() + 1
    kept = files_before & set(after.file_uris())
    assert len(files_before) - len(kept) <= 2
    assert second.ports[PORT].rows == world.first.ports[PORT].rows + 1


def test_a_month_is_taken_back_though_the_warehouse_was_lost(world: World, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(world.settings.home, home, ignore=shutil.ignore_patterns("*.lock", "dagster"))
    settings = Settings(home=home, project=PROJECT)
    victim = sorted((settings.sample / "payments/monthly").rglob("*.csv"))[0]
    name = victim.relative_to(settings.sample).as_posix()
    victim.unlink()
    settings.warehouse.unlink()

    second = run(settings, Console(quiet=True))

    served = DeltaTable(str(settings.lake / "commercial" / "payments" / "v1")).to_pyarrow_table()
    assert second.failed == []
    assert name not in set(served["source_file"].to_pylist())

"""Every claim opens its evidence: whole, paged, downloadable, and never green once changed."""

import csv
import io
import json
import shutil
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from contracts.model import Severity
from contracts.verdict import Outcome
from data_products.evidence import EvidenceStore
from marketplace.config import Settings
from marketplace.index.build import BuildFacts, refresh

PAYMENTS = "/evidence/commercial/payments"
SPEND = "commercial.supplier_spend"


@pytest.fixture
def settings(own_lake: Settings) -> Settings:
    """A lake of the test's own: some tests spoil it."""
    return own_lake


@pytest.fixture
def own(seed_folder: Any, settings: Settings) -> Any:
    """What was seeded, over that lake."""
    return replace(seed_folder, settings=settings, evidence=EvidenceStore(settings.evidence))


def served_evidence(visitor: Any, port: str = "payments") -> str:
    twin = visitor.json(f"/products/commercial/payments/ports/{port}")
    return str(twin["port"]["served"]["href"])


@pytest.mark.requirement("REU-02")
def test_a_badge_leads_to_hash_run_version_query_and_threshold(own: Any, visitor: Any) -> None:
    page = visitor.json(served_evidence(visitor))

    candidate = page["candidate_hash"]
    (kept,) = own.evidence.checks_of("commercial.payments", 1, candidate)
    assert page["verdict_hash"] == kept.content_hash
    assert (page["is_intact"], page["is_named"], page["is_served"]) == (True, True, True)
    assert page["delta_version"] == 1
    assert page["published_as"]["href"].endswith("/ports/payments#port-payments-versions")
    assert page["run_id"] == kept.verdict.run_id
    executed = [c for c in page["checks"] if c["line"]["outcome"] in {"passed", "failed"}]
    assert all(check["expected"] for check in executed)
    assert all(check["seconds"] >= 0 for check in executed)
    text = visitor.get(served_evidence(visitor)).text
    assert kept.content_hash in text
    assert "and matches" in text


def test_a_refused_candidate_says_that_it_was_not_published(own: Any, visitor: Any) -> None:
    address = f"/evidence/commercial/supplier_spend/{own.refused.candidate_hash}"

    page = visitor.json(address)

    assert (page["passed"], page["delta_version"], page["published_as"]) == (False, None, None)
    assert "It was not published" in visitor.get(address).text


def test_a_later_check_is_shown_beside_the_one_that_let_it_through(own: Any, visitor: Any) -> None:
    before = visitor.json(served_evidence(visitor))
    judged = own.evidence.of_candidate("commercial.payments", 1, before["candidate_hash"])
    broken = replace(judged.results[0], outcome=Outcome.FAILED, severity=Severity.ERROR)
    later = replace(
        judged,
        results=(broken, *judged.results[1:]),
        checked_at=judged.checked_at + timedelta(days=1),
        delta_version=1,
    )
    name = own.evidence.save(later)

    page = visitor.json(served_evidence(visitor))
    newer = visitor.json(page["verdicts"][0]["href"])

    assert page["verdict_hash"] == before["verdict_hash"]
    assert [line["is_shown"] for line in page["verdicts"]] == [False, True]
    assert (newer["verdict_hash"], newer["is_recheck"], newer["passed"]) == (name, True, False)
    assert "What is served was not changed by it" in visitor.get(page["verdicts"][0]["href"]).text


@pytest.mark.requirement("QUA-03")
def test_a_later_check_that_failed_takes_the_green_from_the_port(own: Any) -> None:
    clean = next(
        verdict
        for verdict in own.evidence.history(SPEND, 1)
        if verdict.candidate_hash != own.refused.candidate_hash
    )
    failed = replace(clean.results[0], outcome=Outcome.FAILED)
    moment = own.refused.checked_at + timedelta(days=1)
    good = replace(clean, checked_at=moment)  # as if nothing newer had been refused
    own.evidence.save(good)
    before = quality_of(own)

    own.evidence.save(
        replace(good, results=(failed,), checked_at=moment + timedelta(days=1), delta_version=0)
    )

    assert quality_of(own) in {"warnings", "stale"}
    assert before in {"passed", "warnings"}


def quality_of(own: Any) -> str:
    facts = BuildFacts(now=own.refused.checked_at, is_sample=True, manifest={})
    listings = refresh(
        own.registry,
        own.lakehouse,
        EvidenceStore(own.settings.evidence),
        facts,
        own.settings.index,
    )
    ports = {port.reference: port for listing in listings for port in listing.ports}
    return ports[SPEND].quality


@pytest.mark.requirement("QUA-03")
def test_a_changed_result_is_shown_as_changed_and_nothing_is_green(own: Any, visitor: Any) -> None:
    address = served_evidence(visitor)
    assert visitor.json(address)["is_intact"]

    for path in (own.settings.evidence / "port=commercial.payments").glob("*.parquet"):
        with pq.ParquetFile(path) as file:
            table = file.read()
        rows = [
            {**row, "outcome": "passed", "failing_rows": 0} if row["position"] else row
            for row in table.to_pylist()
        ]
        pq.write_table(type(table).from_pylist(rows, table.schema), path)

    page, text = visitor.json(address), visitor.get(address).text
    assert (page["is_intact"], page["passed"], page["tally"]["passed"]) == (False, False, 0)
    assert "This evidence is not what was written" in text
    assert "govuk-tag--green" not in text
    history = visitor.json(PAYMENTS)
    assert {line["outcome"] for line in history["verdicts"]} == {"error"}


def test_a_verdict_that_took_the_place_of_the_published_one_is_shown(
    own: Any, visitor: Any
) -> None:
    address = served_evidence(visitor)
    judged = own.evidence.of_candidate(
        "commercial.payments", 1, visitor.json(address)["candidate_hash"]
    )
    shutil.rmtree(own.settings.evidence)
    EvidenceStore(own.settings.evidence).save(replace(judged, run_id="another"))

    page = visitor.json(address)

    assert (page["is_intact"], page["is_named"]) == (True, False)
    assert "names another verdict" in visitor.get(address).text


def test_the_history_is_told_page_by_page(own: Any, visitor: Any) -> None:
    newest = own.evidence.latest("commercial.payments", 1)
    for day in range(1, 24):
        own.evidence.save(replace(newest, checked_at=newest.checked_at + timedelta(days=day)))

    first = visitor.json(PAYMENTS)
    second = visitor.json(first["older"])

    assert first["total"] == 25
    assert (len(first["verdicts"]), len(second["verdicts"])) == (20, 5)
    assert (first["newer"], second["older"]) == ("", "")
    moments = [line["checked_at"] for line in (*first["verdicts"], *second["verdicts"])]
    assert moments == sorted(moments, reverse=True)
    assert "Older checks" in visitor.get(PAYMENTS).text
    assert visitor.get(f"{PAYMENTS}?page=999999").status_code == 200
    assert visitor.get(f"{PAYMENTS}?page=x").status_code == 200


@pytest.mark.requirement("ACC-04")
def test_results_are_downloaded_by_who_may_see_rows_and_that_is_recorded(
    app: Any, own: Any, steward: Any, analyst: Any, visitor: Any
) -> None:
    shown = steward.json(PAYMENTS)
    as_json, as_csv = (steward.get(link["href"]) for link in shown["downloads"])

    rows = json.loads(as_json.text)["check_results"]
    lines = list(csv.DictReader(io.StringIO(as_csv.text)))
    expected = sum(len(v.results) + 1 for v in own.evidence.history("commercial.payments", 1))
    assert len(rows) == len(lines) == expected
    assert any(row["sample"] for row in rows)
    assert as_csv.headers["x-data-marking"] == "OFFICIAL"
    assert as_csv.headers["content-disposition"].startswith('attachment; filename="OFFICIAL_')
    actions = [record.action for record in app.state.rooms.store.audit()]
    assert actions.count("evidence.sample") == 2

    assert analyst.json(PAYMENTS)["downloads"] == []
    assert analyst.get(f"{PAYMENTS}/results/csv").status_code == 403
    assert visitor.get(f"{PAYMENTS}/results/csv").status_code in {303, 401}
    assert steward.get(f"{PAYMENTS}/results/xls").status_code == 422


def test_a_result_that_looks_like_a_formula_is_no_formula_in_csv(own: Any, steward: Any) -> None:
    newest = own.evidence.latest("commercial.payments", 1)
    result = replace(newest.results[0], observed="=HYPERLINK(1)")
    moment = newest.checked_at + timedelta(days=1)
    own.evidence.save(replace(newest, results=(result,), checked_at=moment))

    text = steward.get(f"{PAYMENTS}/results/csv").text

    assert "'=HYPERLINK(1)" in text


@pytest.mark.parametrize(
    "address",
    [
        f"{PAYMENTS}/{'0' * 64}",
        f"{PAYMENTS}/..%2f..%2fsecret",
        "/evidence/nothing/nothing",
        "/evidence/nothing/nothing/results/csv",
    ],
)
def test_evidence_that_is_not_there_is_not_found(steward: Any, address: str) -> None:
    assert steward.get(address).status_code == 404


def test_a_verdict_of_another_candidate_is_not_found(visitor: Any) -> None:
    address = served_evidence(visitor)

    assert visitor.get(f"{address}?verdict={'0' * 64}").status_code == 404

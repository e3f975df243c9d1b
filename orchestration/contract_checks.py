"""A blocking check per port: its contract, with the evidence as metadata."""

from collections.abc import Iterator

import dagster as dg

from contracts.verdict import Verdict
from data_products.errors import ContractNotMet
from data_products.registry import Registry
from orchestration.asset_names import candidate_key, op_name
from orchestration.marketplace_index import refresh_index
from orchestration.platform import Platform
from orchestration.port_builds import check_port
from orchestration.run_log import RunLog


def contract_checks(registry: Registry) -> list[dg.AssetChecksDefinition]:
    """The checks: a candidate that fails its contract is not published."""
    return [_contract_check(reference) for reference in registry.ports]


def _contract_check(port: str) -> dg.AssetChecksDefinition:
    spec = dg.AssetCheckSpec(
        asset=candidate_key(port),
        name="contract",
        description="Every promise of the contract, executed on the candidate's own bytes.",
        blocking=True,
    )

    @dg.multi_asset_check(name=op_name("check", port), specs=[spec])
    def contract(
        context: dg.AssetCheckExecutionContext,
        platform: dg.ResourceParam[Platform],
        run_log: dg.ResourceParam[RunLog],
    ) -> Iterator[dg.AssetCheckResult]:
        verdict = check_port(platform, port, context.run.run_id)
        if verdict is None:
            told = "Nothing has changed since the served version, which met the contract."
            yield dg.AssetCheckResult(passed=True, check_name="contract", description=told)
            return
        record = run_log.port(port)
        record.verdict = verdict
        record.seconds += sum(result.seconds for result in verdict.results)
        if not verdict.passed:
            record.failure = str(_refusal(platform, port, verdict))
            refresh_index(platform)
        yield dg.AssetCheckResult(
            passed=verdict.passed,
            check_name="contract",
            severity=dg.AssetCheckSeverity.ERROR,
            description=record.failure or f"{record.checks} checks passed",
            metadata=_evidence(verdict),
        )

    return contract


def _refusal(platform: Platform, port: str, verdict: Verdict) -> ContractNotMet:
    snapshot = platform.lakehouse.snapshot(port, platform.contract(port).major)
    return ContractNotMet(verdict, None if snapshot is None else snapshot.version)


def _evidence(verdict: Verdict) -> dict[str, dg.MetadataValue]:
    rows = [
        dg.TableRecord(
            {
                "check": result.title,
                "outcome": str(result.outcome),
                "severity": str(result.severity),
                "failing rows": -1 if result.failing_rows is None else result.failing_rows,
                "observed": result.observed or "",
                "expected": result.expected or "",
                "query": result.query or "",
                "seconds": round(result.seconds, 3),
            }
        )
        for result in verdict.results
    ]
    return {
        "candidate": dg.MetadataValue.text(verdict.candidate_hash),
        "rows": dg.MetadataValue.int(verdict.rows),
        "results": dg.MetadataValue.table(rows),
    }

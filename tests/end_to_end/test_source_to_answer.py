"""The whole story once, on files, Dagster, Delta, HTTP: from messy files to a governed answer."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from deltalake import DeltaTable
from rich.console import Console

from marketplace.config import Settings
from marketplace.web.app import create_app
from marketplace.web.sessions import form_token
from orchestration.__main__ import run
from orchestration.run_log import RunLog
from sample_sources.maker import make_sample
from sample_sources.model import SampleSize

PROJECT = Path(__file__).parents[2]
PORT = "commercial.payments"
TOTAL = f"select count(*) as lines, sum(amount_gbp * line_count) as paid_gbp from {PORT}"
PURPOSE = "To compare what departments pay suppliers, for the quarterly review."


class Clock:
    """The application's clock, which a test can move."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class World:
    """A platform that ran once on the sample, and its application."""

    settings: Settings
    first: RunLog
    application: Any
    clock: Clock

    def as_person(self, actor_id: str) -> "Person":
        rooms = self.application.state.rooms
        return Person(self, rooms.store.open_session(actor_id, self.clock(), 12))


@dataclass
class Person:
    """Somebody signed in, asking for JSON."""

    world: World
    secret: str

    async def ask(self, method: str, address: str, **sent: Any) -> httpx.Response:
        rooms = self.world.application.state.rooms
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.world.application),
            base_url="http://localhost",
            cookies={rooms.cookies.session: self.secret},
            headers={
                "accept": "application/json",
                "x-csrf-token": form_token(rooms.form_key, self.secret),
            },
            follow_redirects=True,
        ) as client:
            return await client.request(method, address, **sent)

    def get(self, address: str) -> httpx.Response:
        import asyncio

        return asyncio.run(self.ask("GET", address))

    def post(self, address: str, **form: str) -> httpx.Response:
        import asyncio

        return asyncio.run(self.ask("POST", address, json=form))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, project=PROJECT)
    make_sample(settings.sample, SampleSize(rows=4_000, seed=7, until=this_month()))
    first = run(settings, Console(quiet=True))
    clock = Clock()
    application = create_app(settings, now=clock)
    yield World(settings, first, application, clock)
    application.state.rooms.engine.close()
    application.state.rooms.store.close()


def this_month() -> date:
    return datetime.now(UTC).date().replace(day=1)


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

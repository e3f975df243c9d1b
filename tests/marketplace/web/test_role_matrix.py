"""Every role at every route: who is let in, and who is not. A new route needs a row here.

Each demo person has one role and is named wherever contracts name that role, so that a refusal is
the role's. Forms are empty or incomplete: who is let in is told what is missing, and nothing
changes. What may not be known of reads like what is not there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from marketplace.access.anomalies import Anomaly, AnomalyKind
from marketplace.access.emergencies import Emergency
from marketplace.access.life_book import Met
from marketplace.access.model import Decision
from marketplace.access.plan_book import ElementMeasured
from marketplace.access.plan_model import Measured
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage
from marketplace.access.scopes import Scope
from marketplace.web.app import create_app, routes
from marketplace.web.sessions import form_token

PAYMENTS, SPEND, RECORDS = (
    "commercial.payments",
    "commercial.supplier_spend",
    "people.learning_records",
)
NOBODY = ""
ALL = frozenset({
    "analyst", "steward", "owner", "custodian", "administrator", "governance", "engineer",
    "auditor",
})  # fmt: skip
PUBLIC = ALL | {NOBODY}
ANSWER = frozenset({"steward", "owner"})
OVERSEE = frozenset({"governance", "auditor"})
SEE_REQUEST = ANSWER | OVERSEE | {"analyst", "administrator"}
SEE_LOG = ANSWER | OVERSEE | {"administrator"}
KEEP = ANSWER | {"governance"}
MET = Met("analyst", "a_course", "Certificate 12", 30)
REASON = {"reason": "Tried by every role."}
Row = tuple[str, frozenset[str], dict[str, str]]


def row(address: str, who: frozenset[str] | set[str], **form: str) -> Row:
    return address, frozenset(who), form


MATRIX: dict[str, Row] = {
    "GET /": row("/", PUBLIC),
    "GET /access/conditions": row("/access/conditions", ALL),
    "POST /access/conditions": row(
        "/access/conditions", {"governance"}, person="analyst", condition="a_course", days="30"
    ),
    "POST /access/conditions/{fulfilment_id}/end": row(
        "/access/conditions/{fulfilment}/end", {"governance"}, **REASON
    ),
    "GET /access/emergencies": row("/access/emergencies", ALL),
    "POST /access/emergencies": row(
        "/access/emergencies", set(), port=RECORDS, hours="2", **REASON
    ),
    "POST /access/emergencies/{grant_id}/review": row(
        "/access/emergencies/{emergency}/review", KEEP, justified="yes", **REASON
    ),
    "GET /access/grants": row("/access/grants", ALL),
    "POST /access/grants/{grant_id}/confirm": row("/access/grants/{grant}/confirm", KEEP, **REASON),
    "POST /access/grants/{grant_id}/resume": row("/access/grants/{grant}/resume", KEEP, **REASON),
    "POST /access/grants/{grant_id}/revocation": row(
        "/access/grants/{grant}/revocation", KEEP | {"analyst", "administrator"}, **REASON
    ),
    "POST /access/grants/{grant_id}/suspend": row("/access/grants/{grant}/suspend", KEEP, **REASON),
    "GET /access/inbox": row("/access/inbox", ALL),
    "POST /access/movements": row(
        "/access/movements", {"governance"}, person="analyst", movement="moved", **REASON
    ),
    "GET /access/requests": row("/access/requests", ALL),
    "POST /access/requests": row("/access/requests", ALL, port=PAYMENTS),
    "GET /access/requests/new": row(f"/access/requests/new?port={PAYMENTS}", ALL),
    "GET /access/requests/{request_id}": row("/access/requests/{request}", SEE_REQUEST),
    "POST /access/requests/{request_id}/decision": row(
        "/access/requests/{request}/decision", {"steward"}, decision="approve"
    ),
    "POST /access/requests/{request_id}/reviews/{review}": row(
        "/access/requests/{request}/reviews/legal", {"governance"}, outcome="pass", **REASON
    ),
    "POST /access/requests/{request_id}/withdrawal": row(
        "/access/requests/{request}/withdrawal", {"analyst"}
    ),
    "GET /accessibility": row("/accessibility", PUBLIC),
    "GET /api/v1/ports/{unit}/{port}": row("/api/v1/ports/commercial/payments", PUBLIC),
    "POST /api/v1/query": row("/api/v1/query", ALL, sql="select 1"),
    "GET /api/v1/statements": row("/api/v1/statements", ALL),
    # Somebody else's statement reads as one that there is not.
    "POST /api/v1/statements/{statement_id}/cancellation": row(
        "/api/v1/statements/stmt_other/cancellation", set()
    ),
    "GET /alerts": row("/alerts", ALL),
    "GET /alerts/canaries": row("/alerts/canaries", {"governance"}),
    "POST /alerts/canaries": row("/alerts/canaries", {"governance"}, port=PAYMENTS, **REASON),
    "POST /alerts/canaries/{canary_id}/end": row(
        "/alerts/canaries/{canary}/end", {"governance"}, **REASON
    ),
    "GET /alerts/{alert_id}": row("/alerts/{alert}", ANSWER | OVERSEE),
    "POST /alerts/{alert_id}/closure": row("/alerts/{alert}/closure", {"governance"}),
    "GET /audit": row("/audit", OVERSEE),
    "GET /audit/export": row("/audit/export", OVERSEE),
    "GET /evidence/{unit}/{port}": row("/evidence/commercial/payments", PUBLIC),
    "GET /evidence/{unit}/{port}/results/{kind}": row(
        "/evidence/commercial/payments/results/csv", ANSWER
    ),
    "GET /evidence/{unit}/{port}/{candidate_hash}": row(
        "/evidence/commercial/supplier_spend/{candidate}", PUBLIC
    ),
    "GET /health": row("/health", PUBLIC),
    "GET /held": row("/held", ALL),
    "GET /held/{unit}/{port}": row("/held/commercial/payments", {"steward"}),
    "POST /held/{unit}/{port}": row("/held/commercial/payments", {"steward"}),
    "GET /help": row("/help", PUBLIC),
    "GET /issues": row("/issues", PUBLIC),
    "POST /issues": row("/issues", ANSWER | {"custodian"}, port=PAYMENTS),
    "GET /issues/new": row(f"/issues/new?port={PAYMENTS}", ANSWER | {"custodian"}),
    "GET /issues/{issue_id}": row("/issues/{issue}", PUBLIC),
    "POST /issues/{issue_id}/closure": row("/issues/{issue}/closure", ANSWER),
    "POST /issues/{issue_id}/progress": row("/issues/{issue}/progress", ANSWER | {"custodian"}),
    "POST /issues/{issue_id}/routing": row("/issues/{issue}/routing", ANSWER),
    "GET /log": row("/log", ALL),
    "GET /log/export": row("/log/export", ALL),
    "GET /log/products": row(f"/log/products?port={PAYMENTS}", SEE_LOG),
    "GET /log/products/export": row(f"/log/products/export?port={PAYMENTS}", SEE_LOG),
    "GET /notifications": row("/notifications", ALL),
    "GET /openapi.json": row("/openapi.json", PUBLIC),
    "GET /plans": row("/plans", PUBLIC),
    "GET /plans/{plan_id}": row("/plans/{plan}", PUBLIC),
    "POST /plans/{plan_id}/actions": row("/plans/{plan}/actions", ANSWER | {"custodian"}),
    "POST /plans/{plan_id}/closure": row("/plans/{plan}/closure", ANSWER),
    "GET /products/{unit}/{product}": row("/products/commercial/payments", PUBLIC),
    "GET /products/{unit}/{product}/ports/{port}": row(
        "/products/commercial/payments/ports/payments", PUBLIC
    ),
    "GET /products/{unit}/{product}/ports/{port}/impact": row(
        "/products/commercial/payments/ports/payments/impact", SEE_LOG
    ),
    "GET /products/{unit}/{product}/ports/{port}/quality": row(
        "/products/commercial/payments/ports/payments/quality", PUBLIC
    ),
    "GET /quarantine": row("/quarantine", ANSWER),
    "GET /quarantine/{unit}/{port}/{candidate_hash}": row(
        "/quarantine/commercial/supplier_spend/{candidate}", ANSWER
    ),
    "POST /quarantine/{unit}/{port}/{candidate_hash}/discard": row(
        "/quarantine/commercial/supplier_spend/{candidate}/discard", ANSWER
    ),
    "POST /quarantine/{unit}/{port}/{candidate_hash}/query": row(
        "/quarantine/commercial/supplier_spend/{candidate}/query", ANSWER, sql="select 1"
    ),
    "POST /quarantine/{unit}/{port}/{candidate_hash}/release": row(
        "/quarantine/commercial/supplier_spend/{candidate}/release", {"owner"}
    ),
    "GET /query": row("/query", ALL),
    "POST /query": row("/query", ALL, sql="select 1"),
    "POST /query/statements/{statement_id}/cancellation": row(
        "/query/statements/stmt_other/cancellation", set()
    ),
    "GET /ready": row("/ready", PUBLIC),
    "GET /rejects": row("/rejects", ANSWER),
    "GET /rejects/{source_system}": row("/rejects/payments_ledger", ANSWER),
    "GET /roles": row("/roles", PUBLIC),
    "GET /search": row("/search", PUBLIC),
    "GET /sessions": row("/sessions", ALL),
    "POST /sessions/end": row("/sessions/end", ALL),
    "GET /sessions/everyone": row("/sessions/everyone", {"governance"}),
    "POST /sessions/{session_id}/end": row("/sessions/{session}/end", {"governance"}),
    "GET /sign-in": row("/sign-in", PUBLIC),
    "GET /sign-in/callback": row("/sign-in/callback", frozenset()),
    "GET /sign-in/organisation": row("/sign-in/organisation", frozenset()),
    "POST /sign-in": row("/sign-in", PUBLIC, person="analyst"),
    "POST /sign-out": row("/sign-out", PUBLIC),
    "GET /tokens": row("/tokens", ALL),
    "POST /tokens": row("/tokens", ALL),
    "POST /tokens/{token_id}/revocation": row("/tokens/{token}/revocation", {"analyst"}),
}


@dataclass(frozen=True)
class Doors:
    """The application, and things of the analyst's that are acted on."""

    app: Any
    http: Any
    now: Any

    @property
    def rooms(self) -> Any:
        return self.app.state.rooms

    def things(self, candidate: str) -> dict[str, str]:
        """Fresh ones: a request, a grant, a token, an issue, a plan."""
        store, people, now = self.rooms.store, self.rooms.people, self.now
        ada, sam = people.by_id("analyst"), people.by_id("steward")
        for asked in store.requests.of_actor("analyst"):
            if asked.status == "submitted":
                store.requests.withdraw(asked.id, ada, now)
        asked = store.requests.submit(
            ada, Asked(PAYMENTS, "Analysis of public spending", 30), None, now
        )
        other = store.requests.submit(
            ada, Asked(SPEND, "Analysis of public spending", 30), None, now
        )
        approvers = self.rooms.registry.port(SPEND).contract.approvers
        store.requests.decide(other.id, Decision(sam, True, ""), one_stage(approvers), now)
        named = "a" * 64
        measured = Measured("97.1", False, ("x",), named, named, now)
        store.plans.measure(
            "pipeline", [ElementMeasured(PAYMENTS, "paid_by", "100.0", measured)], now
        )
        return {
            "request": asked.id,
            "grant": store.grant_of(other.id).id,
            "token": store.create_token(ada, "reports", 7, now)[0],
            "issue": self.issue(),
            "plan": store.plans.on_port(PAYMENTS)[0].id,
            "candidate": candidate,
            "session": self.session(),
            "fulfilment": store.life.fulfil(MET, people.by_id("governance"), now).id,
            "emergency": self.emergency(ada),
            "alert": self.alert(),
            "canary": self.canary(),
        }

    def alert(self) -> str:
        """About nobody of those who try."""
        seen = {"ports": (PAYMENTS,), "sentence": "was refused", "facts": {}, "sequences": ()}
        unusual = Anomaly(AnomalyKind.DENIALS, "someone", self.now.date(), **seen)
        self.rooms.store.alerts.open(unusual, self.now)
        return str(self.rooms.store.alerts.everything()[0].id)

    def canary(self) -> str:
        by = (self.rooms.people.by_id("governance"), "Planted for the test")
        return str(self.rooms.store.alerts.plant(PAYMENTS, "Albatross 77", by, self.now).id)

    def session(self) -> str:
        """Nobody's of those who try."""
        self.rooms.store.sessions.open("someone", self.now, 1)
        return str(self.rooms.store.sessions.standing_of("someone", self.now)[0].id)

    def emergency(self, ada: Any) -> str:
        """One at a time: a person opens no second one before the first is reviewed."""
        emergencies = self.rooms.store.emergencies
        opened = [each for each in emergencies.everything() if each.reviewed_at is None]
        if opened:
            return str(opened[0].grant.id)
        asked = Emergency(ada, SPEND, "The ledger is down tonight", 2, ("analyst",), ())
        return str(emergencies.open(asked, self.now).id)

    def issue(self) -> str:
        words = {"title": "Names differ", "description": "The same supplier, spelled twice."}
        sent = {"port": PAYMENTS, "severity": "low", **words}
        answered = self.ask("steward", "POST", "/issues", sent)
        assert "location" in answered.headers, answered.text
        return str(answered.headers["location"]).rpartition("/")[2]

    def ask(self, person: str, method: str, address: str, form: dict[str, str]) -> Any:
        """One request in a session of its own; nobody's where there is no person."""
        rooms, headers, cookies = self.rooms, {"accept": "application/json"}, {}
        secret = rooms.store.open_session(person, self.now, 1) if person else "f" * 32
        cookies[rooms.cookies.session if person else rooms.cookies.visitor] = secret
        headers["x-csrf-token"] = form_token(rooms.form_key, secret)
        if person and address.startswith("/api/"):
            actor, scopes = rooms.people.by_id(person), frozenset(Scope)
            _, token = rooms.store.create_token(actor, "matrix", 7, self.now, scopes)
            headers["authorization"] = f"Bearer {token}"
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        sent = {"json": form} if method == "POST" else {}
        return self.http.request(method, address, headers=headers, **sent)


@pytest.fixture(scope="module")
def doors(seed_folder: Any, seeding: Any, tmp_path_factory: Any, http: Any) -> Iterator[Doors]:
    state = f"sqlite:///{tmp_path_factory.mktemp('matrix') / 'state.db'}"
    settings = seed_folder.settings.model_copy(update={"state_url": state})
    app = create_app(settings, lambda: seeding.NOW, seed_folder.registry)
    opened = http(app)
    yield Doors(app, opened, seeding.NOW)
    opened.close()
    app.state.rooms.engine.close()
    app.state.rooms.store.close()


@pytest.fixture(scope="module")
def http() -> Callable[[Any], Any]:
    """The client of the other tests of this room."""
    import importlib.util

    path = Path(__file__).with_name("conftest.py")
    specification = importlib.util.spec_from_file_location("matrix_conftest", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.Http


def is_let_in(answered: Any) -> bool:
    """Whether it got past the question who is asking. Sign-in is where strangers are sent."""
    if answered.status_code == 404:
        return "awaits a decision" in answered.text  # of a port's columns: past the question
    return answered.status_code not in {401, 403}


def test_every_route_has_a_row() -> None:
    assert sorted(MATRIX) == sorted(f"{method} {path}" for method, path, _ in routes())


@pytest.mark.requirement("GOV-03")
@pytest.mark.parametrize("route", MATRIX)
def test_a_route_lets_in_the_roles_that_it_is_for(
    doors: Doors, seed_folder: Any, route: str
) -> None:
    address, who, form = MATRIX[route]
    things = doors.things(seed_folder.refused.candidate_hash)
    place = address.format(**things) if "{" in address else address
    method = route.partition(" ")[0]

    answers = {each: doors.ask(each, method, place, form) for each in sorted(PUBLIC)}

    assert {each for each, answered in answers.items() if is_let_in(answered)} == who
    assert all(answered.status_code < 500 for answered in answers.values())

"""Who is told of a request that moves, and of one that stands still: each of it once."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.model import AccessRole, Contract, TeamMember
from marketplace.access.model import Decision
from marketplace.access.request_model import Asked
from marketplace.access.request_notices import (
    remind_of_requests,
    tell_of_decision,
    tell_of_request,
    tell_of_withdrawal,
)
from marketplace.access.request_rules import rules_of

PORT = "commercial.payments"
STAGES = (("team:commercial-stewards",), ("team:commercial-owners",))


@pytest.fixture
def contract() -> Contract:
    terms = {"decideWithinDays": 3, "deputies": ["team:deputies"]}
    return Contract(
        "c", "payments", "commercial", "1.0.0", "active", "", "", "", "",
        objects=(), service_levels=(),
        team=(TeamMember("team:commercial-owners", "owner", "Owners"),),
        roles=(AccessRole("reader", "read", (*STAGES[0], *STAGES[1]), STAGES),),
        support=(), tags=(), custom={"accessTerms": terms}, content_hash="",
    )  # fmt: skip


def told(store: Any, kind: str) -> dict[str, str]:
    """Who was told, and what."""
    return {n.recipient: n.message for n in store.notifications_about(PORT, (kind,))}


@pytest.mark.requirement("ACC-03")
def test_each_stage_is_told_when_it_is_its_turn(
    store: Any, cast: Any, now: datetime, contract: Contract
) -> None:
    rules = replace(rules_of(contract), contract=None)
    made = store.requests.submit(cast.ada, Asked(PORT, "Study the spending", 30), rules, now)
    tell_of_request(store, made, rules, now)
    first = store.requests.decide(made.id, Decision(cast.sam, True, ""), rules, now)
    tell_of_decision(store, first, rules, now)

    assert set(told(store, "request.submit")) == {"team:commercial-stewards"}
    assert told(store, "request.endorse") == {
        "team:commercial-owners": "Stage 1 approved a request for `commercial.payments`: the next "
        "decision is yours, by 09 April 2026."
    }


def test_the_requester_is_told_of_a_refusal_and_its_reason(
    store: Any, cast: Any, now: datetime, contract: Contract
) -> None:
    rules = replace(rules_of(contract), contract=None)
    made = store.requests.submit(cast.ada, Asked(PORT, "Study the spending", 30), rules, now)
    refusal = Decision(cast.sam, False, "Use the summary")
    tell_of_decision(store, store.requests.decide(made.id, refusal, rules, now), rules, now)

    assert told(store, "request.decide") == {
        "ada": "Your request for `commercial.payments` was refused. Use the summary"
    }


def test_a_late_request_is_reminded_of_then_escalated_each_once(
    store: Any, cast: Any, now: datetime, contract: Contract
) -> None:
    store.requests.submit(cast.ada, Asked(PORT, "Study the spending", 30), None, now)

    for hours in (47, 48, 60, 71):
        remind_of_requests(store, contract, "pipeline", now + timedelta(hours=hours))
    reminded, escalated = told(store, "request.remind"), told(store, "request.escalate")
    for hours in (72, 100):
        remind_of_requests(store, contract, "pipeline", now + timedelta(hours=hours))

    assert set(reminded) == {"team:commercial-stewards"} and escalated == {}
    late = told(store, "request.escalate")
    assert set(late) == {
        "ada", "team:commercial-owners", "team:commercial-stewards", "team:deputies",
        "team:governance",
    }  # fmt: skip
    assert late["team:deputies"] == (
        "A request for `commercial.payments` by `ada` was to be decided by 09 April 2026. "
        "From now on `team:deputies` may decide as well."
    )
    assert len(store.notifications_about(PORT, ("request.escalate",))) == 5


def test_nobody_is_reminded_of_what_is_settled(
    store: Any, cast: Any, now: datetime, contract: Contract
) -> None:
    made = store.requests.submit(cast.ada, Asked(PORT, "Study the spending", 30), None, now)
    withdrawn = store.requests.withdraw(made.id, cast.ada, now)
    tell_of_withdrawal(store, withdrawn, rules_of(contract), now)

    remind_of_requests(store, contract, "pipeline", now + timedelta(days=9))

    assert set(told(store, "request.withdraw")) == {"team:commercial-stewards"}
    assert told(store, "request.escalate") == {}

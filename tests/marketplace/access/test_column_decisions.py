"""A steward's decision on a column: kept for good, by the port's own steward, with its reach."""

import pytest
import sqlalchemy

from contracts.personal_data.held import HeldColumn, Likely
from contracts.personal_data.kinds import PersonalKind
from marketplace.access.column_decisions import Answer
from marketplace.access.errors import NotTheSteward, ReasonMissing
from marketplace.access.facts import Action, Facts
from marketplace.access.policy import decide
from marketplace.access.stewards import stewards_decisions

pytestmark = pytest.mark.requirement("SEC-04")

PORT = "commercial.payments"
STEWARDS = ("team:commercial-stewards",)
HELD = HeldColumn(
    PORT,
    "supplier_name",
    "c" * 64,
    (Likely(PersonalKind.NAME, 36, 500, "J*** D***"), Likely(PersonalKind.EMAIL, 1, 5000, "j***")),
    "Looked at 5,000 different values, a sample.",
)


def test_a_decision_is_kept_with_who_when_why_and_how_far_it_reaches(store, cast, now, state_url):
    made = store.decide_column(HELD, Answer(cast.sam, False, " Names of firms. "), STEWARDS, now)

    assert store.column_decisions(PORT) == stewards_decisions(state_url, PORT) == (made,)
    assert (made.column, made.decided_by, made.decided_at) == ("supplier_name", "sam", now)
    assert (made.is_personal, made.reason) == (False, "Names of firms.")
    assert made.shares == {"name": 0.072, "email": 0.0002}
    assert store.column_decisions("commercial.other") == ()


def test_every_decision_is_in_the_audit_log(store, cast, now):
    store.decide_column(HELD, Answer(cast.sam, True, "Sole traders."), STEWARDS, now)

    newest = store.audit()[0]

    assert (newest.actor_id, newest.action) == ("sam", "personal_data.decide")
    assert (newest.resource, newest.outcome) == (PORT, "done")
    assert newest.details["column"] == "supplier_name"
    assert newest.details["outcome"] == "personal"
    assert newest.details["found"] == {"name": 0.072, "email": 0.0002}
    assert store.verify_audit().intact


def test_only_the_ports_steward_decides_and_an_attempt_is_recorded(store, cast, now):
    for actor in (cast.ada, cast.gwen, cast.emil):
        with pytest.raises(NotTheSteward) as refused:
            store.decide_column(HELD, Answer(actor, False, "Looks fine."), STEWARDS, now)

    assert str(refused.value) == (
        "Nothing was decided: you are not a steward of `commercial.payments`. "
        "Ask one of: `team:commercial-stewards`."
    )
    assert store.column_decisions(PORT) == ()
    assert store.audit()[0].outcome == "denied"


def test_a_decision_says_why(store, cast, now):
    with pytest.raises(ReasonMissing, match="The decision was not recorded"):
        store.decide_column(HELD, Answer(cast.sam, False, " ok "), STEWARDS, now)


def test_a_later_decision_stands_beside_the_first(store, cast, now):
    store.decide_column(HELD, Answer(cast.sam, False, "Names of firms."), STEWARDS, now)
    store.decide_column(HELD, Answer(cast.sue, True, "Sole traders."), STEWARDS, now)

    assert [each.decided_by for each in store.column_decisions(PORT)].count("sue") == 1
    assert len(store.column_decisions(PORT)) == 2


def test_the_database_itself_refuses_to_change_or_drop_a_decision(store, cast, now, state_url):
    store.decide_column(HELD, Answer(cast.sam, False, "Names of firms."), STEWARDS, now)
    address = state_url.replace("postgresql://", "postgresql+psycopg://")
    engine = sqlalchemy.create_engine(address)

    for change in ("UPDATE column_decisions SET outcome = 'x'", "DELETE FROM column_decisions"):
        with pytest.raises(sqlalchemy.exc.DBAPIError, match="append-only"), engine.begin() as open_:
            open_.execute(sqlalchemy.text(change))
    engine.dispose()


def test_the_policy_lets_stewards_decide_and_says_whom_to_ask(cast):
    facts = Facts(reference=PORT, stewards=STEWARDS)

    assert decide(cast.sam, Action.DECIDE_COLUMN, facts)
    refused = decide(cast.gwen, Action.DECIDE_COLUMN, facts)
    assert not refused
    assert refused.way_on == "Ask `team:commercial-stewards`."

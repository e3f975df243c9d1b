"""Append-only facts: requests, decisions, grants, revocations, keys, and the audit chain.

There is no downgrade: facts are never dropped.
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None

GENESIS = "0" * 64
APPEND_ONLY = (
    "requests",
    "decisions",
    "grants",
    "revocations",
    "tokens",
    "token_revocations",
    "sessions",
    "session_closures",
    "audit",
    "audit_resources",
)


def upgrade() -> None:
    """Make the tables, and let the database itself refuse to change or drop a fact."""
    _make_access_facts()
    _make_keys()
    _make_audit()
    if op.get_bind().dialect.name == "postgresql":
        _refuse_changes_on_postgresql()
    else:
        _refuse_changes_on_sqlite()


def _text(name: str, *keys: sa.ForeignKey, is_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, *keys, primary_key=is_key, nullable=False)


def _moment(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _sequence(*keys: sa.ForeignKey, is_key: bool = True) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(
        "sequence", kind, *keys, primary_key=is_key, autoincrement=False, nullable=False
    )


def _make_access_facts() -> None:
    op.create_table(
        "requests",
        _text("id", is_key=True),
        _text("actor_id"),
        _text("port"),
        _text("purpose"),
        sa.Column("days", sa.Integer, nullable=False),
        _moment("submitted_at"),
    )
    op.create_index("requests_by_actor", "requests", ["actor_id", "submitted_at"])
    op.create_index("requests_by_port", "requests", ["port", "submitted_at"])
    op.create_table(
        "decisions",
        _text("request_id", sa.ForeignKey("requests.id"), is_key=True),
        _text("outcome"),
        _text("actor_id"),
        _text("reason"),
        _moment("decided_at"),
    )
    op.create_table(
        "grants",
        _text("id", is_key=True),
        sa.Column("request_id", sa.Text, sa.ForeignKey("requests.id"), nullable=False, unique=True),
        _text("actor_id"),
        _text("port"),
        _text("purpose"),
        _text("approved_by"),
        _moment("starts_at"),
        _moment("expires_at"),
    )
    op.create_index("grants_by_actor", "grants", ["actor_id", "expires_at"])
    op.create_index("grants_by_port", "grants", ["port", "expires_at"])
    op.create_table(
        "revocations",
        _text("grant_id", sa.ForeignKey("grants.id"), is_key=True),
        _text("actor_id"),
        _text("reason"),
        _moment("revoked_at"),
    )


def _make_keys() -> None:
    op.create_table(
        "tokens",
        _text("id", is_key=True),
        _text("secret_hash"),
        _text("actor_id"),
        _text("name"),
        _text("scope"),
        _moment("created_at"),
        _moment("expires_at"),
    )
    op.create_index("tokens_by_actor", "tokens", ["actor_id", "created_at"])
    op.create_table(
        "token_revocations",
        _text("token_id", sa.ForeignKey("tokens.id"), is_key=True),
        _text("actor_id"),
        _moment("revoked_at"),
    )
    op.create_table(
        "sessions",
        _text("id", is_key=True),
        _text("actor_id"),
        _moment("created_at"),
        _moment("expires_at"),
    )
    op.create_table(
        "session_closures",
        _text("session_id", sa.ForeignKey("sessions.id"), is_key=True),
        _moment("closed_at"),
    )


def _make_audit() -> None:
    op.create_table(
        "audit",
        _sequence(),
        _text("at"),
        _text("actor_id"),
        _text("action"),
        _text("resource"),
        _text("outcome"),
        _text("details"),
        _text("previous_hash"),
        _text("hash"),
    )
    op.create_index("audit_by_actor", "audit", ["actor_id", "sequence"])
    op.create_table(
        "audit_resources",
        _text("resource", is_key=True),
        _sequence(sa.ForeignKey("audit.sequence")),
    )
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        _sequence(is_key=False),
        _text("hash"),
    )
    op.bulk_insert(head, [{"id": 1, "sequence": 0, "hash": GENESIS}])


def _refuse_changes_on_sqlite() -> None:
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _refuse_changes_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )

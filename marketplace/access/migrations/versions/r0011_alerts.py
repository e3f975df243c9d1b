"""Alerts about unusual use, what came of them, and rows that were planted to be noticed."""

import sqlalchemy as sa
from alembic import op

revision = "r0011"
down_revision = "r0010"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, and let the database refuse to change or drop what is in them."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        *_texts("kind", "actor_id", "day", "ports", "sentence", "evidence"),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("kind", "actor_id", "day", name="alerted_once"),
    )
    op.create_index("alerts_by_time", "alerts", ["opened_at"])
    op.create_table(
        "alert_closures",
        sa.Column("alert_id", sa.Text, sa.ForeignKey("alerts.id"), primary_key=True),
        *_texts("finding", "actor_id", "reason"),
        sa.Column("closed_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "canaries",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        *_texts("port", "value", "actor_id", "reason"),
        sa.Column("planted_at", _MOMENT, nullable=False),
    )
    op.create_index("canaries_by_port", "canaries", ["port"])
    op.create_table(
        "canary_ends",
        sa.Column("canary_id", sa.Text, sa.ForeignKey("canaries.id"), primary_key=True),
        *_texts("actor_id", "reason"),
        sa.Column("ended_at", _MOMENT, nullable=False),
    )
    for table in ("alerts", "alert_closures", "canaries", "canary_ends"):
        _refuse_changes(table)


def _texts(*names: str) -> list["sa.Column[str]"]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} "
            f"ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )

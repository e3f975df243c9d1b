"""What happens to grants and their holders: suspensions, confirmations, moves, conditions."""

import sqlalchemy as sa
from alembic import op

revision = "r0006"
down_revision = "r0005"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_TABLES = ("grant_acts", "movements", "fulfilments", "fulfilment_ends")


def upgrade() -> None:
    """Make the tables, and let the database refuse to change or drop what is in them."""
    op.add_column("grants", sa.Column("conditions", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "grant_acts",
        sa.Column("grant_id", sa.Text, sa.ForeignKey("grants.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        *_texts("step", "actor_id", "reason"),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("review_at", _MOMENT),
    )
    op.create_table(
        "movements",
        sa.Column("actor_id", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        *_texts("movement", "recorded_by", "reason"),
        sa.Column("at", _MOMENT, nullable=False),
    )
    op.create_table(
        "fulfilments",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("actor_id", "condition", "evidence", "recorded_by"),
        sa.Column("met_from", _MOMENT, nullable=False),
        sa.Column("met_until", _MOMENT, nullable=False),
    )
    op.create_index("fulfilments_by_actor", "fulfilments", ["actor_id", "condition"])
    op.create_table(
        "fulfilment_ends",
        sa.Column("fulfilment_id", sa.Text, sa.ForeignKey("fulfilments.id"), primary_key=True),
        *_texts("ended_by", "reason"),
        sa.Column("ended_at", _MOMENT, nullable=False),
    )
    for table in _TABLES:
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

"""Access that was taken in an emergency, and its review."""

import sqlalchemy as sa
from alembic import op

revision = "r0009"
down_revision = "r0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and let the database refuse to change or drop what is in them."""
    op.create_table(
        "emergencies",
        sa.Column("grant_id", sa.Text, sa.ForeignKey("grants.id"), primary_key=True),
        sa.Column("hours", sa.Integer, nullable=False),
    )
    op.create_table(
        "emergency_reviews",
        sa.Column("grant_id", sa.Text, sa.ForeignKey("grants.id"), primary_key=True),
        sa.Column("is_justified", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("actor_id", "reason")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    for table in ("emergencies", "emergency_reviews"):
        _refuse_changes(table)


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

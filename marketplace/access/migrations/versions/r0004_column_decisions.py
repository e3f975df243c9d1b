"""What stewards decided about columns that look as if they held personal data, append-only."""

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and let the database refuse to change or drop a decision."""
    names = ("port", "column_name", "outcome", "found", "candidate_hash", "actor_id", "reason")
    op.create_table(
        "column_decisions",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in names),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(
        "column_decisions_by_port", "column_decisions", ["port", "column_name", "decided_at"]
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER column_decisions_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
            "ON column_decisions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER column_decisions_refuses_{change.lower()} BEFORE {change} "
            "ON column_decisions BEGIN SELECT RAISE(ABORT, 'column_decisions is append-only'); END"
        )

"""What requests say beside their purpose, and what is done about them while they are open."""

import sqlalchemy as sa
from alembic import op

revision = "r0008"
down_revision = "r0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and let the database refuse to change or drop a fact."""
    op.create_table(
        "request_answers",
        _request_id(),
        sa.Column("answers", sa.Text, nullable=False),
    )
    op.create_table(
        "request_acts",
        _request_id(),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("kind", "reason", "restriction", "conditions")
        ),
        *(sa.Column(name, sa.Text) for name in ("review", "purpose")),
        *(sa.Column(name, sa.Integer) for name in ("days", "review_days")),
        sa.Column("is_passed", sa.Integer, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
    )
    for table in ("request_answers", "request_acts"):
        _refuse_changes(table)


def _request_id() -> sa.Column[str]:
    key = sa.ForeignKey("requests.id")
    return sa.Column("request_id", sa.Text, key, primary_key=True, nullable=False)


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

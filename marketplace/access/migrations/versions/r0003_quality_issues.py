"""Quality issues and improvement plans with the acts on them, append-only."""

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None

TABLES = (
    "quality_issues",
    "quality_issue_acts",
    "improvement_plans",
    "improvement_plan_acts",
)
_MEASURED = ("broken", "candidate_hash", "verdict_hash")


def upgrade() -> None:
    """Make the tables, and let the database refuse to change or drop a fact."""
    _make_issues()
    _make_plans()
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in TABLES:
        if is_postgresql:
            op.execute(
                f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
                f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
            continue
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} "
                f"ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _texts(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=nullable) for name in names]


def _moment(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _act_key(name: str, table: str) -> list[sa.Column[object]]:
    return [
        sa.Column(name, sa.Text, sa.ForeignKey(f"{table}.id"), primary_key=True, nullable=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False, nullable=False),
    ]


def _make_issues() -> None:
    op.create_table(
        "quality_issues",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        *_texts("port", "title", "description", "severity"),
        *_texts("check_id", "candidate_hash", "verdict_hash", nullable=True),
        *_texts("actor_id"),
        _moment("opened_at"),
    )
    op.create_index("quality_issues_by_port", "quality_issues", ["port", "opened_at"])
    op.create_table(
        "quality_issue_acts",
        *_act_key("issue_id", "quality_issues"),
        *_texts("status", "root_cause", "source_system", "assigned", "reason"),
        *_texts("accepted_until", "verdict_hash", nullable=True),
        *_texts("actor_id"),
        _moment("acted_at"),
    )


def _make_plans() -> None:
    op.create_table(
        "improvement_plans",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        *_texts("port", "element", "target", "score"),
        sa.Column("is_met", sa.Integer, nullable=False),
        *_texts(*_MEASURED),
        _moment("measured_at"),
        *_texts("actor_id"),
        _moment("opened_at"),
    )
    op.create_index("improvement_plans_by_port", "improvement_plans", ["port", "opened_at"])
    op.create_table(
        "improvement_plan_acts",
        *_act_key("plan_id", "improvement_plans"),
        *_texts("root_cause", "cause", "action", "owner", "due_on", "score", nullable=True),
        sa.Column("is_met", sa.Integer),
        *_texts(*_MEASURED, nullable=True),
        _moment("measured_at", nullable=True),
        *_texts("reason", nullable=True),
        *_texts("actor_id"),
        _moment("acted_at"),
    )

"""People whom the organisation's own sign-in sent, with their teams and roles at that moment."""

import sqlalchemy as sa
from alembic import op

revision = "r0010"
down_revision = "r0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and let the database refuse to change or drop an arrival."""
    names = ("actor_id", "issuer", "name", "teams", "roles", "units")
    op.create_table(
        "arrivals",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in names),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("arrivals_by_actor", "arrivals", ["actor_id", "issuer", "arrived_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER arrivals_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
            "ON arrivals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER arrivals_refuses_{change.lower()} BEFORE {change} "
            "ON arrivals BEGIN SELECT RAISE(ABORT, 'arrivals is append-only'); END"
        )

"""Sessions that end when nobody uses them, and say how and on what they were opened."""

import sqlalchemy as sa
from alembic import op

revision = "r0007"
down_revision = "r0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what a session knows of itself, its uses, and who ended it."""
    op.add_column("sessions", sa.Column("idle_minutes", sa.Integer))
    for name in ("way", "agent"):
        op.add_column("sessions", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.add_column(
        "session_closures", sa.Column("actor_id", sa.Text, nullable=False, server_default="")
    )
    op.create_index("sessions_by_actor", "sessions", ["actor_id", "expires_at"])
    op.create_table(
        "session_uses",
        sa.Column("session_id", sa.Text, sa.ForeignKey("sessions.id"), primary_key=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), primary_key=True),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER session_uses_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
            "ON session_uses FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER session_uses_refuses_{change.lower()} BEFORE {change} "
            "ON session_uses BEGIN SELECT RAISE(ABORT, 'session_uses is append-only'); END"
        )

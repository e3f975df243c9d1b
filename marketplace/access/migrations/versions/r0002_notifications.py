"""Notifications: what people were told about the ports that they answer for, append-only."""

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the outbox, and let the database refuse to change or drop what was told."""
    op.create_table(
        "notifications",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("recipient", "kind", "port", "subject", "message")
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("recipient", "kind", "port", "subject", name="told_once"),
    )
    op.create_index("notifications_by_recipient", "notifications", ["recipient", "created_at"])
    op.create_index("notifications_by_port", "notifications", ["port", "created_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER notifications_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
            "ON notifications FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER notifications_refuses_{change.lower()} BEFORE {change} "
            "ON notifications BEGIN SELECT RAISE(ABORT, 'notifications is append-only'); END"
        )

"""Which rows and columns a grant shows, and when it is to be confirmed again."""

import sqlalchemy as sa
from alembic import op

revision = "r0005"
down_revision = "r0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two columns: grants from before show the whole port, and have no review."""
    op.add_column("grants", sa.Column("restriction", sa.Text, nullable=False, server_default=""))
    op.add_column("grants", sa.Column("review_at", sa.DateTime(timezone=True)))

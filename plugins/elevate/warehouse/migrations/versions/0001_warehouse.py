"""Roles, schemas and the operational tables."""

from contextlib import closing
from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the SQL file beside this one."""
    # On the driver's own cursor: a file of many statements can't be a prepared one.
    with closing(op.get_bind().connection.cursor()) as cursor:
        cursor.execute(Path(__file__).with_suffix(".sql").read_text())

"""What people are told about the ports that they answer for. An outbox: rows are only added."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from marketplace.access.model import Notice, Notification
from marketplace.access.tables import notifications

_MOST = 200  # of one reader's notifications on a page


def add(
    connection: Connection, notice: Notice, ids: Iterable[tuple[str, str]], now: datetime
) -> tuple[Notification, ...]:
    """Tell each recipient once of each subject; gives the notifications that are new.

    `ids` are pairs of a new id and a recipient (person id or `team:<id>`).
    """
    made = []
    for notification_id, recipient in ids:
        told = (
            (notifications.c.recipient == recipient)
            & (notifications.c.kind == notice.kind)
            & (notifications.c.port == notice.port)
            & (notifications.c.subject == notice.subject)
        )
        if connection.execute(select(notifications.c.id).where(told)).first() is None:
            new = Notification(
                notification_id, recipient, notice.kind, notice.port, notice.subject,
                notice.message, now,
            )  # fmt: skip
            connection.execute(
                insert(notifications).values(
                    id=new.id,
                    recipient=recipient,
                    kind=new.kind,
                    port=new.port,
                    subject=new.subject,
                    message=new.message,
                    created_at=now,
                )
            )
            made.append(new)
    return tuple(made)


def to(connection: Connection, recipients: Collection[str]) -> tuple[Notification, ...]:
    """The notifications to any of the references, newest first; each subject once."""
    query = (
        select(notifications)
        .where(notifications.c.recipient.in_(sorted(recipients)))
        .order_by(notifications.c.created_at.desc(), notifications.c.id.desc())
        .limit(_MOST)
    )
    seen: dict[tuple[str, str, str], Notification] = {}
    for row in connection.execute(query):
        found = _notification(row)
        seen.setdefault((found.kind, found.port, found.subject), found)
    return tuple(seen.values())


def about(connection: Connection, port: str, kinds: Collection[str]) -> tuple[Notification, ...]:
    """The notifications of these kinds about a port, oldest first."""
    query = (
        select(notifications)
        .where((notifications.c.port == port) & notifications.c.kind.in_(sorted(kinds)))
        .order_by(notifications.c.created_at, notifications.c.id)
    )
    return tuple(map(_notification, connection.execute(query)))


def _notification(row: Row[Any]) -> Notification:
    return Notification(
        id=row.id,
        recipient=row.recipient,
        kind=row.kind,
        port=row.port,
        subject=row.subject,
        message=row.message,
        created_at=row.created_at,
    )

"""Which text can be a statement at all: judged by its characters, before any process sees it."""

from marketplace.query.errors import StatementUnreadable


def readable(sql: str, most_bytes: int) -> str:
    """`sql`, when it can be a statement at all.

    Looks at its characters only. Raises StatementUnreadable.
    """
    try:
        size = len(sql.encode())
    except UnicodeEncodeError as error:
        raise StatementUnreadable("it holds half a character", "Send UTF-8 text.") from error
    if size > most_bytes:
        fault = f"it has {size:,} bytes, more than {most_bytes:,}"
        raise StatementUnreadable(fault, "Join against a port instead of listing values.")
    if "\0" in sql:
        raise StatementUnreadable("it holds a zero byte", "Remove it and send the text again.")
    if not sql.strip():
        raise StatementUnreadable("it is empty", "Write one SELECT over a port: unit.port.")
    return sql

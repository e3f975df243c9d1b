"""Tokens: keys with which a machine queries as the person who made them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, select

from marketplace.access.errors import NotYourToken, TokenNameMissing, UnknownToken
from marketplace.access.model import Actor, Token
from marketplace.access.requests import clean
from marketplace.access.scopes import Scope, text_of
from marketplace.access.secret_keys import NewSecret, id_in, matches
from marketplace.access.tables import token_revocations, tokens

LONGEST_DAYS = 90
_LONGEST_NAME = 80


def name_of(text: str) -> str:
    """The name as it is kept. Raises TokenNameMissing."""
    name = " ".join(clean(text).split())
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise TokenNameMissing(_LONGEST_NAME)
    return name


def create(
    connection: Connection,
    secret: NewSecret,
    owner: tuple[str, str],
    scopes: Collection[Scope],
    period: tuple[datetime, int],
) -> Token:
    """Keep a token's hash. `owner`: the actor's id and its name; `period`: start and days."""
    actor_id, name = owner
    now, days = period
    token = Token(secret.id, actor_id, name, text_of(scopes), now, now + timedelta(days=days))
    connection.execute(
        insert(tokens).values(
            id=token.id,
            secret_hash=secret.hash,
            actor_id=actor_id,
            name=name,
            scope=token.scope,
            created_at=now,
            expires_at=token.expires_at,
        )
    )
    return token


def of_secret(connection: Connection, secret: str, now: datetime) -> Token | None:
    """The standing token that the secret opens; None for a wrong, expired or revoked one."""
    query = _query(tokens.c.id == id_in(secret))
    row = connection.execute(query).first()
    if row is None or not matches(secret, row.secret_hash):
        return None
    token = _token(row)
    return token if token.stands(now) else None


def revoke(connection: Connection, token_id: str, actor: Actor, now: datetime) -> Token:
    """End one's own token; ending it again changes nothing. Raises UnknownToken, NotYourToken."""
    token = _find(connection, token_id)
    if token.actor_id != actor.id:
        raise NotYourToken(token_id)
    if token.revoked_at is None:
        connection.execute(
            insert(token_revocations).values(token_id=token_id, actor_id=actor.id, revoked_at=now)
        )
    return _find(connection, token_id)


def of_actor(connection: Connection, actor_id: str) -> tuple[Token, ...]:
    """Every token that the actor has made, newest first."""
    rows = connection.execute(_query(tokens.c.actor_id == actor_id))
    return tuple(_token(row) for row in rows)


def _find(connection: Connection, token_id: str) -> Token:
    row = connection.execute(_query(tokens.c.id == token_id)).first()
    if row is None:
        raise UnknownToken(token_id)
    return _token(row)


def _query(wanted: ColumnElement[bool]) -> Select[Any]:
    return (
        select(tokens, token_revocations.c.revoked_at)
        .select_from(tokens.outerjoin(token_revocations))
        .where(wanted)
        .order_by(tokens.c.created_at.desc(), tokens.c.id.desc())
    )


def _token(row: Row[Any]) -> Token:
    fields = row._asdict()
    del fields["secret_hash"]
    return Token(**fields)

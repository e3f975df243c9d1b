"""What happened to grants and their holders, read and added. Facts are never changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from marketplace.access.grant_life import (
    Fulfilment,
    GrantAct,
    GrantStep,
    Life,
    Moved,
    Movement,
)
from marketplace.access.life_tables import fulfilment_ends, fulfilments, grant_acts, movements

_AT_ONCE = 500  # ids in one query; SQLite takes 32,766 variables


def lives(connection: Connection, known: Sequence[tuple[str, str, datetime]]) -> dict[str, Life]:
    """The lives of grants, each given as its id, its holder and when it started."""
    acts = _acts(connection, [grant_id for grant_id, _, _ in known])
    holders = sorted({actor_id for _, actor_id, _ in known})
    moved, met = _movements(connection, holders), _fulfilments(connection, holders)
    return {
        grant_id: Life(
            acts=tuple(acts[grant_id]),
            movements=tuple(each for each in moved[actor_id] if each.at >= starts_at),
            fulfilments=tuple(met[actor_id]),
        )
        for grant_id, actor_id, starts_at in known
    }


def add_act(connection: Connection, grant_id: str, act: GrantAct) -> None:
    """Keep a step of a grant's life."""
    connection.execute(
        insert(grant_acts).values(
            grant_id=grant_id,
            position=act.position,
            step=act.step.value,
            actor_id=act.actor_id,
            reason=act.reason,
            at=act.at,
            review_at=act.review_at,
        )
    )


def add_movement(connection: Connection, moved: Moved) -> None:
    """Keep a person's move."""
    mine = movements.c.actor_id == moved.actor_id
    last = connection.execute(select(func.max(movements.c.position)).where(mine)).scalar()
    connection.execute(
        insert(movements).values(
            actor_id=moved.actor_id,
            position=(last or 0) + 1,
            movement=moved.movement.value,
            recorded_by=moved.recorded_by,
            reason=moved.reason,
            at=moved.at,
        )
    )


def add_fulfilment(connection: Connection, met: Fulfilment) -> None:
    """Keep that a person meets a condition."""
    connection.execute(
        insert(fulfilments).values(
            id=met.id,
            actor_id=met.actor_id,
            condition=met.condition,
            evidence=met.evidence,
            recorded_by=met.recorded_by,
            met_from=met.met_from,
            met_until=met.met_until,
        )
    )


def end_fulfilment(
    connection: Connection, fulfilment_id: str, by: tuple[str, str, datetime]
) -> None:
    """Keep that a fulfilment was taken back; `by` has who, why and when."""
    ended_by, reason, now = by
    connection.execute(
        insert(fulfilment_ends).values(
            fulfilment_id=fulfilment_id, ended_by=ended_by, reason=reason, ended_at=now
        )
    )


def movements_of(connection: Connection, actor_id: str) -> tuple[Moved, ...]:
    """Every move of a person, oldest first."""
    return tuple(_movements(connection, [actor_id])[actor_id])


def has_left(connection: Connection, actor_id: str) -> bool:
    """Whether the person has left and not come back."""
    known = movements_of(connection, actor_id)
    return bool(known) and _is_gone(known)


def fulfilments_of(connection: Connection, actor_id: str) -> tuple[Fulfilment, ...]:
    """Every condition that a person met or meets, by the end of its period."""
    return tuple(_fulfilments(connection, [actor_id])[actor_id])


def fulfilment(connection: Connection, fulfilment_id: str) -> Fulfilment | None:
    """The fulfilment with this id; None where there is none."""
    row = connection.execute(_met().where(fulfilments.c.id == fulfilment_id)).first()
    return None if row is None else _fulfilment(row)


def _is_gone(known: Sequence[Moved]) -> bool:
    """Whether the last leaving has no joining after it."""
    steps = [each.movement for each in known if each.movement is not Movement.MOVED]
    return bool(steps) and steps[-1] is Movement.LEFT


def _acts(connection: Connection, ids: Sequence[str]) -> dict[str, list[GrantAct]]:
    found: dict[str, list[GrantAct]] = defaultdict(list)
    for part in _parts(ids):
        query = select(grant_acts).where(grant_acts.c.grant_id.in_(part))
        for row in connection.execute(query.order_by(grant_acts.c.position)):
            act = GrantAct(
                position=row.position,
                step=GrantStep(row.step),
                actor_id=row.actor_id,
                reason=row.reason,
                at=row.at,
                review_at=row.review_at,
            )
            found[row.grant_id].append(act)
    return found


def _movements(connection: Connection, actors: Sequence[str]) -> dict[str, list[Moved]]:
    found: dict[str, list[Moved]] = defaultdict(list)
    for part in _parts(actors):
        query = select(movements).where(movements.c.actor_id.in_(part))
        for row in connection.execute(query.order_by(movements.c.position)):
            moved = Moved(row.actor_id, Movement(row.movement), row.recorded_by, row.reason, row.at)
            found[row.actor_id].append(moved)
    return found


def _fulfilments(connection: Connection, actors: Sequence[str]) -> dict[str, list[Fulfilment]]:
    found: dict[str, list[Fulfilment]] = defaultdict(list)
    for part in _parts(actors):
        for row in connection.execute(_met().where(fulfilments.c.actor_id.in_(part))):
            found[row.actor_id].append(_fulfilment(row))
    return found


def _met() -> Select[Any]:
    joined = fulfilments.outerjoin(fulfilment_ends)
    query = select(fulfilments, fulfilment_ends.c.ended_at).select_from(joined)
    return query.order_by(fulfilments.c.met_until, fulfilments.c.id)


def _fulfilment(row: Row[Any]) -> Fulfilment:
    return Fulfilment(**row._asdict())


def _parts(ids: Iterable[str]) -> Iterator[list[str]]:
    every = sorted(set(ids))
    for start in range(0, len(every), _AT_ONCE):
        yield every[start : start + _AT_ONCE]

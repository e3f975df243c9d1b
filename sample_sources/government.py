"""The fictional government in each month: who exists, under which name and parent."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

from sample_sources.bodies import (
    CHANGES,
    FIRST_BODIES,
    LONG_CLOSED,
    REVISIONS,
    Body,
    Change,
    Format,
    Revision,
)

LONG_AGO = -40  # month of what happened before the sample begins
NAME_LINGERS_MONTHS = 6  # files still carry a former name for this long


@dataclass(frozen=True, slots=True)
class Standing:
    """One body as the register shows it in one month; lists are slugs."""

    slug: str
    body: Body
    changed_month: int = LONG_AGO
    closed_status: str | None = None
    closed_month: int | None = None  # None also for a closed body whose closing date is not kept
    superseded: tuple[str, ...] = ()
    superseding: tuple[str, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Whether the body no longer exists."""
        return self.closed_status is not None

    @property
    def status(self) -> str:
        """The register's word: live, exempt or closed."""
        if self.is_closed:
            return "closed"
        return "exempt" if self.body.is_exempt else "live"


@lru_cache(maxsize=64)
def standings(month: int) -> Mapping[str, Standing]:
    """Every body that exists or existed in `month`, by abbreviation, as the register lists it."""
    state = {body.abbreviation: Standing(body.slug, body) for body in FIRST_BODIES}
    for body, closed_status, successor in LONG_CLOSED:
        superseding = (state[successor].slug,) if successor is not None else ()
        state[body.abbreviation] = Standing(
            body.slug, body, closed_status=closed_status, superseding=superseding
        )
    events: list[Change | Revision] = [*CHANGES, *REVISIONS]
    for event in sorted(events, key=lambda event: event.month):
        if event.month <= month:
            _apply(event, state)
    return MappingProxyType(state)


def existing(month: int) -> tuple[Standing, ...]:
    """The bodies that exist in `month`, in the order of their slugs."""
    found = (standing for standing in standings(month).values() if not standing.is_closed)
    return tuple(sorted(found, key=lambda standing: standing.slug))


def departments(month: int) -> tuple[Standing, ...]:
    """The ministerial departments of `month`, in the order of their slugs."""
    return tuple(s for s in existing(month) if s.body.format is Format.DEPARTMENT)


def family(department: str, month: int) -> tuple[Standing, ...]:
    """The department of that abbreviation and the bodies below it in `month`, itself first."""
    below = tuple(s for s in existing(month) if s.body.parents[:1] == (department,))
    return (standings(month)[department], *below)


def former_titles(abbreviation: str, month: int) -> tuple[str, ...]:
    """The titles that the body lost in the six months before and in `month`."""
    titles: list[str] = []
    for event in (*CHANGES, *REVISIONS):
        if not 0 <= month - event.month < NAME_LINGERS_MONTHS:
            continue
        before = standings(event.month - 1)
        if isinstance(event, Change):
            if event.opened is not None and event.opened.abbreviation == abbreviation:
                titles += [before[closed].body.title for closed in event.closed]
        elif event.abbreviation == abbreviation and event.title is not None:
            titles.append(before[abbreviation].body.title)
    return tuple(titles)


def successor(abbreviation: str, month: int) -> str:
    """The abbreviation of the body that a body has become by `month`; its own where it stands."""
    state = standings(month)
    by_slug = {standing.slug: short for short, standing in state.items()}
    while state[abbreviation].superseding:
        abbreviation = by_slug[state[abbreviation].superseding[0]]
    return abbreviation


def _apply(event: Change | Revision, state: dict[str, Standing]) -> None:
    if isinstance(event, Change):
        _apply_change(event, state)
        return
    standing = state[event.abbreviation]
    body = replace(
        standing.body,
        title=event.title or standing.body.title,
        parents=event.parents or standing.body.parents,
    )
    state[event.abbreviation] = replace(standing, body=body, changed_month=event.month)


def _apply_change(change: Change, state: dict[str, Standing]) -> None:
    opened = change.opened
    closed_slugs = tuple(state[closed].slug for closed in change.closed)
    for closed in change.closed:
        state[closed] = replace(
            state[closed],
            closed_status=change.closed_status,
            closed_month=change.month if change.has_closing_date else None,
            superseding=(opened.slug,) if opened is not None else (),
            changed_month=change.month,
        )
    if opened is not None:
        state[opened.abbreviation] = Standing(
            opened.slug, opened, changed_month=change.month, superseded=closed_slugs
        )
        _move_children(change.closed, opened.abbreviation, change.month, state)


def _move_children(
    closed: tuple[str, ...], opened: str, month: int, state: dict[str, Standing]
) -> None:
    for abbreviation, standing in state.items():
        parents = standing.body.parents
        if standing.is_closed or not set(parents) & set(closed):
            continue
        moved = tuple(dict.fromkeys(opened if p in closed else p for p in parents))
        body = replace(standing.body, parents=moved)
        state[abbreviation] = replace(standing, body=body, changed_month=month)

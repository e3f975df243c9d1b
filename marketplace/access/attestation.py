"""What the audit log says of grants, held against the grants that are stored.

The log is a hash chain with a witness outside the database; the tables of grants are not. Who can
write those tables can give themselves a right, or lengthen one: here it shows. The rows are read
without the code that the marketplace decides with.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from marketplace.access.attested_lives import life_faults
from marketplace.access.database import Database
from marketplace.access.tables import audit, grants, revocations

_ASKED, _GIVEN, _ENDED = "access.request", "access.approve", "access.revoke"
_OPENED, _REVIEWED = "access.break_glass", "access.review_emergency"
_ACTIONS = (_ASKED, _GIVEN, _ENDED, _OPENED, _REVIEWED)


@dataclass(frozen=True, slots=True)
class Attested:
    """A grant as the audit log tells of it: the most that it may ever have given."""

    id: str
    actor_id: str
    port: str
    purpose: str
    starts_at: datetime
    expires_at: datetime
    restriction: str  # as `Restriction.text` spells it
    revoked_at: datetime | None = None

    def may_stand(self, now: datetime) -> bool:
        """Whether it could give a right at `now`, if nothing else holds it."""
        return self.revoked_at is None and self.starts_at <= now < self.expires_at


@dataclass(frozen=True, slots=True)
class GrantFault:
    """How what is stored of a grant, or of its holder, differs from what was decided."""

    actor_id: str
    port: str  # empty where it is about the holder alone
    fault: str


@dataclass(frozen=True, slots=True)
class Attestation:
    """Every grant that the log tells of, and where the stored ones differ."""

    grants: tuple[Attested, ...]
    faults: tuple[GrantFault, ...]

    def standing(self, actor_id: str, now: datetime) -> tuple[Attested, ...]:
        """The actor's grants that could give a right at `now`."""
        return tuple(g for g in self.grants if g.actor_id == actor_id and g.may_stand(now))


class AttestationBook:
    """Reads the log and the tables of one access state, in one consistent moment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> Attestation:
        """What the log attests, and each stored grant that it does not."""
        with self._database.read() as connection:
            told = _told(connection)
            stored = {row.id: row for row in connection.execute(select(grants))}
            ended = {row.grant_id for row in connection.execute(select(revocations.c.grant_id))}
            lives = tuple(life_faults(connection))
        holders = {each.id: (each.actor_id, each.port) for each in told.values()}
        of_lives = (
            GrantFault(*holders.get(about, (about, "")), fault=fault) for about, fault in lives
        )
        return Attestation(tuple(told.values()), (*_faults(told, stored, ended), *of_lives))


@dataclass(slots=True)
class _Ledger:
    """What is known while the log is read from its beginning."""

    asked: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    grants: dict[str, Attested] = field(default_factory=dict)

    def take(self, row: Row[Any]) -> None:
        details = json.loads(row.details)
        at = datetime.fromisoformat(row.at)
        if row.action == _ASKED:
            self.asked[str(details["request_id"])] = details
        elif row.action == _GIVEN and "grant_id" in details:
            self._give(row.resource, details, at)
        elif row.action == _OPENED:
            self._open(row, details, at)
        elif row.action == _ENDED or (row.action == _REVIEWED and not details["justified"]):
            known = self.grants.get(str(details["grant_id"]))
            if known is not None and known.revoked_at is None:
                self.grants[known.id] = replace(known, revoked_at=at)

    def _give(self, port: str, details: Mapping[str, Any], at: datetime) -> None:
        asked = self.asked.get(str(details["request_id"]), {})
        days = int(details.get("days") or asked.get("days", 0))
        self.grants[details["grant_id"]] = Attested(
            id=details["grant_id"],
            actor_id=str(details["requester"]),
            port=port,
            purpose=str(details.get("narrower_purpose") or asked.get("purpose", "")),
            starts_at=at,
            expires_at=at + timedelta(days=days),
            restriction=str(details.get("restriction") or ""),
        )

    def _open(self, row: Row[Any], details: Mapping[str, Any], at: datetime) -> None:
        """Access that somebody took in an emergency: decided by nobody, attested all the same."""
        self.grants[details["grant_id"]] = Attested(
            id=details["grant_id"],
            actor_id=row.actor_id,
            port=row.resource,
            purpose=f"Emergency: {details['reason']}",
            starts_at=at,
            expires_at=at + timedelta(hours=int(details["hours"])),
            restriction="",
        )


def _told(connection: Connection) -> Mapping[str, Attested]:
    ledger = _Ledger()
    wanted = audit.c.action.in_(_ACTIONS) & (audit.c.outcome == "done")
    for row in connection.execute(select(audit).where(wanted).order_by(audit.c.sequence)):
        ledger.take(row)
    return ledger.grants


def _faults(
    told: Mapping[str, Attested], stored: Mapping[str, Row[Any]], ended: set[str]
) -> Iterator[GrantFault]:
    for grant_id, row in stored.items():
        known = told.get(grant_id)
        if known is None:
            fault = "is stored, and the audit log knows no decision that gave it"
            yield GrantFault(row.actor_id, row.port, f"grant `{grant_id}` {fault}")
            continue
        for fault in _differences(known, row, grant_id in ended):
            yield GrantFault(row.actor_id, row.port, f"grant `{grant_id}` {fault}")
    for grant_id in told.keys() - stored.keys():
        known = told[grant_id]
        fault = "was given by a decision in the audit log, and is not stored any more"
        yield GrantFault(known.actor_id, known.port, f"grant `{grant_id}` {fault}")


def _differences(known: Attested, row: Row[Any], is_ended: bool) -> Iterator[str]:
    pairs = (
        ("holder", known.actor_id, row.actor_id),
        ("port", known.port, row.port),
        ("purpose", known.purpose, row.purpose),
        ("start", known.starts_at, row.starts_at),
        ("restriction", known.restriction, row.restriction),
    )
    for name, said, found in pairs:
        if said != found:
            yield f"has {name} `{found}`, and `{said}` was decided"
    if row.expires_at > known.expires_at:
        yield f"ends at `{row.expires_at}`, later than the decided `{known.expires_at}`"
    if known.revoked_at is not None and not is_ended:
        yield "was revoked, and its revocation is not stored any more"
    if known.revoked_at is None and is_ended:
        yield "has a revocation that the audit log does not know"

"""Alerts about unusual use: seen by who answers, closed by governance; not by whom they concern."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from marketplace.access.alert_book import Alert, Finding
from marketplace.access.facts import Action, Facts, facts_of
from marketplace.access.model import Actor, AuditFilter, AuditRecord
from marketplace.access.policy import decide
from marketplace.web import urls
from marketplace.web.dependencies import Form, SignedIn, TheRooms, answer, moved, require
from marketplace.web.errors import InvalidForm, NotFound
from marketplace.web.openapi import page_of
from marketplace.web.pages.alerts import (
    FINDINGS,
    AlertPage,
    AlertsPage,
    CanariesPage,
    alert_line,
    canary_line,
)
from marketplace.web.pages.page import Choice
from marketplace.web.pages.records import record_lines
from marketplace.web.rooms import Rooms

router = APIRouter(tags=["records"])
_WHOLE = Facts(reference="alerts")


@router.get(urls.ALERTS, summary="Alerts about unusual use", responses=page_of(AlertsPage))
def list_alerts(request: Request, rooms: TheRooms, actor: SignedIn) -> Response:
    """Those of the reader's ports; all of them for governance and auditors."""
    seen = [alert for alert in rooms.store.alerts.everything() if _may_see(rooms, actor, alert)]
    page = AlertsPage(
        title="Alerts",
        alerts=tuple(alert_line(alert, rooms.person) for alert in seen),
        may_plant=bool(decide(actor, Action.CLOSE_ALERT, _WHOLE)),
    )
    return answer(request, page)


@router.get(
    urls.CANARIES, summary="Rows that were planted to be noticed", responses=page_of(CanariesPage)
)
def list_canaries(request: Request, rooms: TheRooms, actor: SignedIn) -> Response:
    """The planted rows that still count, for governance."""
    require(rooms, actor, Action.CLOSE_ALERT, _WHOLE)
    ports = tuple(sorted(rooms.registry.ports))
    page = CanariesPage(
        title="Planted rows",
        canaries=tuple(
            canary_line(each, rooms.person) for each in rooms.store.alerts.canaries_in(ports)
        ),
        ports=tuple(Choice(port, port) for port in ports),
    )
    return answer(request, page)


@router.post(urls.CANARIES, summary="Record a planted row", status_code=303)
def plant_canary(request: Request, rooms: TheRooms, actor: SignedIn, form: Form) -> Response:
    """From now on, whoever is shown the text raises an alert."""
    require(rooms, actor, Action.CLOSE_ALERT, _WHOLE)
    port = rooms.registry.port(form.get("port", "")).contract.reference
    by = (actor, form.get("reason", ""))
    kept = rooms.store.alerts.plant(port, form.get("value", ""), by, rooms.now())
    return moved(request, urls.CANARIES, id=kept.id)


@router.post("/alerts/canaries/{canary_id}/end", summary="Forget a planted row", status_code=303)
def end_canary(
    request: Request, rooms: TheRooms, actor: SignedIn, form: Form, canary_id: str
) -> Response:
    """Who is shown the text raises no alert any more."""
    require(rooms, actor, Action.CLOSE_ALERT, _WHOLE)
    rooms.store.alerts.unplant(canary_id, (actor, form.get("reason", "")), rooms.now())
    return moved(request, urls.CANARIES, id=canary_id)


@router.get(
    "/alerts/{alert_id}",
    summary="One alert with its evidence",
    responses=page_of(AlertPage),
)
def show_alert(request: Request, rooms: TheRooms, actor: SignedIn, alert_id: str) -> Response:
    """What was unusual, and the records of the log that show it."""
    alert = _seen(rooms, actor, alert_id)
    facts = dict(alert.evidence)
    sequences = [int(number) for number in facts.pop("sequences", ())]
    may_close = alert.finding is None and bool(decide(actor, Action.CLOSE_ALERT, _WHOLE))
    findings = tuple(Choice(kind.value, text) for kind, text in FINDINGS.items())
    page = AlertPage(
        title="Alert",
        alert=alert_line(alert, rooms.person),
        facts=facts,
        records=record_lines(_evidence(rooms, actor, alert, sequences), rooms.person),
        findings=findings if may_close else (),
        closure=urls.alert(alert_id, "closure"),
    )
    return answer(request, page)


@router.post("/alerts/{alert_id}/closure", summary="Say what came of an alert", status_code=303)
def close_alert(
    request: Request, rooms: TheRooms, actor: SignedIn, form: Form, alert_id: str
) -> Response:
    """Explained, misuse or a false alarm, with the reason; kept for good."""
    _seen(rooms, actor, alert_id)
    require(rooms, actor, Action.CLOSE_ALERT, _WHOLE)
    try:
        finding = Finding(form.get("finding", ""))
    except ValueError as error:
        known = ", ".join(kind.value for kind in Finding)
        raise InvalidForm({"finding": f"Choose one of: {known}"}) from error
    by = (actor, form.get("reason", ""))
    closed = rooms.store.alerts.close(alert_id, finding, by, rooms.now())
    return moved(request, urls.alert(alert_id), id=alert_id, finding=closed.finding)


def _seen(rooms: Rooms, actor: Actor, alert_id: str) -> Alert:
    alert = rooms.store.alerts.find(alert_id)
    if not _may_see(rooms, actor, alert):
        raise NotFound(f"There is no alert `{alert_id}`.")
    return alert


def _may_see(rooms: Rooms, actor: Actor, alert: Alert) -> bool:
    """Who oversees all, or answers for every port in it; never whom it is about."""
    if alert.actor_id == actor.id:
        return False
    if decide(actor, Action.SEE_ALERT, _WHOLE):
        return True
    ports = rooms.registry.ports
    return bool(alert.ports) and all(
        port in ports and decide(actor, Action.SEE_ALERT, facts_of(ports[port].contract))
        for port in alert.ports
    )


def _evidence(
    rooms: Rooms, actor: Actor, alert: Alert, sequences: list[int]
) -> tuple[AuditRecord, ...]:
    """The records of the log that the alert names, of its ports alone for who sees no others."""
    found = []
    for sequence in sequences:
        wanted = AuditFilter(after_sequence=sequence - 1, limit=1)
        found += [r for r in rooms.store.audit(wanted) if r.sequence == sequence]
    if decide(actor, Action.SEE_ALERT, _WHOLE):
        return tuple(found)
    return tuple(r for r in found if {*(r.details.get("ports") or ())} <= {*alert.ports})

"""Every address of the marketplace, spelled once."""

from collections.abc import Iterable
from urllib.parse import quote, urlencode

HOME = "/"
SEARCH = "/search"
REQUESTS = "/access/requests"
NEW_REQUEST = "/access/requests/new"
INBOX = "/access/inbox"
GRANTS = "/access/grants"
CONDITIONS = "/access/conditions"
EMERGENCIES = "/access/emergencies"
MOVEMENTS = "/access/movements"
QUERY = "/query"
QUERY_API = "/api/v1/query"
STATEMENTS_API = "/api/v1/statements"
PORT_API = "/api/v1/ports/{unit}/{port}"
LOG = "/log"
PRODUCTS_LOG = "/log/products"
ALERTS = "/alerts"
CANARIES = "/alerts/canaries"
AUDIT = "/audit"
AUDIT_EXPORT = "/audit/export"
LOG_EXPORT = "/log/export"
PRODUCTS_LOG_EXPORT = "/log/products/export"
REJECTS = "/rejects"
QUARANTINE = "/quarantine"
NOTIFICATIONS = "/notifications"
ISSUES = "/issues"
NEW_ISSUE = "/issues/new"
PLANS = "/plans"
HELD = "/held"
SIGN_IN = "/sign-in"
SIGN_IN_OUT = "/sign-in/organisation"
SIGN_IN_BACK = "/sign-in/callback"
SIGN_OUT = "/sign-out"
TOKENS = "/tokens"
SESSIONS = "/sessions"
SESSIONS_END = "/sessions/end"
EVERYONES_SESSIONS = "/sessions/everyone"
HELP = "/help"
ACCESSIBILITY = "/accessibility"
ROLES = "/roles"
HEALTH = "/health"
READY = "/ready"
OPENAPI = "/openapi.json"
STATIC = "/static"

Parameters = Iterable[tuple[str, str]]


def with_parameters(address: str, parameters: Parameters) -> str:
    """`address` with the parameters that have a value."""
    kept = [(name, value) for name, value in parameters if value]
    return f"{address}?{urlencode(kept)}" if kept else address


def json_twin(address: str) -> str:
    """The same address as JSON."""
    path, mark, rest = address.partition("?")
    return f"{'/index' if path == HOME else path}.json{mark}{rest}"


def search(parameters: Parameters = ()) -> str:
    """Results for words (`words`), facets, `sort` and `page`."""
    return with_parameters(SEARCH, parameters)


def product(reference: str) -> str:
    """The page of data product `unit/product`."""
    unit, name = reference.split("/", 1)
    return f"/products/{quote(unit, safe='')}/{quote(name, safe='')}"


def port(product_reference: str, port_reference: str) -> str:
    """The page of output port `unit.port` of a data product."""
    return f"{product(product_reference)}/ports/{quote(port_reference.split('.', 1)[1], safe='')}"


def impact(product_reference: str, port_reference: str) -> str:
    """Who relies on output port `unit.port`, for those who answer for it."""
    return f"{port(product_reference, port_reference)}/impact"


def quality(product_reference: str, port_reference: str, dimension: str = "") -> str:
    """How a port's quality scores came about; at one dimension when given."""
    address = f"{port(product_reference, port_reference)}/quality"
    return f"{address}#{quote(dimension, safe='')}" if dimension else address


def evidence(port_reference: str, candidate_hash: str, verdict_hash: str = "") -> str:
    """What the checks found about one candidate of `unit.port`; of one verdict when given."""
    address = f"{evidence_history(port_reference)}/{quote(candidate_hash, safe='')}"
    return with_parameters(address, [("verdict", verdict_hash)])


def evidence_history(port_reference: str, page: int = 1) -> str:
    """Every verdict on `unit.port`."""
    unit, name = port_reference.split(".", 1)
    address = f"/evidence/{quote(unit, safe='')}/{quote(name, safe='')}"
    return with_parameters(address, [("page", str(page) if page > 1 else "")])


def evidence_download(port_reference: str, kind: str) -> str:
    """Every check result of `unit.port` as a file: `csv` or `json`."""
    return f"{evidence_history(port_reference)}/results/{kind}"


def candidate(port_reference: str, candidate_hash: str) -> str:
    """One candidate of `unit.port` in quarantine."""
    unit, name = port_reference.split(".", 1)
    parts = (quote(part, safe="") for part in (unit, name, candidate_hash))
    return f"{QUARANTINE}/{'/'.join(parts)}"


def candidate_query(port_reference: str, candidate_hash: str) -> str:
    """Where a statement over a candidate's rows is posted."""
    return f"{candidate(port_reference, candidate_hash)}/query"


def release(port_reference: str, candidate_hash: str) -> str:
    """Where the release of a candidate is posted."""
    return f"{candidate(port_reference, candidate_hash)}/release"


def discard(port_reference: str, candidate_hash: str) -> str:
    """Where the discard of a candidate is posted."""
    return f"{candidate(port_reference, candidate_hash)}/discard"


def new_request(port_reference: str, for_whom: str = "") -> str:
    """The request form, filled in for `unit.port`; `other`: for another organisation."""
    return with_parameters(NEW_REQUEST, [("port", port_reference), ("for_whom", for_whom)])


def request(request_id: str) -> str:
    """One access request."""
    return f"{REQUESTS}/{quote(request_id, safe='')}"


def decision(request_id: str) -> str:
    """Where an approver's decision is posted."""
    return f"{request(request_id)}/decision"


def review(request_id: str, review_name: str) -> str:
    """Where a professional review is posted."""
    return f"{request(request_id)}/reviews/{quote(review_name, safe='')}"


def withdrawal(request_id: str) -> str:
    """Where the requester's withdrawal is posted."""
    return f"{request(request_id)}/withdrawal"


def revocation(grant_id: str) -> str:
    """Where a revocation is posted."""
    return f"{GRANTS}/{quote(grant_id, safe='')}/revocation"


def keeping(grant_id: str, step: str) -> str:
    """Where a step of a grant's life is posted: `suspend`, `resume` or `confirm`."""
    return f"{GRANTS}/{quote(grant_id, safe='')}/{step}"


def condition_end(fulfilment_id: str) -> str:
    """Where it is posted that a person no longer meets a condition."""
    return f"{CONDITIONS}/{quote(fulfilment_id, safe='')}/end"


def alert(alert_id: str, act: str = "") -> str:
    """One alert; or where its `closure` is posted."""
    return f"{ALERTS}/{quote(alert_id, safe='')}{f'/{act}' if act else ''}"


def canary_end(canary_id: str) -> str:
    """Where it is posted that a planted row counts no more."""
    return f"{CANARIES}/{quote(canary_id, safe='')}/end"


def emergency_review(grant_id: str) -> str:
    """Where the review of access in an emergency is posted."""
    return f"{EMERGENCIES}/{quote(grant_id, safe='')}/review"


def cancellation(statement_id: str) -> str:
    """Where the end of a running statement is posted."""
    return f"{QUERY}/statements/{quote(statement_id, safe='')}/cancellation"


def token_revocation(token_id: str) -> str:
    """Where the end of a token is posted."""
    return f"{TOKENS}/{quote(token_id, safe='')}/revocation"


def session_end(session_id: str) -> str:
    """Where the end of a session is posted."""
    return f"{SESSIONS}/{quote(session_id, safe='')}/end"


def query(sql: str = "") -> str:
    """The query page, with a statement filled in."""
    return with_parameters(QUERY, [("sql", sql)])


def products_log(port_reference: str = "") -> str:
    """Who read the products that the reader answers for; of one port when given."""
    return with_parameters(PRODUCTS_LOG, [("port", port_reference)])


def audit(parameters: Parameters = ()) -> str:
    """The audit log, filtered."""
    return with_parameters(AUDIT, parameters)


def issues(port_reference: str = "") -> str:
    """The quality issues; of one port when given."""
    return with_parameters(ISSUES, [("port", port_reference)])


def new_issue(
    port_reference: str, candidate_hash: str = "", verdict_hash: str = "", check_id: str = ""
) -> str:
    """The form that opens an issue on a port; from a failed check when one is named."""
    check = [("candidate", candidate_hash), ("verdict", verdict_hash), ("check", check_id)]
    return with_parameters(NEW_ISSUE, [("port", port_reference), *check])


def issue(issue_id: str, act: str = "") -> str:
    """One quality issue; or where an act on it is posted: `routing`, `progress`, `closure`."""
    return f"{ISSUES}/{quote(issue_id, safe='')}{f'/{act}' if act else ''}"


def plans(port_reference: str = "") -> str:
    """The improvement plans; of one port when given."""
    return with_parameters(PLANS, [("port", port_reference)])


def plan(plan_id: str, act: str = "") -> str:
    """One improvement plan; or where an act on it is posted: `actions`, `closure`."""
    return f"{PLANS}/{quote(plan_id, safe='')}{f'/{act}' if act else ''}"


def rejects(source_system: str) -> str:
    """The rows of a source system that could not be landed."""
    return f"{REJECTS}/{quote(source_system, safe='')}"


def held(port_reference: str) -> str:
    """The columns of `unit.port` that await their steward, and where the decision is posted."""
    unit, name = port_reference.split(".", 1)
    return f"{HELD}/{quote(unit, safe='')}/{quote(name, safe='')}"


def sign_in(way_back: str = "") -> str:
    """The sign-in page, which returns to `way_back`."""
    return with_parameters(SIGN_IN, [("next", way_back)])


def sign_in_out(way_back: str = "") -> str:
    """The way to the organisation's sign-in, which returns to `way_back`."""
    return with_parameters(SIGN_IN_OUT, [("next", way_back)])


def static(path: str, version: str) -> str:
    """A stylesheet, script or image; the version changes with its content."""
    return f"{STATIC}/{path}?v={version}"


def is_local(address: str) -> bool:
    """Whether a redirect to `address` stays on this service."""
    return (
        address.startswith("/")
        and not address.startswith(("//", "/\\"))
        and not any(ord(sign) < 33 or sign == "\\" for sign in address)
    )

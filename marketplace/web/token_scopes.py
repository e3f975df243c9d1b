"""What each scope of a token opens: one table. A route that is not in it refuses every token."""

from starlette.requests import Request

from marketplace.access.model import Token
from marketplace.access.scopes import Scope, kept_scopes
from marketplace.web import urls

_PORT = "/products/{unit}/{product}/ports/{port}"
_REQUEST = f"{urls.REQUESTS}/{{request_id}}"

OPENED: dict[Scope, frozenset[tuple[str, str]]] = {
    Scope.METADATA: frozenset(
        {
            ("GET", urls.HOME),
            ("GET", urls.SEARCH),
            ("GET", "/products/{unit}/{product}"),
            ("GET", _PORT),
            ("GET", f"{_PORT}/quality"),
            ("GET", urls.PORT_API),
            ("GET", urls.ISSUES),
            ("GET", "/issues/{issue_id}"),
        }
    ),
    Scope.REQUEST: frozenset(
        {
            ("GET", urls.NEW_REQUEST),
            ("GET", urls.REQUESTS),
            ("POST", urls.REQUESTS),
            ("GET", _REQUEST),
            ("POST", f"{_REQUEST}/withdrawal"),
            ("GET", urls.GRANTS),
        }
    ),
    Scope.QUERY: frozenset(
        {
            ("GET", urls.QUERY),
            ("POST", urls.QUERY_API),
            ("GET", urls.STATEMENTS_API),
            ("POST", f"{urls.STATEMENTS_API}/{{statement_id}}/cancellation"),
        }
    ),
}


def needed(request: Request) -> Scope | None:
    """The scope that opens the route of `request` to a token; None where none does."""
    path = getattr(request.scope.get("route"), "path", None)
    asked = (request.method, path)
    return next((scope for scope, routes in OPENED.items() if asked in routes), None)


def may_open(token: Token, request: Request) -> bool:
    """Whether one of the token's scopes opens the route of `request`."""
    scope = needed(request)
    return scope is not None and scope in kept_scopes(token.scope)

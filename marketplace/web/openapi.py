"""What OpenAPI says of every route: the page's facts as JSON, and the one error shape."""

from dataclasses import dataclass
from types import UnionType
from typing import Any

from marketplace.web.pages.page import Link, Page


@dataclass(frozen=True, slots=True)
class ErrorFacts:
    """What was refused, why, and the ways on."""

    code: str
    message: str
    way_on: tuple[Link, ...]
    fields: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ErrorDocument:
    """The one shape of every error."""

    error: ErrorFacts


Responses = dict[int | str, dict[str, Any]]
_HTML = {"text/html": {"schema": {"type": "string"}}}  # JSON for who asks for JSON
_LED_ON: Responses = {"3XX": {"description": "Led on: to sign in, or to what was made."}}
_REFUSED: Responses = {
    status: {"model": ErrorDocument, "description": meaning, "content": _HTML}
    for status, meaning in (
        ("4XX", "Refused; `way_on` says what to do next."),
        (422, "What was sent lacks something; `fields` names it."),
        ("5XX", "Not available for now."),
    )
}
ERRORS: Responses = _LED_ON | _REFUSED


def page_of(kind: type[Page] | UnionType) -> Responses:
    """A page as HTML, and its JSON twin."""
    return {
        200: {
            "model": kind,
            "description": "The page; `Accept: application/json` or `.json` gives its facts.",
            "content": _HTML,
        }
    }

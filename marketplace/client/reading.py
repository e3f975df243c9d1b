"""The marketplace's JSON as the client's values; a fact that is missing is a fault, not a guess."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from marketplace.client.model import AccessRequest, Column, Found, Port, PortTerms, Product

_Kind = TypeVar("_Kind")


class Facts:
    """One JSON object, read by the kind of its values.

    Raises KeyError for a fact that is not there, and TypeError or ValueError for one of another
    kind.
    """

    def __init__(self, document: Any) -> None:
        if not isinstance(document, Mapping):
            raise TypeError("expected one JSON object")
        self._document = document

    def text(self, name: str) -> str:
        """A text."""
        return _checked(self._document[name], str, name)

    def yes(self, name: str) -> bool:
        """True or false."""
        return _checked(self._document[name], bool, name)

    def whole(self, name: str) -> int | None:
        """A whole number, where there is one."""
        value = self._document[name]
        return None if value is None else _checked(value, int, name)

    def moment(self, name: str) -> datetime | None:
        """A moment with its time zone, where there is one."""
        value = self._document[name]
        if value is None:
            return None
        moment = datetime.fromisoformat(_checked(value, str, name))
        if moment.tzinfo is None:
            raise ValueError(f"`{name}` has no time zone")
        return moment

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(_checked(each, str, name) for each in self._document[name])

    def inner(self, name: str) -> "Facts":
        """An object within."""
        return Facts(self._document[name])

    def each(self, name: str) -> "tuple[Facts, ...]":
        """The objects of a list."""
        return tuple(Facts(each) for each in _checked(self._document[name], list, name))


def found(facts: Facts) -> Found:
    """One line of a search's results."""
    return Found(
        reference=facts.text("reference"),
        title=facts.text("title"),
        summary=facts.text("summary"),
        business_unit=facts.text("business_unit"),
        marking=facts.text("marking"),
        access_rights=facts.text("access_rights"),
        freshness=facts.text("freshness"),
        quality=facts.text("quality"),
        rows=facts.whole("rows"),
        ports=facts.texts("ports"),
    )


def product(facts: Facts) -> Product:
    """The page of a data product."""
    return Product(
        reference=facts.text("reference"),
        title=facts.text("title"),
        marking=facts.text("marking"),
        is_sample=facts.yes("is_sample"),
        purpose=facts.text("purpose"),
        limitations=facts.text("limitations"),
        licence=facts.text("licence"),
        permitted_purposes=facts.texts("permitted"),
        prohibited_uses=facts.texts("prohibited"),
        owner=facts.text("owner"),
        steward=facts.text("steward"),
        ports=tuple(port(each) for each in facts.each("ports")),
    )


def port(facts: Facts) -> Port:
    """One output port of a product's page."""
    access = facts.inner("access")
    return Port(
        reference=facts.text("reference"),
        title=facts.text("title"),
        description=facts.text("description"),
        contract_version=facts.text("contract_version"),
        delta_version=facts.whole("delta_version"),
        rows=facts.whole("rows"),
        published_at=facts.moment("published_at"),
        freshness=facts.text("freshness"),
        quality=facts.text("quality"),
        columns=tuple(_column(each) for each in facts.each("columns")),
        approvers=facts.texts("approvers"),
        access=access.text("status"),
        expires_at=access.moment("expires_at"),
        notices=tuple(each.text("text") for each in facts.each("notices")),
    )


def terms(facts: Facts) -> PortTerms:
    """The terms on which one port's rows were given."""
    return PortTerms(
        port=facts.text("port"),
        contract_version=facts.text("contract_version"),
        delta_version=facts.whole("delta_version"),
        marking=facts.text("marking"),
        licence=facts.text("licence"),
        permitted_purposes=facts.texts("permitted_purposes"),
        prohibited_uses=facts.texts("prohibited_uses"),
        onward_sharing=facts.text("onward_sharing"),
        handling=facts.texts("handling"),
        granted_for=facts.texts("granted_for"),
        granted_until=facts.moment("granted_until"),
        in_part=facts.yes("in_part"),
        small_numbers=facts.whole("small_numbers"),
    )


def access_request(facts: Facts) -> AccessRequest:
    """One access request as its page shows it."""
    return AccessRequest(
        id=facts.text("id"),
        port=facts.text("port"),
        purpose=facts.text("purpose"),
        days=facts.whole("days") or 0,
        status=facts.text("status"),
        decided_by=facts.text("decided_by"),
        reason=facts.text("reason"),
    )


def _column(facts: Facts) -> Column:
    return Column(
        name=facts.text("name"),
        type=facts.text("type"),
        description=facts.text("description"),
        is_key=facts.yes("is_key"),
        is_required=facts.yes("is_required"),
        is_personal=facts.yes("is_personal"),
    )


def _checked(value: Any, kind: type[_Kind], name: str) -> _Kind:
    if not isinstance(value, kind):
        raise TypeError(f"`{name}` is not of the kind that is expected")
    return value

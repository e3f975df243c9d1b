"""Listings as plain JSON documents and back: what a page's twin shows and what the index keeps."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from contracts.quality.trend import QualityPoint
from marketplace.index.model import (
    LineageNode,
    Listing,
    PortListing,
    PortVersion,
    Released,
    Staleness,
)


def to_document(value: Any) -> Any:
    """Dataclasses as objects, tuples as lists, moments as ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_document(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_document(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [to_document(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def listing_from(document: Mapping[str, Any]) -> Listing:
    """The listing that `to_document` made a document of."""
    return Listing(
        **{
            **document,
            "themes": tuple(document["themes"]),
            "tags": tuple(document["tags"]),
            "support": tuple(document["support"]),
            "ports": tuple(_port_from(port) for port in document["ports"]),
            "lineage": tuple(_node_from(node) for node in document["lineage"]),
        }
    )


def _port_from(document: Mapping[str, Any]) -> PortListing:
    return PortListing(
        **{
            **document,
            "published_at": _moment(document["published_at"]),
            "event_time": _moment(document["event_time"]),
            "stale": _dated(Staleness, document.get("stale"), "failed_at"),
            "released": _dated(Released, document.get("released"), "at"),
            "versions": tuple(
                PortVersion(
                    **{**each, "published_at": datetime.fromisoformat(each["published_at"])}
                )
                for each in document["versions"]
            ),
            "quality_trend": tuple(
                QualityPoint(**{**each, "checked_at": datetime.fromisoformat(each["checked_at"])})
                for each in document.get("quality_trend", ())
            ),
        }
    )


def _node_from(document: Mapping[str, Any]) -> LineageNode:
    return LineageNode(**{**document, "upstream": tuple(document["upstream"])})


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _dated(
    kind: type[Staleness] | type[Released], document: Mapping[str, Any] | None, moment: str
) -> Any:
    """A small record with one moment in it; None where there is none."""
    if document is None:
        return None
    return kind(**{**document, moment: datetime.fromisoformat(document[moment])})

"""Changes of what surrounds the data: terms, marking, people, prices, servers and words."""

from collections.abc import Mapping
from typing import Any

from contracts.changes.custom import EXTENSION_RULE
from contracts.changes.fields import (
    BREAKING,
    COMPATIBLE,
    EDITORIAL,
    Changes,
    Field,
    G,
    Place,
    R,
    Rule,
    compare_fields,
    fixed,
    mappings,
    prose,
    same,
)
from contracts.changes.matching import Key, by, pairs
from contracts.changes.model import Impact

_STATUSES = ("proposed", "draft", "active", "deprecated", "retired")
_ABOUT: Mapping[str, Rule] = {
    "id": prose(),
    "description": prose(),
    "tags": prose(),
    "customProperties": EXTENSION_RULE,
    "authoritativeDefinitions": prose(),
}


def status_change(field: Field) -> Changes:
    """A change of the lifecycle status."""
    before, after = field.before, field.after
    title = f"status changed from {before} to {after}"
    if after not in _STATUSES or before not in _STATUSES:
        yield field.change(title, BREAKING, "The status is not one that is known.", R)
    elif after == "retired":
        yield field.change(title, BREAKING, "The end of service.")
    elif after == "deprecated":
        reason = "An announcement: it starts the support clock."
        yield field.change(title, COMPATIBLE, reason)
    elif before in {"active", "deprecated"} and after in {"proposed", "draft"}:
        yield field.change(title, BREAKING, "What was in service is none any more.")
    elif after == "active":
        yield field.change(title, COMPATIBLE, "The service begins, or goes on.")
    else:
        yield field.change(title, EDITORIAL, "It was not in service before, and is not now.")


def classification_change(field: Field) -> Changes:
    """A column's class raised, lowered, or changed into one that cannot be compared."""
    title = f"classification changed from {field.before} to {field.after}"
    ranks = [_class_rank(value) for value in (field.before, field.after)]
    before, after = ranks
    if None in ranks or before is None or after is None or before[0] != after[0]:
        reason = "The two classes cannot be put in order: consumers may lose access."
        yield field.change(title, BREAKING, reason, G, R)
    elif after[1] > before[1]:
        reason = "Existing consumers may lose access, or must mask."
        yield field.change(title, BREAKING, reason, G)
    else:
        reason = "It opens data: approval is the gate, not the version."
        yield field.change(title, COMPATIBLE, reason, G)


_CLASSES = (
    ("public", "internal", "confidential", "restricted"),
    ("official", "official-sensitive"),
)


def _class_rank(value: Any) -> tuple[int, int] | None:
    if value is None:
        return 0, -1
    word = str(value).strip().lower()
    for scale, words in enumerate(_CLASSES):
        if word in words:
            return scale, words.index(word)
    return None


def server_changes(old: Any, new: Any, place: Place) -> Changes:
    """The changes of the access paths to the data."""
    moved = fixed(BREAKING, "Consumers with direct access to the files or the service break.", R)
    rules = dict.fromkeys(_SERVER_KEYS, moved) | {"roles": _server_roles}
    edges = (
        (COMPATIBLE, "One more way to the data."),
        (BREAKING, "A way to the data disappears."),
    )
    return _entries(Field(mappings(old), mappings(new), place), "server", edges, rules)


_SERVER_KEYS = (
    *("server", "type", "environment", "account", "catalog", "catalogUrl", "database", "dataset"),
    *("delimiter", "encoding", "endpointUrl", "format", "host", "location", "namespace", "path"),
    *("port", "project", "region", "regionName", "schema", "serviceName", "stagingDir", "stream"),
    *("warehouse", "workgroup"),
)


def role_changes(old: Any, new: Any, place: Place) -> Changes:
    """The changes of the ways in that the contract offers."""
    return _entries(
        Field(mappings(old), mappings(new), place),
        "role",
        (
            (COMPATIBLE, "One more way in."),
            (BREAKING, "A way in disappears, and the access that it gave."),
        ),
        {
            "role": fixed(BREAKING, "A way in disappears under its old name."),
            "access": fixed(BREAKING, "The way in gives another access.", R),
            "firstLevelApprovers": prose("Who decides on requests; the access stays."),
            "secondLevelApprovers": prose("Who decides on requests; the access stays."),
        },
    )


def _server_roles(field: Field) -> Changes:
    yield from role_changes(field.before, field.after, field.place)


def support_changes(old: Any, new: Any, place: Place) -> Changes:
    """The changes of the channels on which questions are answered."""
    service = (COMPATIBLE, "A change of the service around the data, not of the data.")
    keys = ("channel", "url", "tool", "scope", "invitationUrl")
    rules = dict.fromkeys(keys, fixed(*service))
    lists = Field(mappings(old), mappings(new), place)
    return _entries(lists, "channel", (service, service), rules)


def price_changes(field: Field) -> Changes:
    """The changes of the price; no price is a price of nothing."""
    old, new = (dict(each or {}) for each in (field.before, field.after))
    before, after = (each.get("priceAmount") or 0 for each in (old, new))
    place = field.place
    amount = Field(before, after, place.key("priceAmount"))
    title = f"price changed from {before} to {after}"
    if not (isinstance(before, int | float) and isinstance(after, int | float)):
        yield amount.change(title, BREAKING, "The prices cannot be compared.", G, R)
    elif after > before:
        yield amount.change(title, BREAKING, "Consumers pay more than they agreed to.", G)
    elif after < before:
        yield amount.change(title, COMPATIBLE, "Consumers pay less.", G)
    if before and after:
        meaning = fixed(BREAKING, "The same amount means another price.", G)
        rules = {"id": prose(), "priceCurrency": meaning, "priceUnit": meaning}
        yield from compare_fields(old, new, place, rules, skip=("priceAmount",))


def team_change(field: Field) -> Changes:
    """People and teams: one change, whatever of it changed; their order means nothing."""
    before, after = (_members(value) for value in (field.before, field.after))
    if not same(before, after):
        yield field.change("team changed", EDITORIAL, "Who answers; the data stays.")


def _members(team: Any) -> Any:
    entries = team.get("members") if isinstance(team, dict) else team
    members = sorted(mappings(entries), key=lambda m: sorted((k, str(v)) for k, v in m.items()))
    rest = {k: v for k, v in team.items() if k != "members"} if isinstance(team, dict) else {}
    return {**rest, "members": members}


def description_changes(field: Field) -> Changes:
    """The changes of the contract's own words."""
    old, new = (v if isinstance(v, dict) else {"purpose": v} for v in (field.before, field.after))
    yield from compare_fields(old, new, field.place, _WORDS)


_WORDS: Mapping[str, Rule] = {
    "purpose": prose(),
    "limitations": prose(),
    "usage": fixed(COMPATIBLE, "Permitted use may be another than before: judge whether less.", R),
    "customProperties": EXTENSION_RULE,
    "authoritativeDefinitions": prose(),
}


def unordered(field: Field) -> Changes:
    """Words in whose order lies no meaning: tags, synonyms."""
    before, after = (sorted(map(str, v or ())) for v in (field.before, field.after))
    if before != after:
        yield field.change(
            f"`{field.place.at[-1]}` {field.verb}", EDITORIAL, "Words to find it by."
        )


_Edge = tuple[Impact, str]


def _entries(
    lists: Field, name: str, edges: tuple[_Edge, _Edge], rules: Mapping[str, Rule]
) -> Changes:
    """The changes of named entries: `edges` judge those that came and those that went."""
    keys: tuple[Key, ...] = (by("id"), by(name))
    for pair in pairs(lists.before, lists.after, *keys):
        here = lists.place.entry(str(pair.either.get(name)), pair.position)
        if pair.old is None or pair.new is None:
            (impact, reason), verb = (
                (edges[0], "added") if pair.old is None else (edges[1], "removed")
            )
            yield here.change(f"{name} {verb}", impact, reason)
        else:
            yield from compare_fields(pair.old, pair.new, here, {**_ABOUT, **rules})

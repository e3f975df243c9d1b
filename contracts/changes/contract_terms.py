"""Contract-wide custom properties: marking, access, licence, purposes, retention, what is run."""

from collections.abc import Mapping
from typing import Any

from contracts.changes.custom import (
    COLUMN_RULES,
    EXECUTION_RULES,
    PROMISE,
    TARGET_RULE,
    custom_changes,
    custom_values,
)
from contracts.changes.fields import (
    BREAKING,
    COMPATIBLE,
    EDITORIAL,
    Changes,
    Document,
    Field,
    G,
    Place,
    R,
    Rule,
    by_kind,
    canonical,
    compare_fields,
    fixed,
    mappings,
    prose,
)
from contracts.changes.options import TIGHTER
from contracts.service_levels import service_level_name

_TIERS = ("OFFICIAL", "SECRET", "TOP SECRET")
_FREQUENCIES = (
    "continuous",
    "daily",
    "weekly",
    "fortnightly",
    "monthly",
    "quarterly",
    "termly",
    "biannually",
    "annually",
    "yearly",
    "irregular",
    "as needed",
    "not planned",
)


def contract_term_changes(old: Document, new: Document, place: Place) -> Changes:
    """The changes between the custom properties of two contracts."""
    before, after = (each.get("customProperties") for each in (old, new))
    yield from _marking_changes(custom_values(before), custom_values(after), place)
    yield from _informative_changes(old, new, place)
    yield from custom_changes(before, after, place, _RULES, skip=_TOGETHER)


_TOGETHER = ("securityClassification", "sensitive", "informative")


def _marking_changes(old: Document, new: Document, place: Place) -> Changes:
    """The marking as one: the tier, and whether it is sensitive within it."""
    before, after = _marking(old), _marking(new)
    if before == after:
        return
    field = Field(before, after, place.key("securityClassification"))
    title = f"marking changed from {before or 'none'} to {after or 'none'}"
    ranks = _rank(old), _rank(new)
    if None in ranks:
        yield field.change(title, BREAKING, "The two markings cannot be put in order.", G, R)
    elif ranks[1] > ranks[0]:  # type: ignore[operator]
        reason = "Existing consumers may lose access, or must handle it with more care."
        yield field.change(title, BREAKING, reason, G)
    else:
        reason = "It opens data: approval is the gate, not the version."
        yield field.change(title, COMPATIBLE, reason, G)


def _marking(custom: Document) -> str:
    tier = str(custom.get("securityClassification") or "")
    return f"{tier}-SENSITIVE" if custom.get("sensitive") is True else tier


def _rank(custom: Document) -> tuple[int, bool] | None:
    tier = custom.get("securityClassification")
    if tier is not None and tier not in _TIERS:
        return None
    return _TIERS.index(tier) if tier is not None else -1, custom.get("sensitive") is True


def _informative_changes(old: Document, new: Document, place: Place) -> Changes:
    """The list of promises that need not be executed: an entry more is a promise less."""
    before, after = (_listed(custom_values(d.get("customProperties"))) for d in (old, new))
    for entry in after:
        here = place.entry(f"informative[{entry}]", _position_of("informative", new))
        if entry in before:
            continue
        if _is_about_news(entry, old):
            reason = "A new promise that is for people, and is not executed."
            yield here.change("promise not executed", COMPATIBLE, reason)
        else:
            reason = "What was executed, and kept data back, need not be executed any more."
            yield here.change("promise need not be executed", BREAKING, reason, R)
    for entry in before:
        if entry not in after:
            here = place.entry(f"informative[{entry}]", None)
            yield here.change("promise must be executed", COMPATIBLE, TIGHTER)


def _listed(custom: Document) -> list[str]:
    entries = custom.get("informative")
    return [str(entry) for entry in entries] if isinstance(entries, list) else []


def _position_of(name: str, document: Document) -> int | None:
    names = [str(e.get("property")) for e in mappings(document.get("customProperties"))]
    return names.index(name) if name in names else None


def _is_about_news(entry: str, old: Document) -> bool:
    """Whether it names a service level that the old contract did not have."""
    if not entry.startswith("slaProperties."):
        return False
    named = service_level_name(entry.removeprefix("slaProperties."))
    levels = mappings(old.get("slaProperties"))
    return named not in [service_level_name(str(level.get("property"))) for level in levels]


def _access_rights(field: Field) -> Changes:
    title = f"access rights changed from {field.before} to {field.after}"
    if field.after == "OPEN":
        yield field.change(title, COMPATIBLE, "It opens data: approval is the gate.", G)
    else:
        yield field.change(title, BREAKING, "Consumers may lose what they were entitled to.", G)


def _words(more_is_worse: bool) -> Rule:
    """A rule for a list of uses: those that are permitted, or those that are not."""

    def rule(field: Field) -> Changes:
        before, after = ({canonical(v): v for v in _texts(x)} for x in (field.before, field.after))
        for word in [v for text, v in after.items() if text not in before]:
            impact = BREAKING if more_is_worse else COMPATIBLE
            yield field.change(f"added: {word}", impact, _use(more_is_worse), G)
        for word in [v for text, v in before.items() if text not in after]:
            impact = COMPATIBLE if more_is_worse else BREAKING
            yield field.change(f"removed: {word}", impact, _use(not more_is_worse), G)

    return rule


def _use(is_narrower: bool) -> str:
    return "Permitted use is narrower than before." if is_narrower else "Permitted use is wider."


def _texts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _frequency(field: Field) -> Changes:
    words = [str(value).strip().lower() for value in (field.before, field.after)]
    title = f"update frequency changed from {field.before} to {field.after}"
    if any(word not in _FREQUENCIES for word in words):
        yield field.change(title, BREAKING, "The two frequencies cannot be compared.", R)
    elif _FREQUENCIES.index(words[1]) > _FREQUENCIES.index(words[0]):
        yield field.change(title, BREAKING, "Consumers wait longer for new data.")
    else:
        yield field.change(title, COMPATIBLE, "New data comes sooner.")


def _retention(field: Field) -> Changes:
    old, new = (v if isinstance(v, dict) else {"trigger": v} for v in (field.before, field.after))
    disposal = fixed(BREAKING, "History is kept, or disappears, otherwise than promised.", G, R)
    rules = {"trigger": disposal, "disposalAction": disposal, "authority": prose()}
    yield from compare_fields(old, new, field.place, rules)


_RULES: Mapping[str, Rule] = {
    "accessRights": _access_rights,
    "accessConditions": by_kind(
        fixed(BREAKING, "Grants stop until their holders meet the conditions.", G),
        fixed(BREAKING, "Grants stop until their holders meet the conditions.", G),
        fixed(COMPATIBLE, "It opens data: approval is the gate, not the version.", G),
    ),
    "accessReviewDays": fixed(COMPATIBLE, "How often grants are confirmed changes.", G),
    "emergencyAccess": fixed(COMPATIBLE, "Who reads at once in an emergency changes.", G),
    "licence": fixed(BREAKING, "Consumers agreed to the terms of the other licence.", G, R),
    "permittedPurposes": _words(more_is_worse=False),
    "prohibitedUses": _words(more_is_worse=True),
    "lawfulBasis": by_kind(
        fixed(COMPATIBLE, "The basis is said for the first time.", G),
        fixed(BREAKING, "Consumers' own basis for the use may be gone.", G, R),
        fixed(BREAKING, "Consumers' own basis for the use may be gone.", G, R),
    ),
    "controllerRole": fixed(BREAKING, "Who answers for personal data changes.", G, R),
    "onwardSharing": fixed(BREAKING, "Whether results may be passed on changes.", G, R),
    "smallNumbers": fixed(BREAKING, "Other numbers are withheld from consumers than before.", G, R),
    "accessTerms": fixed(COMPATIBLE, "Grants stay; what can be asked for from now on changes.", G),
    "handlingInstructions": fixed(COMPATIBLE, "How it is handled changes: judge the use.", G, R),
    "metadataRestricted": fixed(COMPATIBLE, "Who sees that the product exists changes.", G),
    "updateFrequency": by_kind(
        fixed(COMPATIBLE, "A new promise of service."),
        _frequency,
        fixed(BREAKING, "The promise of service is dropped."),
    ),
    "retention": by_kind(
        fixed(COMPATIBLE, "Said for the first time.", G),
        _retention,
        fixed(BREAKING, "How long history is kept is no longer promised.", G),
    ),
    "qualityTarget": TARGET_RULE,
    "retentionMode": fixed(BREAKING, "Keeping and deleting are opposite promises.", G),
    "controlTotals": PROMISE,
    "requiredCoverage": PROMISE,
    "drift": PROMISE,
    "dataSubjects": fixed(COMPATIBLE, "Whom the data is about is said otherwise.", G, R),
    **{
        name: prose()
        for name in ("title", "summary", "theme", "publisher", "synonyms", "collectionMethod")
    },
    "notAssessed": prose("Why a dimension of quality is not assessed; checks are judged apart."),
    "reviewedChanges": fixed(EDITORIAL, "The author's judgement on changes, not a promise."),
}


def judged_names() -> frozenset[str]:
    """Every custom property, of a contract, a column or a rule, that has a rule of its own."""
    of_rules = ("minimumMatchPercent", "severity")
    return frozenset((*_RULES, *_TOGETHER, *COLUMN_RULES, *EXECUTION_RULES, *of_rules))

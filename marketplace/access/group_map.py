"""Which teams and roles the groups of an organisation's directory give, by a setting."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.access.errors import GroupsUnreadable
from marketplace.access.model import Role

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
EVERYONE = frozenset({Role.ANALYST})  # reads what is granted, and nothing by the role itself


@dataclass(frozen=True, slots=True)
class GroupMap:
    """What each group gives; a group that is not named gives nothing."""

    teams: Mapping[str, frozenset[str]]
    units: Mapping[str, frozenset[str]]
    roles: Mapping[str, frozenset[Role]]

    def teams_of(self, groups: Collection[str]) -> frozenset[str]:
        """The teams of who is in these groups."""
        return frozenset().union(*(self.teams.get(group, frozenset()) for group in groups))

    def units_of(self, groups: Collection[str]) -> frozenset[str]:
        """The business units of who is in these groups."""
        return frozenset().union(*(self.units.get(group, frozenset()) for group in groups))

    def roles_of(self, groups: Collection[str]) -> frozenset[Role]:
        """The roles of who is in these groups; whoever signs in may at least ask for access."""
        return EVERYONE.union(*(self.roles.get(group, frozenset()) for group in groups))


def group_map(text: str | None) -> GroupMap:
    """The mapping that the setting spells. Raises GroupsUnreadable with every fault."""
    spelled = _spelled(text)
    faults: list[str] = []
    teams: dict[str, frozenset[str]] = {}
    units: dict[str, frozenset[str]] = {}
    roles: dict[str, frozenset[Role]] = {}
    for group, given in spelled.items():
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            faults.append(f"group `{group}` has no list of texts")
            continue
        faults += [fault for each in given if (fault := _fault(group, each))]
        known = [each.partition(":") for each in given if not _fault(group, each)]
        teams[group] = frozenset(name for kind, _, name in known if kind == "team")
        units[group] = frozenset(name for kind, _, name in known if kind == "unit")
        roles[group] = frozenset(Role(name) for kind, _, name in known if kind == "role")
    if faults:
        raise GroupsUnreadable(tuple(faults))
    return GroupMap(teams, units, roles)


def _spelled(text: str | None) -> dict[str, Any]:
    try:
        spelled = json.loads(text or "{}", object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise GroupsUnreadable((f"it is not readable as JSON ({error})",)) from error
    if not isinstance(spelled, dict):
        raise GroupsUnreadable(("it is no JSON object",))
    return spelled


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise GroupsUnreadable((f"group `{twice}` is there twice",))
    return dict(pairs)


def _fault(group: str, given: str) -> str:
    kind, _, name = given.partition(":")
    known = {role.value for role in Role}
    if kind == "role" and name not in known:
        return f"group `{group}` names role `{name}`: choose among {', '.join(sorted(known))}"
    if kind in {"team", "unit"} and not _NAME.fullmatch(name):
        return f"group `{group}` names {kind} `{name}`: use small letters, digits, `.`, `_` and `-`"
    if kind not in {"role", "team", "unit"}:
        return f"group `{group}` gives `{given}`: begin it with `role:`, `team:` or `unit:`"
    return ""

"""What a directory's groups give, and what of the setting is refused."""

from datetime import timedelta

import pytest

from marketplace.access.arrivals import Arrival
from marketplace.access.errors import GroupsUnreadable
from marketplace.access.group_map import group_map
from marketplace.access.model import Actor, AuditFilter, Role

WAY_ON = (
    " Set it to a JSON object that gives each group a list of "
    "`role:<role>`, `team:<id>` and `unit:<unit>`."
)


def test_each_group_gives_its_teams_and_roles():
    found = group_map('{"a": ["role:owner", "team:x", "unit:u"], "b": ["team:y"]}')

    assert found.teams_of(["a", "b", "unknown"]) == {"x", "y"}
    assert found.units_of(["a", "b"]) == {"u"}
    assert found.roles_of(["a"]) == {Role.ANALYST, Role.OWNER}
    assert found.roles_of(["unknown"]) == {Role.ANALYST}


def test_no_setting_gives_nobody_more_than_asking():
    assert group_map(None).roles_of(["a"]) == {Role.ANALYST}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "it is no JSON object."),
        ('{"a": "role:owner"}', "group `a` has no list of texts."),
        ('{"a": [1]}', "group `a` has no list of texts."),
        ('{"a": ["owner"]}', "group `a` gives `owner`: begin it with `role:`, `team:` or `unit:`."),
        (
            '{"a": ["team:X y"]}',
            "group `a` names team `X y`: use small letters, digits, `.`, `_` and `-`.",
        ),
        ('{"a": [], "a": []}', "group `a` is there twice."),
    ],
)
def test_what_cannot_be_is_refused(text, said):
    with pytest.raises(GroupsUnreadable) as refused:
        group_map(text)

    assert str(refused.value) == f"`MARKETPLACE_OIDC_GROUPS` was refused: {said}{WAY_ON}"


def test_every_fault_is_named_at_once():
    with pytest.raises(GroupsUnreadable) as refused:
        group_map('{"a": ["role:king", "team:"], "b": 1}')

    assert len(refused.value.faults) == 3
    assert refused.value.faults[0].startswith("group `a` names role `king`: choose among ")


def test_what_is_no_json_is_refused():
    with pytest.raises(GroupsUnreadable, match="it is not readable as JSON"):
        group_map("{")


def test_the_last_arrival_through_the_issuer_counts(store, now):
    def arrive(issuer, *teams, after=0):
        person = Actor(
            "ada-7", "Ada", frozenset(teams), frozenset({Role.OWNER}), units=frozenset("u")
        )
        store.arrivals.keep(Arrival(person, issuer, now + timedelta(seconds=after)))
        return person

    arrive("https://one", "x")
    last = arrive("https://one", "y", "z", after=1)
    arrive("https://two", "w")

    assert store.arrivals.latest("ada-7", "https://three") is None
    assert store.arrivals.everyone("https://two")[0].teams == {"w"}
    assert len(store.audit(AuditFilter(action="person.arrive"))) == 3
    assert store.arrivals.latest("ada-7", "https://one").actor == last

"""Who may read in an emergency is a list of references, or nobody."""

from dataclasses import replace
from pathlib import Path

import pytest

from contracts.documents import load_contract
from contracts.emergency_access import emergency_faults, emergency_readers

ROOT = Path(__file__).parents[2]


def contract_with(readers: object):
    contract = load_contract(ROOT / "contracts" / "commercial" / "payments.v1.odcs.yaml")
    return replace(contract, custom={**contract.custom, "emergencyAccess": readers})


def test_the_contract_lists_the_readers():
    contract = contract_with(["team:engineering", "emil"])

    assert emergency_readers(contract) == ("team:engineering", "emil")
    assert list(emergency_faults(contract)) == []


@pytest.mark.parametrize("readers", ["emil", {"team": "x"}, [["emil"]], ["team: x"], [""], [True]])
def test_what_is_no_list_of_references_is_a_fault_and_opens_nothing(readers):
    contract = contract_with(readers)

    assert len(list(emergency_faults(contract))) == 1
    assert emergency_readers(contract) == ()

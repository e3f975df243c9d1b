"""Change control: what changed between two versions of a contract, and what that demands."""

from contracts.changes.comparison import compare
from contracts.changes.model import Change, ContractChange, Gate, Impact

__all__ = ["Change", "ContractChange", "Gate", "Impact", "compare"]

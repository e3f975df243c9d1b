"""The contracts' errors.

ContractError
├── UnreadableDocument
├── InvalidContract
├── NotComparable
└── NotCheckable
    └── RefusedRule
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with one document: where, what, and what to do."""

    file: str
    path: str  # where in the document: schema[0].properties[2].quality[0]; `document` for all of it
    fault: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.path}: {self.fault} {self.remedy}"


@dataclass(frozen=True, slots=True)
class DocumentFault:
    """One thing wrong within a document; who knows its file makes a Fault of it."""

    path: str
    fault: str
    remedy: str

    def of(self, file: str) -> Fault:
        """The same fault with the file that it stands in."""
        return Fault(file, self.path, self.fault, self.remedy)


class ContractError(Exception):
    """The root of everything that contracts refuse."""


class UnreadableDocument(ContractError):
    """A file is not a YAML document that is safe to read."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(str(fault))


class InvalidContract(ContractError):
    """One or more documents are not data contracts that can be kept; `faults` has all of them."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(
            f"The data contracts were refused for {count}:\n" + "\n".join(map(str, faults))
        )


class NotComparable(ContractError):
    """Two documents cannot be compared, because one of them is not a contract in form."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The contracts were not compared: {reason}. Run `marketplace contract lint` on both."
        )


class NotCheckable(ContractError):
    """A promise that should be checked cannot be, for a reason that its author can act on."""


class RefusedRule(NotCheckable):
    """A quality rule's SQL is not one read-only question about the table that it belongs to."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The rule's SQL was refused: {reason} Write one SELECT over `{{object}}` "
            "that gives one number."
        )

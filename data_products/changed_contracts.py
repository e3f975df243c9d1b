"""Which changed contracts may be merged: linted, compared, and held against the published data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from contracts.changes import ContractChange
from contracts.documents import faults_in, load_contract, read_document
from contracts.errors import ContractError, NotComparable
from contracts.lifecycle import end_of_service
from contracts.model import Contract
from contracts.port_names import port_name
from contracts.verdict import Verdict
from contracts.yaml_reader import parse_document
from data_products.contract_review import (
    Base,
    Finding,
    Level,
    Review,
    change_findings,
    data_findings,
    fault_findings,
)
from data_products.errors import DataProductError
from data_products.lakehouse import Lakehouse
from data_products.published_contracts import published_contract


@dataclass(frozen=True, slots=True)
class ContractReviewer:
    """Everything that a review needs beside the changed document itself."""

    project: Path
    lakehouse: Lakehouse
    base_name: str  # of the git base, as people name it
    base_content: Callable[[PurePosixPath], bytes | None]  # what a file said there
    now: datetime
    check: Callable[[Contract], Verdict] | None  # on the published data; None: it cannot be run
    consumers: Callable[[str], Sequence[str]]  # of a port, as sentences

    def review(self, path: PurePosixPath) -> Review:
        """The review of one contract, by its path below the project."""
        file, full = path.as_posix(), self.project / path
        if not full.exists():
            return self._removed(path)
        faults = fault_findings(faults_in(full), full.read_bytes())
        if faults:
            told = tuple(Finding(f.level, file, f.line, f.title, f.message) for f in faults)
            return Review(file, None, None, None, told)
        is_source = path.parent.name == "sources"
        contract = load_contract(full)
        port = None if is_source else contract.reference
        change, findings = self._changes(path, contract, is_source)
        verdict, seen = (None, ()) if is_source else self._data(file, contract, change)
        return Review(file, port, change, verdict, (*findings, *seen))

    def _changes(
        self, path: PurePosixPath, contract: Contract, is_source: bool
    ) -> tuple[ContractChange | None, tuple[Finding, ...]]:
        file = path.as_posix()
        try:
            base = self._base(path, contract, is_source)
            if base is None:
                told = "Nothing is published, and the git base does not have it."
                return None, (Finding(Level.NOTICE, file, 1, "A new contract", told),)
            consumers = () if is_source else self.consumers(contract.reference)
            document = read_document(self.project / path)
            return change_findings(file, contract, base, document, consumers)
        except NotComparable as error:
            finding = Finding(Level.ERROR, file, 1, "It cannot be compared", str(error))
            return None, (finding,)

    def _base(self, path: PurePosixPath, contract: Contract, is_source: bool) -> Base | None:
        """What is published in the same major version, else the git base, else an older major."""
        published = (
            None
            if is_source
            else published_contract(self.lakehouse, contract.reference, contract.major)
        )
        if published is not None and published.content is not None:
            return Base(published.document(), f"{published.version}, which is published")
        content = self.base_content(path)
        if content is not None:
            where = f"`{self.base_name}`"
            return Base(parse_document(content, self.project / path), where)
        return None if is_source else self._older_major(contract)

    def _older_major(self, contract: Contract) -> Base | None:
        """What a new major version is offered beside."""
        majors = self.lakehouse.majors(contract.reference)
        for major in sorted((m for m in majors if m < contract.major), reverse=True):
            older = published_contract(self.lakehouse, contract.reference, major)
            if older is not None and older.content is not None:
                return Base(older.document(), f"{older.version}, which is published")
        return None

    def _data(
        self, file: str, contract: Contract, change: ContractChange | None
    ) -> tuple[Verdict | None, tuple[Finding, ...]]:
        """What the published data says to the contract; said where there is none."""
        title = "Not run on data"
        if self.check is None:
            why = "The project's documents have faults, so that nothing was run."
            return None, (Finding(Level.WARNING, file, 1, title, why),)
        if contract.major not in self.lakehouse.majors(contract.reference):
            why = f"Nothing is published in v{contract.major} yet: build it, then publish."
            return None, (Finding(Level.NOTICE, file, 1, title, why),)
        try:
            verdict = self.check(contract)
        except (ContractError, DataProductError) as error:
            return None, (Finding(Level.ERROR, file, 1, title, str(error)),)
        return verdict, data_findings(file, contract, verdict, change)

    def _removed(self, path: PurePosixPath) -> Review:
        """A contract that is gone: only once its port is no longer served."""
        file = path.as_posix()
        unit, name = path.parent.name, path.name.removesuffix(".odcs.yaml")
        port, _, major = name.rpartition(".v")
        is_port = path.parent.parent.name == "contracts" and major.isdigit()
        reference = f"{unit}.{port_name(port, int(major))}" if is_port else ""
        published = published_contract(self.lakehouse, reference, int(major)) if is_port else None
        if published is None:
            told = "Nothing is published under it."
            return Review(
                file, None, None, None, (Finding(Level.NOTICE, file, 1, "Removed", told),)
            )
        contract = published.contract()
        if contract is not None and end_of_service(contract, self.now).is_over:
            told = "Its service is over."
            return Review(
                file, None, None, None, (Finding(Level.NOTICE, file, 1, "Removed", told),)
            )
        consumers = self.consumers(reference)
        relying = "".join(f"\n- {consumer}" for consumer in consumers) or " nobody who is known."
        message = (
            f"`{reference}` v{major} is published as {published.version}. Deprecate it, name its "
            f"`endOfLife`, and remove it after that day. Those who rely on it:{relying}"
        )
        finding = Finding(Level.ERROR, file, 1, "A published contract was removed", message)
        return Review(file, reference, None, None, (finding,))

"""Writes a whole sample into a folder: same size, seed and month, same bytes."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sample_sources.bodies import GOVERNMENT
from sample_sources.errors import FolderNotOfSample
from sample_sources.foi import foi_files
from sample_sources.grants import grant_files
from sample_sources.learning import learning_files
from sample_sources.ledger import ledger_files
from sample_sources.model import (
    FileReport,
    FileSet,
    Kind,
    Progress,
    SampleFile,
    SampleReport,
    SampleSize,
)
from sample_sources.monthly import monthly_files
from sample_sources.months import Months
from sample_sources.payments import reported_payments
from sample_sources.projects import project_files
from sample_sources.register import register_files
from sample_sources.workforce import workforce_files

MANIFEST = "SAMPLE.json"  # marks a folder as a sample and lists its files
MONTHLY_SHARE = 0.4  # of the payment rows; the ledgers hold the rest
LEARNING_SHARE = 0.1  # learning records per payment row

README_FOLDERS = (
    ".",
    "organisations",
    "payments",
    "workforce",
    "learning",
    "major_projects",
    "grants",
    "foi",
)
README = f"""SAMPLE DATA - not real

Everything below this folder was made by a program. The {GOVERNMENT},
its departments and other bodies, its suppliers, its staff, their names, postcodes and
e-mail addresses are invented. Any likeness to a real body or person is accidental.

organisations/register_snapshots/  the register of bodies, a snapshot a month
payments/monthly/<body>/           payments over 25,000 pounds, a file a month
payments/ledger/                   all payments of a few bodies
workforce/                         workforce returns, a file a month
learning/                          staff learning records, a file a month
major_projects/                    reports on major projects, one a year
grants/                            grant schemes and awards, by financial year
foi/                               requests for information, by quarter and year

The flaws in the files are planted on purpose. They imitate those of real published files.
"""


def make_sample(folder: Path, size: SampleSize, progress: Progress | None = None) -> SampleReport:
    """Makes `folder` hold exactly the sample of `size`; a file that already does is left alone.

    Files of an earlier sample that are no part of this one are removed; files that no sample put
    there stay. Raises FolderNotOfSample if the folder has files and no sample's manifest.
    """
    earlier = _files_of_earlier_sample(folder)
    folder.mkdir(parents=True, exist_ok=True)
    listed = set(earlier)
    reports: list[FileReport] = []
    unchanged = 0
    for file_set in _file_sets(size):
        for done, file in enumerate(file_set.files, start=1):
            unchanged += not _write(folder / file.path, file.content)
            reports.append(_report(file_set.kind, file))
            if progress is not None:
                progress(file_set.kind, done, file_set.count)
        listed |= {report.path for report in reports}
        _write_manifest(folder, size, sorted(listed))
    for place in README_FOLDERS:
        _write(folder / place / "README.txt", README.encode())
    removed = tuple(sorted(set(earlier) - {report.path for report in reports}))
    for path in removed:
        _remove(folder, path)
    _write_manifest(folder, size, sorted(report.path for report in reports))
    return SampleReport(GOVERNMENT, size, tuple(reports), unchanged, removed)


def _file_sets(size: SampleSize) -> Iterator[FileSet]:
    """Each kind has a random stream of its own, so that none depends on how another is drawn."""
    months = Months(size.until)
    streams = np.random.SeedSequence(size.seed).spawn(len(Kind))
    rngs = dict(zip(Kind, (np.random.default_rng(stream) for stream in streams), strict=True))
    monthly_rows = round(size.rows * MONTHLY_SHARE)
    payments = reported_payments(monthly_rows, months, rngs[Kind.MONTHLY])
    yield register_files(months, rngs[Kind.REGISTER])
    yield monthly_files(payments, months)
    yield ledger_files(size.rows - monthly_rows, payments, months, rngs[Kind.LEDGER])
    yield workforce_files(months, rngs[Kind.WORKFORCE])
    yield learning_files(round(size.rows * LEARNING_SHARE), months, rngs[Kind.LEARNING])
    yield project_files(months, rngs[Kind.PROJECTS])
    yield grant_files(months, rngs[Kind.GRANTS])
    yield foi_files(months, rngs[Kind.FOI])


def _report(kind: Kind, file: SampleFile) -> FileReport:
    digest = hashlib.sha256(file.content).hexdigest()
    return FileReport(kind, file.path, digest, file.rows, dict(file.oddities))


def _files_of_earlier_sample(folder: Path) -> tuple[str, ...]:
    if not folder.exists() or not any(folder.iterdir()):
        return ()
    try:
        listed = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FolderNotOfSample(folder) from error
    if not isinstance(listed, list):
        raise FolderNotOfSample(folder)
    return tuple(str(path) for path in listed)


def _write_manifest(folder: Path, size: SampleSize, paths: list[str]) -> None:
    document = {
        "notice": "Sample data of a fictional government. Nothing here is real.",
        "government": GOVERNMENT,
        "rows": size.rows,
        "seed": size.seed,
        "until": f"{size.until:%Y-%m}",
        "files": paths,
    }
    _write(folder / MANIFEST, (json.dumps(document, indent=1) + "\n").encode())


def _write(path: Path, content: bytes) -> bool:
    """Puts the content there whole or not at all; False if it stood there already."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.part")
    beside.write_bytes(content)
    beside.replace(path)
    return True


def _remove(folder: Path, path: str) -> None:
    """Removes a file that the manifest lists, and its folder if that is then empty."""
    place = (folder / path).resolve()
    if not place.is_relative_to(folder.resolve()):
        return
    place.unlink(missing_ok=True)
    if place.parent.is_dir() and not any(place.parent.iterdir()):
        place.parent.rmdir()

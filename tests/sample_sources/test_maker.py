"""Same size, seed and month, same bytes; what is no part of a sample is never touched."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from sample_sources import FolderNotOfSample, Kind, SampleSize, TooFewRows, make_sample
from sample_sources.maker import README_FOLDERS

LISTS = (".tsv", "authorities.csv", "column_lookup.csv")
SMALL = SampleSize(rows=1_000, seed=1, until=date(2026, 11, 22))


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_another_process_makes_the_same_bytes(tmp_path):
    script = (
        "import sys; from datetime import date; from pathlib import Path;"
        "from sample_sources import SampleSize, make_sample;"
        "make_sample(Path(sys.argv[1]), SampleSize(1000, 1, date(2026, 11, 22)))"
    )
    root = Path(__file__).parents[2]

    for name in ("first", "second"):
        make_sample(tmp_path / name, SMALL)
    subprocess.run([sys.executable, "-c", script, tmp_path / "third"], check=True, cwd=root)

    first = contents(tmp_path / "first")
    assert len(first) > 300
    assert first == contents(tmp_path / "second") == contents(tmp_path / "third")


def test_the_day_of_the_month_does_not_matter(tmp_path):
    make_sample(tmp_path / "early", replace(SMALL, until=date(2026, 11, 1)))
    make_sample(tmp_path / "late", replace(SMALL, until=date(2026, 11, 30)))

    assert contents(tmp_path / "early") == contents(tmp_path / "late")


def test_another_seed_gives_other_files_of_every_kind(tmp_path):
    one = make_sample(tmp_path / "one", SMALL)
    two = make_sample(tmp_path / "two", replace(SMALL, seed=2))

    for kind in Kind:
        # Lists of terms and of authorities are the same whatever the rows are.
        hashes = [
            {file.sha256 for file in report.of_kind(kind) if not file.path.endswith(LISTS)}
            for report in (one, two)
        ]
        assert hashes[0].isdisjoint(hashes[1])


def test_a_second_run_leaves_every_file_alone(tmp_path):
    make_sample(tmp_path, SMALL)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    report = make_sample(tmp_path, SMALL)

    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert (report.unchanged, report.removed) == (len(report.files), ())


def test_a_damaged_file_is_made_again(tmp_path):
    make_sample(tmp_path, SMALL)
    before = contents(tmp_path)
    (tmp_path / "learning" / "2026-10.csv").write_text("cut off")

    report = make_sample(tmp_path, SMALL)

    assert contents(tmp_path) == before
    assert report.unchanged == len(report.files) - 1


def test_a_later_month_replaces_the_earlier_sample(tmp_path):
    make_sample(tmp_path / "moved", SMALL)

    report = make_sample(tmp_path / "moved", replace(SMALL, until=date(2026, 12, 1)))

    make_sample(tmp_path / "fresh", replace(SMALL, until=date(2026, 12, 1)))
    assert contents(tmp_path / "moved") == contents(tmp_path / "fresh")
    assert "learning/2024-11.csv" in report.removed


def test_a_file_that_no_sample_made_stays(tmp_path):
    make_sample(tmp_path, SMALL)
    own = tmp_path / "learning" / "my-own.csv"
    own.write_text("kept")

    make_sample(tmp_path, replace(SMALL, until=date(2027, 1, 1)))

    assert own.read_text() == "kept"


def test_a_manifest_cannot_remove_a_file_outside_the_folder(tmp_path):
    outside = tmp_path / "outside.csv"
    outside.write_text("kept")
    make_sample(tmp_path / "sample", SMALL)
    manifest = tmp_path / "sample" / "SAMPLE.json"
    document = json.loads(manifest.read_text())
    document["files"].append("../outside.csv")
    manifest.write_text(json.dumps(document))

    make_sample(tmp_path / "sample", SMALL)

    assert outside.read_text() == "kept"


@pytest.mark.parametrize("marker", [None, "not json", "[]", '{"files": 3}'])
def test_a_folder_of_other_files_is_refused(marker, tmp_path):
    (tmp_path / "real.csv").write_text("real")
    if marker is not None:
        (tmp_path / "SAMPLE.json").write_text(marker)

    with pytest.raises(FolderNotOfSample) as refusal:
        make_sample(tmp_path, SMALL)

    assert str(refusal.value) == (
        f"No sample was made in `{tmp_path}`: it holds files that are no sample of ours. "
        "Sample and real files are never mixed; choose an empty folder or remove it."
    )
    assert not (tmp_path / "learning").exists()


def test_too_few_rows_are_refused():
    with pytest.raises(TooFewRows) as refusal:
        SampleSize(rows=999, seed=1, until=date(2026, 11, 22))

    assert str(refusal.value) == (
        "No sample was made of `999` rows: every shape of file needs a row to show it. "
        "Ask for 1,000 rows or more."
    )


def test_progress_is_told_of_every_file(tmp_path):
    told = []

    report = make_sample(tmp_path, SMALL, lambda *said: told.append(said))

    expected = []
    for kind in Kind:
        count = len(report.of_kind(kind))
        expected += [(kind, done, count) for done in range(1, count + 1)]
    assert told == expected


def test_the_report_finds_a_file_by_its_path(sample):
    file = sample.report.file("learning/2026-10.csv")

    assert (file.kind, file.rows > 0) == (Kind.LEARNING, True)


def test_every_set_says_that_it_is_sample_data(sample):
    for folder in README_FOLDERS:
        text = (sample.folder / folder / "README.txt").read_text()

        assert text.startswith("SAMPLE DATA - not real")

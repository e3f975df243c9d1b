"""The fictional government has a history, and no name of a real one."""

import csv
import re
from pathlib import Path

import duckdb
import pytest

from sample_sources import Kind
from sample_sources.government import existing, former_titles, standings
from sample_sources.months import SNAPSHOT_MONTHS
from sample_sources.words import misspelt, supplier_names

MONTHS = range(-1, SNAPSHOT_MONTHS[-1] + 1)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def snapshots(sample) -> list[list[dict[str, str]]]:
    return [rows_of(sample.folder / file.path) for file in sample.report.of_kind(Kind.REGISTER)]


@pytest.fixture(scope="module")
def newest(snapshots) -> dict[str, dict[str, str]]:
    return {row["slug"]: row for row in snapshots[-1]}


def test_the_first_snapshot_stops_after_a_page_and_the_next_day_is_whole(snapshots):
    first, second = snapshots[:2]

    assert [row["slug"] for row in first] == [row["slug"] for row in second][:20]
    assert (first[0]["snapshot_date"], second[0]["snapshot_date"]) == ("2024-12-01", "2024-12-02")
    assert len(second) > 60


def test_a_renamed_body_points_to_its_new_slug(newest):
    old = newest["department-for-lanterns-and-power"]
    new = newest["department-for-power-and-light"]

    assert (old["govuk_status"], old["govuk_closed_status"]) == ("closed", "changed_name")
    assert (old["superseding"], new["superseded"]) == (new["slug"], old["slug"])
    assert new["govuk_status"] == "live"


def test_two_bodies_merge_into_one(newest):
    merged = newest["department-for-ferries-and-causeways"]

    assert merged["superseded"] == "department-of-ferries;department-of-roads-and-bridges"
    for slug in merged["superseded"].split(";"):
        assert newest[slug]["govuk_closed_status"] == "merged"


def test_a_body_ends_without_a_successor(newest):
    ended = newest["council-on-peat-cutting"]

    assert (ended["govuk_closed_status"], ended["superseding"]) == ("no_longer_exists", "")


def test_a_body_moves_to_another_department_and_one_gets_a_new_title(snapshots, newest):
    before = {row["slug"]: row for row in snapshots[1]}
    agency, gallery = "isles-weatherglass-agency", "gallery-of-sail-and-rope"

    assert before[agency]["parents"] != newest[agency]["parents"]
    assert before[gallery]["title"] != newest[gallery]["title"]


def test_the_register_has_every_status_and_lists_of_parents(newest):
    assert {row["govuk_status"] for row in newest.values()} == {"live", "exempt", "closed"}
    assert any(";" in row["parents"] for row in newest.values())
    assert any(row["govuk_status"] == "closed" and not row["closed_at"] for row in newest.values())


def test_every_link_of_a_whole_snapshot_leads_to_a_row(snapshots):
    for rows in snapshots[1:]:
        slugs = {row["slug"] for row in rows}
        links = {
            slug
            for row in rows
            for column in ("parents", "children", "superseded", "superseding")
            for slug in row[column].split(";")
        }
        assert links - {""} <= slugs


@pytest.mark.parametrize("month", MONTHS)
def test_no_body_that_exists_has_a_parent_that_does_not(month):
    state = standings(month)

    for standing in existing(month):
        assert not any(state[parent].is_closed for parent in standing.body.parents)


def test_a_name_is_former_only_in_the_months_after_its_change():
    used = [month for month in MONTHS if former_titles("DPL", month)]

    assert used == [8, 9, 10, 11, 12, 13]
    assert former_titles("DPL", 8) == ("Department for Lanterns and Power",)


def test_files_carry_a_former_name_after_the_rename(sample):
    folder = sample.folder / Kind.MONTHLY / "department-for-power-and-light"

    texts = [path.read_text(encoding="latin-1") for path in sorted(folder.glob("*.csv"))]

    assert any(",Department for Lanterns and Power," in text for text in texts[:6])
    assert not any("Department for Lanterns and Power" in text for text in texts[6:])


def plain(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


@pytest.mark.real_data
def test_no_name_of_the_real_register_appears(shared_data):
    real = rows_of(shared_data / "organisations" / "govuk_organisations_latest.csv")
    taken = {plain(row[column]) for row in real for column in ("slug", "title")}

    bodies = [standing for month in MONTHS for standing in standings(month).values()]
    ours = {plain(name) for standing in bodies for name in (standing.slug, standing.body.title)}

    assert len(taken) > 1_000
    assert ours.isdisjoint(taken)
    assert {plain(misspelt(standing.body.title)) for standing in bodies}.isdisjoint(taken)


@pytest.mark.real_data
def test_no_supplier_of_a_real_ledger_appears(shared_data):
    with duckdb.connect() as connection:
        real = connection.execute(
            "select distinct regexp_replace(lower(beneficiary), '[^a-z0-9]', '', 'g') "
            "from read_parquet(?)",
            [str(shared_data / "large" / "spend_ledger" / "*.parquet")],
        ).fetchall()

    ours = {plain(spelling) for spellings in supplier_names() for spelling in spellings}

    assert ours.isdisjoint({name for (name,) in real})

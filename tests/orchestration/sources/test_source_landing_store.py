"""Landing again changes nothing; what changed is replaced, what is gone is withdrawn."""

import contextlib
import os
from dataclasses import replace
from datetime import timedelta

import pytest

from orchestration.sources import landing as landing_module
from orchestration.sources.errors import (
    SourceChanged,
    SourceRootMissing,
    StaleLanding,
    UnknownSourceObject,
)
from orchestration.sources.landing import plan_landing

HEADER = "Entity,Date,Supplier,Amount\n"
GOOD = "Treasury,05/04/2022,Acme,10.50\n"


def _everything(store):
    return {
        str(path): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in store.root.rglob("*")
        if path.is_file() and "_locks" not in path.parts
    }


def test_landing_the_same_files_again_writes_nothing(landing):
    landing.write("payments/a.csv", HEADER + GOOD)
    landing.write("payments/b.csv", HEADER + "T,x,Acme,1\n")
    first = landing.run()
    before = _everything(landing.store)
    landing.now += timedelta(days=1)

    second = landing.run()

    assert _everything(landing.store) == before
    assert (second.landed, second.withdrawn, second.has_changes) == ((), (), False)
    assert second.current == first.current


def test_a_touched_file_with_the_same_bytes_is_unchanged(landing):
    file = landing.write("payments/a.csv", HEADER + GOOD)
    landing.run()
    os.utime(file, (1, 1))

    assert not landing.run().has_changes


def test_a_changed_file_replaces_its_rows(landing):
    landing.write("payments/a.csv", HEADER + GOOD)
    landing.run()
    landing.write("payments/a.csv", HEADER + GOOD.replace("Acme", "Other"))

    run = landing.run()

    assert landing.rows("supplier") == [("Other",)]
    assert [each.generation for each in run.current] == [2]
    old, new = sorted(
        landing.store.records("payments_system", "payments"), key=lambda e: e.generation
    )
    assert old.withdrawn_at == landing.now
    assert not (landing.store.root / old.parquet).exists()
    assert new.withdrawn_at is None


def test_a_file_that_changes_back_lands_again(landing):
    for supplier in ("Acme", "Other", "Acme"):
        landing.write("payments/a.csv", HEADER + GOOD.replace("Acme", supplier))
        landing.run()

    assert landing.rows("supplier") == [("Acme",)]


def test_a_removed_file_is_withdrawn_and_its_record_kept(landing):
    file = landing.write("payments/a.csv", HEADER + GOOD + "T,x,A,1\n")
    landing.write("payments/b.csv", HEADER + GOOD)
    landing.run()
    file.unlink()

    run = landing.run()

    assert [each.path for each in run.withdrawn] == ["payments/a.csv"]
    assert landing.rows("_source_file") == [("payments/b.csv",)]
    assert landing.rejects() == []
    assert len(landing.store.records("payments_system", "payments")) == 2


def test_a_missing_root_withdraws_nothing(landing):
    landing.write("payments/a.csv", HEADER + GOOD)
    landing.run()
    landing.root.rename(landing.root.with_name("away"))

    with pytest.raises(SourceRootMissing) as refused:
        landing.run()

    assert str(refused.value) == (
        f"No folder of source files at `{landing.root}`. Nothing was landed or withdrawn. "
        "Set MARKETPLACE_SOURCES to a folder or an https address."
    )
    assert len(landing.rows()) == 1


def test_the_relations_are_typed_when_nothing_is_landed(landing):
    import duckdb

    relation = landing.store.relation(landing.contract, "payments")
    rejects = landing.store.rejects_relation(landing.contract, "payments")

    with duckdb.connect() as connection:
        types = [row[1] for row in connection.execute(f"DESCRIBE {relation}").fetchall()]
        reject_types = [row[1] for row in connection.execute(f"DESCRIBE {rejects}").fetchall()]
    assert types == [
        "VARCHAR",
        "DATE",
        "VARCHAR",
        "DECIMAL(18,2)",
        "VARCHAR",
        "VARCHAR",
        "BIGINT",
        "INTEGER",
    ]
    assert reject_types == [
        "VARCHAR",
        "VARCHAR",
        "BIGINT",
        "VARCHAR",
        "VARCHAR",
        "TIMESTAMP WITH TIME ZONE",
    ]


def test_the_relations_have_the_same_types_when_something_is_landed(landing):
    import duckdb

    empty = [
        landing.store.relation(landing.contract, "payments"),
        landing.store.rejects_relation(landing.contract, "payments"),
    ]
    landing.write("payments/a.csv", HEADER + GOOD + "T,x,A,1\n")
    landing.run()
    filled = [
        landing.store.relation(landing.contract, "payments"),
        landing.store.rejects_relation(landing.contract, "payments"),
    ]

    with duckdb.connect() as connection:
        for before, after in zip(empty, filled, strict=True):
            described = [
                connection.execute(f"DESCRIBE {each}").fetchall() for each in (before, after)
            ]
            assert described[0] == described[1]


def test_a_new_description_does_not_land_files_again_but_a_new_type_does(landing):
    landing.write("payments/a.csv", HEADER + GOOD)
    landing.run()
    (payments,) = landing.contract.objects
    reworded = replace(payments.properties[0], description="Said better.")
    landing.contract = replace(
        landing.contract,
        objects=(replace(payments, properties=(reworded, *payments.properties[1:])),),
    )
    assert not landing.run().has_changes

    retyped = replace(payments.properties[-1], physical_type="decimal(18,3)")
    landing.contract = replace(
        landing.contract,
        objects=(replace(payments, properties=(*payments.properties[:-1], retyped)),),
    )
    with pytest.raises(StaleLanding) as stale:
        landing.rows()
    assert str(stale.value) == (
        "`payments_system.payments` has 1 files landed under another version of its source "
        "contract. Land the sources again before reading them."
    )
    assert len(landing.run().landed) == 1
    assert len(landing.rows()) == 1


def test_an_unknown_object_is_named_with_those_that_exist(landing):
    with pytest.raises(UnknownSourceObject) as unknown:
        landing.store.relation(landing.contract, "invoices")

    assert str(unknown.value) == (
        "No schema object `invoices` in the source contract `payments_system`. It has: `payments`."
    )


def test_a_crash_before_the_record_leaves_the_old_rows_and_is_swept(landing, monkeypatch):
    landing.write("payments/a.csv", HEADER + GOOD)
    landing.run()
    landing.write("payments/a.csv", HEADER + GOOD.replace("Acme", "Other"))
    monkeypatch.setattr(type(landing.store), "keep", _crash)
    with pytest.raises(KeyboardInterrupt):
        landing.run()
    monkeypatch.undo()
    assert landing.rows("supplier") == [("Acme",)]

    landing.run()

    assert landing.rows("supplier") == [("Other",)]
    assert len(list((landing.store.root / "payments_system" / "payments").iterdir())) == 1


def test_a_crash_after_the_record_shows_the_new_rows_only_and_is_swept(landing, monkeypatch):
    withdraw = type(landing.store).withdraw
    for replaced, supplier in enumerate(("Acme", "Other", "Acme")):  # the third has the first's key
        landing.write("payments/a.csv", HEADER + GOOD.replace("Acme", supplier))

        def crash(store, record, now, last=replaced):
            return _crash() if record.generation == last else withdraw(store, record, now)

        monkeypatch.setattr(type(landing.store), "withdraw", crash)
        with contextlib.suppress(KeyboardInterrupt):
            landing.run()
        monkeypatch.undo()
        assert landing.rows("supplier") == [(supplier,)]

    assert not landing.run().has_changes
    assert len(list((landing.store.root / "payments_system" / "payments").iterdir())) == 1


def test_a_file_that_changes_while_it_is_read_stops_the_run(landing, monkeypatch):
    file = landing.write("payments/a.csv", HEADER + GOOD)
    honest = landing_module.land_rows

    def slow(*arguments):
        record = honest(*arguments)
        file.write_text(HEADER)
        return record

    monkeypatch.setattr(landing_module, "land_rows", slow)

    with pytest.raises(SourceChanged) as changed:
        landing.run()

    assert str(changed.value) == (
        "The source file `payments/a.csv` changed while it was read, so its rows were not kept. "
        "Land again when it is complete."
    )
    assert landing.store.files("payments_system", "payments") == ()


def test_a_plan_says_what_a_landing_will_do_and_does_none_of_it(landing):
    landing.write("payments/a.csv", HEADER + GOOD)
    landing.write("README.md", "about")

    plan = plan_landing(landing.request)

    assert [each.file.path for each in plan.to_land] == ["payments/a.csv"]
    assert plan.unclaimed == ("README.md",)
    assert landing.rows() == []


def test_progress_is_said_before_and_after_each_file(landing):
    landing.write("payments/a.csv", HEADER + GOOD)
    landing.write("payments/b.csv", HEADER + GOOD + GOOD)
    said = []

    landing_module.land(landing.request, said.append)

    assert [(each.path, each.position, each.total, each.rows) for each in said] == [
        ("payments/a.csv", 1, 2, None),
        ("payments/a.csv", 1, 2, 1),
        ("payments/b.csv", 2, 2, None),
        ("payments/b.csv", 2, 2, 2),
    ]


def test_a_summary_adds_up_the_current_files(landing):
    landing.write("payments/a.csv", HEADER + GOOD + GOOD + "T,x,A,1\n")
    landing.write("payments/b.csv", "nothing\n")
    run = landing.run()

    (summary,) = landing.store.summary(landing.contract)

    assert run.summaries == (summary,)
    assert (summary.files, summary.files_refused) == (2, 1)
    assert (summary.rows_read, summary.rows_landed) == (4, 1)
    assert (summary.rows_rejected, summary.rows_duplicate) == (2, 1)


def _crash(*_):
    raise KeyboardInterrupt

"""The picture from source to consumer equals dbt's manifest and has no dangling step."""

from marketplace.index.lineage import Lineage
from marketplace.index.model import LineageNode

PORTS = ("finance.invoices", "insight.monthly_totals")


def test_a_product_shows_the_way_from_its_source_to_its_consumers(manifest):
    lineage = Lineage.from_manifest(manifest, PORTS)

    assert lineage.of_ports(["finance.invoices"]) == (
        LineageNode("source:billing.invoices", "source", "billing.invoices", ()),
        LineageNode(
            "model:stg_billing__invoices",
            "staging",
            "stg_billing__invoices",
            ("source:billing.invoices",),
        ),
        LineageNode(
            "model:int_deduplicated",
            "intermediate",
            "int_deduplicated",
            ("model:stg_billing__invoices",),
        ),
        LineageNode("model:invoices", "mart", "invoices", ("model:int_deduplicated",)),
        LineageNode("port:finance.invoices", "port", "finance.invoices", ("model:invoices",)),
        LineageNode(
            "port:insight.monthly_totals",
            "port",
            "insight.monthly_totals",
            ("port:finance.invoices",),
        ),
    )


def test_a_consumer_begins_at_its_input_port(manifest):
    nodes = Lineage.from_manifest(manifest, PORTS).of_ports(["insight.monthly_totals"])

    assert [node.id for node in nodes] == [
        "port:finance.invoices",
        "model:stg_ports__finance__invoices",
        "model:monthly_totals",
        "port:insight.monthly_totals",
    ]
    assert nodes[0].upstream == ()


def test_reading_another_mart_is_reading_its_port(manifest):
    direct = {**manifest, "nodes": {**manifest["nodes"]}}
    totals = dict(direct["nodes"]["model.lake.monthly_totals"])
    totals["depends_on"] = {"nodes": ["model.lake.invoices"]}
    direct["nodes"]["model.lake.monthly_totals"] = totals

    nodes = Lineage.from_manifest(direct, PORTS).of_ports(["insight.monthly_totals"])

    assert [node.id for node in nodes] == [
        "port:finance.invoices",
        "model:monthly_totals",
        "port:insight.monthly_totals",
    ]


def test_ports_of_one_product_are_shown_to_their_sources_together(manifest):
    nodes = Lineage.from_manifest(manifest, PORTS).of_ports(PORTS)

    assert len(nodes) == len({node.id for node in nodes}) == 8
    assert nodes[0].id == "source:billing.invoices"


def test_no_step_dangles(manifest):
    lineage = Lineage.from_manifest(manifest, PORTS)

    for ports in (PORTS[:1], PORTS[1:], PORTS):
        nodes = lineage.of_ports(ports)
        ids = {node.id for node in nodes}
        assert all(upstream in ids for node in nodes for upstream in node.upstream)


def test_a_port_that_dbt_does_not_make_stands_alone():
    assert Lineage.from_manifest({}, ["finance.invoices"]).of_ports(["finance.invoices"]) == (
        LineageNode("port:finance.invoices", "port", "finance.invoices", ()),
    )


def test_a_mart_belongs_to_its_folder(manifest):
    lineage = Lineage.from_manifest(manifest, ["people.invoices"])

    assert "port:people.invoices" not in lineage.nodes

"""Text comes out as it was meant, whatever encoding it was saved in."""

import pytest

from orchestration.sources.encodings import open_text, text_facts
from orchestration.sources.errors import UnreadableFile

TEXT = "Supplier,Date,Amount\nCafé \u2013 O\u2019Hara,05/04/2022,£1.50\n"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
    ],
)
def test_the_encoding_is_found_and_the_text_right(landing, encoding, found):
    landing.write("payments/a.csv", TEXT.encode(encoding))

    record = landing.one()

    assert record.encoding == found
    assert landing.rows("supplier, amount::varchar") == [("Café \u2013 O\u2019Hara", "1.50")]


def test_a_lone_pound_sign_of_cp1252_is_a_pound_sign(landing):
    landing.write(
        "payments/a.csv", b"Supplier,Date,Amount (\xa3)\nAcme \xa3 Shop,05/04/2022,\xa31\n"
    )

    assert landing.one().encoding == "cp1252"
    assert landing.rows("supplier") == [("Acme £ Shop",)]


def test_bytes_that_cp1252_leaves_undefined_are_kept(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"a\x93b\x81c\n")

    with open_text(file, "cp1252") as text:
        assert text.read() == "a\u201cb\x81c\n"


def test_a_mac_file_that_cannot_be_cp1252_is_read_as_what_it_is(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(
        "Façade, naïve café \u2013 \u201cdéjà vu\u201d, garçon, reçu, leçon\n".encode("mac_roman")
        * 3
    )

    assert text_facts(file, 1 << 20).encoding == "mac_roman"


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", 0), ("a", 1), ("a\n", 1), ("a\r", 1), ("a\r\nb", 2), ("a\r\rb\n\n", 4), ("\r\n", 1)],
    ids=ascii,
)
def test_lines_are_counted_by_any_newline(tmp_path, text, lines):
    file = tmp_path / "a.csv"
    file.write_bytes(text.encode())

    assert text_facts(file, 1 << 20).lines == lines


def test_a_newline_across_two_blocks_counts_once(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"a" * ((1 << 20) - 1) + b"\r\nb\n")

    assert text_facts(file, 1 << 30).lines == 2


def test_a_character_across_two_blocks_is_still_utf8(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"a" * ((1 << 20) - 1) + "£".encode() + b"b" * (1 << 20))

    assert text_facts(file, 1 << 30).encoding == "utf-8"


def test_text_that_breaks_off_inside_its_encoding_is_refused(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes("Supplier".encode("utf-16") + b"\x00\xd8")

    with pytest.raises(UnreadableFile, match="it begins as utf-16 and breaks off"):
        text_facts(file, 1 << 20)

"""Which encoding a text file is in, and how many physical lines it has."""

import codecs
import gzip
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from charset_normalizer import from_bytes

from orchestration.sources.errors import UnreadableFile

# Marks of 4 bytes first: the one of UTF-32 begins with the one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What British spreadsheets export. Asked about all encodings it knows, the detector finds
# Eastern European and Asian ones in the few odd bytes that such a file has.
_LIKELY = ["cp1252", "mac_roman", "cp850"]
# How much less plausible cp1252 may look before another encoding is believed: on the real files
# the detector's marks for right answers differ by up to 0.08 on a single apostrophe.
_UNDECIDED = 0.1
_BLOCK = 1 << 20
_EVIDENCE = 32_768
_AROUND = 60  # bytes on each side of an odd one that the detector is shown
_ODD = re.compile(rb"[\x80-\xff]+")
UNDEFINED_BYTES = "landing.undefined_bytes"


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What one pass over a text file's bytes found."""

    encoding: str
    lines: int  # physical lines by CR, LF or CRLF, counted without the row reader
    bytes: int  # unpacked


def text_facts(path: Path, most_bytes: int) -> TextFacts:
    """The encoding and the physical lines of a file.

    A byte order mark decides, then strict UTF-8, then the detector; cp1252 where it is undecided.
    Raises UnreadableFile when more than `most_bytes` come out of it.
    """
    with open_bytes(path) as file:
        head = file.read(4096)
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    wide = marked if marked in {"utf-16", "utf-32"} else _unmarked_wide(head)
    if wide is not None:
        return _wide_facts(path, wide, most_bytes)
    scan = _Scan()
    for block in _blocks(path, most_bytes):
        scan.take(block)
    scan.close()
    if scan.is_utf8:
        return TextFacts(marked or "utf-8", scan.lines, scan.bytes)
    return TextFacts(_detected(_evidence(path, most_bytes)), scan.lines, scan.bytes)


def open_bytes(path: Path) -> IO[bytes]:
    """The bytes of a file, unpacked where its name ends in `.gz`."""
    if path.suffix.lower() == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return path.open("rb")


def open_text(path: Path, encoding: str) -> io.TextIOWrapper:
    """The text of a file; lines end at CR, LF or CRLF and keep their ends.

    Bytes that the encoding leaves undefined become the control character of the same number,
    as browsers read cp1252, so nothing is lost.
    """
    codecs.register_error(UNDEFINED_BYTES, _same_number)
    return io.TextIOWrapper(
        open_bytes(path),
        encoding=encoding,
        errors="strict" if encoding.startswith("utf") else UNDEFINED_BYTES,
        newline="",
    )


class _Scan:
    """Counts lines and tests for UTF-8, block by block."""

    def __init__(self) -> None:
        self.is_utf8 = True
        self.lines = 0
        self.bytes = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._last = b"\n"

    def take(self, block: bytes) -> None:
        self.bytes += len(block)
        pairs = block.count(b"\r\n") + (self._last == b"\r" and block.startswith(b"\n"))
        self.lines += block.count(b"\n") + block.count(b"\r") - pairs
        self._last = block[-1:]
        if self.is_utf8 and not block.isascii():
            self._decode(block, final=False)
        elif self.is_utf8:
            self._decode(block[:4], final=False)

    def close(self) -> None:
        if self.is_utf8:
            self._decode(b"", final=True)
        if self._last not in b"\r\n":
            self.lines += 1

    def _decode(self, block: bytes, *, final: bool) -> None:
        try:
            self._decoder.decode(block, final)
        except UnicodeDecodeError:
            self.is_utf8 = False


def _blocks(path: Path, most_bytes: int) -> Iterator[bytes]:
    taken = 0
    with open_bytes(path) as file:
        while block := file.read(_BLOCK):
            taken += len(block)
            if taken > most_bytes:
                limit = f"it unpacks to more than {most_bytes:,} bytes"
                raise UnreadableFile(path.name, f"{limit}: split it, or raise the limit")
            yield block


def _unmarked_wide(head: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of Western text is zero."""
    pairs = len(head) // 2
    if pairs < 4:
        return None
    if head[1::2].count(0) > pairs * 0.7:
        return "utf-16-le"
    return "utf-16-be" if head[0::2].count(0) > pairs * 0.7 else None


def _wide_facts(path: Path, encoding: str, most_bytes: int) -> TextFacts:
    """As for one-byte encodings, on the decoded text."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    scan = _Scan()
    taken = 0
    try:
        for block in _blocks(path, most_bytes):
            taken += len(block)
            if text := decoder.decode(block):
                scan.take(text.encode("utf-8", "surrogatepass"))
        decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            path.name, f"it begins as {encoding} and breaks off: {error}"
        ) from error
    scan.is_utf8 = False
    scan.close()
    return TextFacts(encoding, scan.lines, taken)


def _evidence(path: Path, most_bytes: int) -> bytes:
    """The odd bytes of a file with the text around them, as much as the detector needs."""
    evidence = bytearray()
    for block in _blocks(path, most_bytes):
        seen = 0
        for odd in _ODD.finditer(block):
            if odd.start() >= seen:
                seen = odd.end() + _AROUND
                evidence += block[max(0, odd.start() - _AROUND) : seen] + b"\n"
            if len(evidence) >= _EVIDENCE:
                return bytes(evidence)
    return bytes(evidence)


def _detected(evidence: bytes) -> str:
    """What the detector says of the lines with odd bytes; cp1252 where it is undecided."""
    found = from_bytes(evidence, cp_isolation=_LIKELY)
    best = found.best()
    if best is None:
        return "cp1252"
    chaos = {each.encoding: each.chaos for each in found}
    if chaos.get("cp1252", 1.0) - best.chaos <= _UNDECIDED:
        return "cp1252"
    return best.encoding


def _same_number(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(map(chr, error.object[error.start : error.end])), error.end

"""Ready statements and programs that read one port."""

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.web import urls

_PYTHON = """import json
import os
import urllib.request

import pyarrow as pa

request = urllib.request.Request(
    "{origin}{path}",
    data=json.dumps({{"sql": "select * from {port} limit 1000"}}).encode(),
    headers={{
        "Authorization": f"Bearer {{os.environ['MARKETPLACE_TOKEN']}}",
        "Content-Type": "application/json",
        "Accept": "application/vnd.apache.arrow.stream",
    }},
)
with urllib.request.urlopen(request) as response:
    table = pa.ipc.open_stream(response.read()).read_all()

print(table.schema)
print(table.slice(0, 5).to_pylist())
"""


@dataclass(frozen=True, slots=True)
class Snippet:
    """Text to copy, in one language."""

    language: str
    text: str


def snippets(port: str, columns: Sequence[str], origin: str) -> tuple[Snippet, ...]:
    """How to read `port` on the query page and from a program."""
    listed = ",\n    ".join(columns[:6])
    sql = f"select\n    {listed}\nfrom {port}\nlimit 100\n"
    python = _PYTHON.format(origin=origin, path=urls.QUERY_API, port=port)
    return (Snippet("SQL", sql), Snippet("Python", python))

"""Where a port's things lie: `<root>/<unit>/<port>/v<major>`, the same below every root."""

import re
from pathlib import Path

from contracts.port_names import read_name
from data_products.errors import UnknownPort

_PORT = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\.([A-Za-z][A-Za-z0-9_]*)")


def port_folder(root: Path, port: str, major: int) -> Path:
    """The folder of one major version of `unit.port`, by any name of the port.

    Raises UnknownPort where `port` is not such a name, so that no name leads out of `root`.
    """
    match = _PORT.fullmatch(read_name(port)[0])
    if match is None:
        raise UnknownPort(port)
    return root / match[1] / match[2] / f"v{major}"

#!/usr/bin/env bash
# Writes build/sbom.cdx.json, a CycloneDX bill of materials of what is installed. Needs no network.
# Fails where something is installed that requirements.lock does not pin.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p build
PYTHONWARNINGS=ignore .venv/bin/cyclonedx-py environment .venv/bin/python --pyproject pyproject.toml \
  --output-reproducible --output-format JSON --output-file build/sbom.cdx.json
.venv/bin/python - <<'PYTHON'
import json
import re
from pathlib import Path

def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


document = json.loads(Path("build/sbom.cdx.json").read_text(encoding="utf-8"))
listed = {plain(part["name"]): part["version"] for part in document["components"]}
lock = Path("requirements.lock").read_text(encoding="utf-8")
pinned: dict[str, set[str]] = {}
for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock, re.MULTILINE):
    pinned.setdefault(plain(name), set()).add(version)
other = sorted(name for name, version in listed.items() if version not in pinned.get(name, ()))
other = [name for name in other if name != "lakehouse-data-marketplace"]
if other:
    raise SystemExit(f"Installed otherwise than locked: {', '.join(other)}. Run `make setup`.")
print(f"build/sbom.cdx.json: {len(listed)} components, all as locked.")
PYTHON

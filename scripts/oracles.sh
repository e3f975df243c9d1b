#!/usr/bin/env bash
# Installs the independent judges that tests/oracles compares us with, apart from the platform.
set -euo pipefail
cd "$(dirname "$0")/.."

pinned=tests/oracles/requirements.txt
place=.venv-oracles
stamp=$place/$(sha256sum $pinned | cut -c1-16).installed
exec 9>.setup-stamp-oracles
flock 9  # two test processes may ask at once
[ ! -f "$stamp" ] || exit 0

uv=$(command -v uv || echo .venv-bootstrap/bin/uv)
"$uv" venv --quiet --clear --python .venv/bin/python $place
"$uv" pip sync --quiet --require-hashes --compile-bytecode --python $place/bin/python $pinned
# The standard's own examples are only in the source distribution, which is read and never run.
grep -A 9 '^open-data-contract-standard==' $pinned | awk 'NR == 1 || /^ / {print; next} {exit}' \
  >$place/standard.txt
$place/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --no-build-isolation \
  --no-binary :all: --require-hashes --requirement $place/standard.txt --dest $place/sources
tar -xzf $place/sources/open_data_contract_standard-*.tar.gz -C $place/sources
touch "$stamp"

"""The compose file and the image: no container engine is needed to check what can be checked."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_compose_file_follows_the_compose_schema() -> None:
    checked = subprocess.run(
        [
            sys.executable, "-m", "check_jsonschema",
            "--builtin-schema", "vendor.compose-spec", str(COMPOSE),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_schema_check_can_fail(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text("services:\n  web:\n    imagee: nginx\n")

    checked = subprocess.run(
        [
            sys.executable, "-m", "check_jsonschema",
            "--builtin-schema", "vendor.compose-spec", str(broken),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert checked.returncode == 1


def test_compose_offers_every_part_of_the_platform() -> None:
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]

    assert set(services) == {
        "marketplace", "dagster-webserver", "dagster-daemon", "postgres", "object-storage",
    }  # fmt: skip


@pytest.mark.requirement("SEC-03")
def test_compose_has_no_secret_of_its_own() -> None:
    text = COMPOSE.read_text(encoding="utf-8")
    secrets = re.findall(r"^\s*(\w*(?:PASSWORD|SECRET|KEY)\w*): *(\S.*)$", text, re.MULTILINE)

    assert len(secrets) >= 4
    assert [name for name, value in secrets if not value.startswith("${")] == []


def test_the_image_copies_what_it_needs() -> None:
    copied = re.findall(r"^COPY (.+) (\S+)$", DOCKERFILE, re.MULTILINE)
    names = [name for sources, _ in copied for name in sources.split()]

    assert [name for name in names if not (ROOT / name).exists()] == []


@pytest.mark.slow
def test_the_images_steps_build_a_marketplace_that_starts(tmp_path: Path) -> None:
    """COPY and `make setup` in an empty folder, as the Dockerfile says, then its command's help."""
    for sources, target in re.findall(r"^COPY (.+) (\S+)$", DOCKERFILE, re.MULTILINE):
        for name in sources.split():
            source = ROOT / name
            where = tmp_path / (name if target == "./" else target)
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "build", "target")
                shutil.copytree(source, where, ignore=ignored)
            else:
                shutil.copyfile(source, where)
                where.chmod(source.stat().st_mode)
    steps = re.findall(r"^RUN (make .+)$", DOCKERFILE, re.MULTILINE)
    assert steps == ["make setup"]

    built = subprocess.run(
        steps[0].split(), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    helped = subprocess.run(
        [tmp_path / ".venv" / "bin" / "marketplace", "--help"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "audit" in helped.stdout

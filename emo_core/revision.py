"""Which workbench made a number."""

import os
import subprocess
import tomllib
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def revision() -> str:
    """Which workbench this is: what git calls the commit, with `-dirty` where files were changed; else the version."""
    asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"]
    nowhere_else = os.environ | {"GIT_CEILING_DIRECTORIES": str(ROOT.parent)}  # a repository around it is another's
    with suppress(OSError):  # no git on this machine
        told = subprocess.run(asked, capture_output=True, text=True, check=False, env=nowhere_else).stdout.strip()
        if told:
            return told
    return f"version {tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']['version']}"

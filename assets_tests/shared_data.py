"""Real rows and published values that lie beside the project, for tests that skip where they do not."""

import os
from pathlib import Path

import pytest

# not BUTTER_SHARED_DATA: the settings refuse what they do not know
FOLDER = Path(os.environ.get("SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")


def shared_data(*parts: str) -> Path:
    """A file or folder of the shared data; the calling test is skipped where it is not there."""
    path = FOLDER.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{'/'.join(parts)} is not in the shared data; SHARED_DATA names its folder")
    return path

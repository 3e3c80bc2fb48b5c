"""What `butter doctor` says of the source of candidates before anybody asks it."""

from pathlib import Path

import pytest

from butter_pipeline.operations import doctor
from butter_pipeline.settings import Settings

ITEM = '{"symbol": "AAA", "list": "long", "confidence": 0.5, "reasoning": "why"}'
WELL = f'[{{"session": "2024-03-05", "candidates": [{ITEM}]}}]'


def told(**settings: object) -> tuple[bool, str]:
    found = doctor._candidates(Settings.model_validate(settings))
    return found.ok, found.found


def test_a_file_of_candidates_is_read_and_told_with_its_sessions(tmp_path: Path) -> None:
    path = tmp_path / "picks.json"
    path.write_text(WELL, encoding="utf-8-sig")
    assert told(candidates_file=path) == (True, "file-picks: 1 sessions, 2024-03-05 to 2024-03-05")
    path.write_text("[]")
    assert told(candidates_file=path) == (True, "file-picks: no candidates")


@pytest.mark.parametrize("content", ["{", "{}", "[1]"])
def test_a_file_of_candidates_that_cannot_be_read_is_found_out(tmp_path: Path, content: str) -> None:
    path = tmp_path / "picks.json"
    path.write_text(content)
    well, found = told(candidates_file=path)
    assert not well and found.startswith(f"{path}: ")
    assert told(candidates_file=tmp_path / "none.csv")[1].startswith(f"{tmp_path / 'none.csv'}: no such file; set")


@pytest.mark.parametrize("url", ["api.example.org/v1", "ftp://example.org", "https://", "http://[::1", "http://a:b/v1"])
def test_an_address_of_candidates_that_is_none_is_found_out(url: str) -> None:
    well, found = told(candidates_url=url, candidates_model="m")
    assert (well, found) == (False, f"BUTTER_CANDIDATES_URL: {url!r} is no address; set it to https://.../v1")


def test_an_address_of_candidates_is_told_without_its_password() -> None:
    found = told(candidates_url="https://ann:secret@example.org:8443/v1", candidates_model="m")
    assert found == (True, "chat-m: https://example.org:8443/v1 (not asked)")
    assert told() == (True, "no source is configured")

"""Configurations: hashed by their meaning, and one line when something is wrong with a file."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from butter_pipeline import configs
from butter_pipeline.configs import ConfigError, hash_of, load
from butter_pipeline.settings import PROJECT_ROOT, settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of configurations of the test's own."""
    monkeypatch.setenv("BUTTER_CONFIGS", str(tmp_path))
    settings.cache_clear()
    configs.load.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    settings.cache_clear()
    configs.load.cache_clear()


def test_comments_and_order_do_not_count(folder: Path) -> None:
    (folder / "one.yml").write_text("a: 1 # first\nb: [1, 2]\nc: {x: 2024-03-05, y: null}\n")
    (folder / "two.yml").write_text("# another\nc: {y: ~, x: 2024-03-05}\n\nb:\n  - 1\n  - 2\na: 1\n")
    assert load("one").hash == load("two").hash == hash_of(load("one").values)
    assert load("one").name == "one"
    assert len(load("one").hash) == 16


@pytest.mark.parametrize(
    "text", ["a: 2", "a: '1'", "a: 1.0", "a: true", "a: [1]", "a: null", "b: 1", "a: 1\nb: 1", "{}", "a: {a: 1}"]
)
def test_another_meaning_has_another_hash(folder: Path, text: str) -> None:
    (folder / "one.yml").write_text("a: 1")
    (folder / "two.yml").write_text(text)
    assert load("one").hash != load("two").hash


def test_the_hash_of_literal_values_stays() -> None:
    assert (
        hash_of({"b": [1, 2.5, None], "a": "x"})
        == sha256(b'{"a":"x","b":[1,2.5,null]}').hexdigest()[:16]
        == "ce74053d7a9997b7"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "not valid YAML: while parsing a flow sequence"),
        ("a: 1\n\tb: 2", "not valid YAML: while scanning"),
        ("- 1\n- 2", "must hold a mapping, holds list"),
        ("just words", "must hold a mapping, holds str"),
        ("", "must hold a mapping, holds NoneType"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_in_one_line(folder: Path, text: str, message: str) -> None:
    (folder / "broken.yml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load("broken")
    assert str(caught.value).startswith(f"{folder / 'broken.yml'}: {message}")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named_with_its_remedy(folder: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"absent.yml: no such configuration; restore it or set BUTTER_CONFIGS [^\n]*$"
    ):
        load("absent")


@pytest.mark.parametrize("path", sorted((PROJECT_ROOT / "configs").glob("*.yml")), ids=lambda path: path.stem)
def test_every_delivered_configuration_loads(path: Path) -> None:
    assert load(path.stem).values

"""Compiled code: kept on disk for this source alone, and never in the way of what starts fast."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import butter_pipeline

PROGRAM = """
import numpy as np
from butter_pipeline.options.black_scholes import Contracts, price
from butter_pipeline.options.kernels import black
print(price(Contracts(np.array([True]), *(np.array([x]) for x in (100.0, 95.0, 0.5, 0.2))))[0])
print(sum(black.prices.stats.cache_hits.values()))
"""


def run(program: str, tree: Path, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(tree)} | environment,
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


def test_definitions_and_prices_tables_load_without_the_compiler() -> None:
    tree = Path(butter_pipeline.__file__).parents[1]
    program = """
import sys
import butter_pipeline.options.american, butter_pipeline.options.butterfly, butter_pipeline.options.dividends
import butter_pipeline.opportunities.butterflies
print("numba" in sys.modules)
"""
    assert run(program, tree) == ["False"]


@pytest.mark.slow
def test_what_is_kept_is_used_again_until_any_file_beneath_it_changes(tmp_path: Path) -> None:
    source, without = Path(butter_pipeline.__file__).parent, shutil.ignore_patterns("__pycache__")
    shutil.copytree(source / "options", tmp_path / "butter_pipeline" / "options", ignore=without)
    shutil.copy(source / "__init__.py", tmp_path / "butter_pipeline")
    value, hits = run(PROGRAM, tmp_path)
    assert hits == "0"
    assert run(PROGRAM, tmp_path) == [value, "1"]
    normal = tmp_path / "butter_pipeline" / "options" / "kernels" / "normal.py"
    normal.write_text(normal.read_text().replace("PER_ROOT_2PI = 0.3989422804014327", "PER_ROOT_2PI = 0.5"))
    other, hits = run(PROGRAM, tmp_path)
    assert (other != value, hits) == (True, "0")


@pytest.mark.slow
def test_what_cannot_be_kept_is_compiled_all_the_same(tmp_path: Path) -> None:
    nowhere = "numba.core.caching.CacheImpl._locator_classes = []\n"
    tree = Path(butter_pipeline.__file__).parents[1]
    value, hits = run("import numba\n" + nowhere + PROGRAM, tree)
    assert (float(value) > 0.0, hits) == (True, "0")

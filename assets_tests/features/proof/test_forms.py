"""Files of functions as users write them: which are judged, how they are called, and what cannot be."""

from pathlib import Path

import pytest

from butter_pipeline.features.proof.foreign import many
from butter_pipeline.features.proof.foreign.calling.module import NoModule
from butter_pipeline.features.proof.foreign.verdict import CLEAN, FAILED, LEAK, Verdict


def judged(folder: Path, source: str) -> dict[str, Verdict]:
    file = folder / "mine.py"
    file.write_text(source)
    return {each.name: each for each in many.judge_all(many.tasks(file, 0.0), workers=1)}


SPELLINGS = [
    ("def f(df): return df['Close'].{}", "bars"),
    ("def f(frame): return frame.set_index('Date')['Adj Close'].{}", "bars"),
    ("def f(data): return data.sort_values('timestamp')['price'].{}", "bars"),
    ("def f(close): return close.{}", "close"),
    ("def f(px: 'pd.Series'): return px.{}", "close"),
    ("def f(panel): return panel.groupby('ticker')['close'].{}", "panel"),
    ("def f(df): return df.groupby('symbol')['volume'].{}", "panel"),
    ("def f(panel): return panel.set_index(['symbol', 'date']).groupby(level=0)['close'].{}", "panel"),
    ("def f(wide): return wide.{}", "wide"),
    ("def f(minutes): return minutes['close'].{}", "intraday"),
    ("def f(df): return {{'a': df['close'].{}}}", "bars"),
    ("def f(df): return df[['open', 'close']].{}", "bars"),
    ("def f(df): return df.reset_index()['close'].{}", "bars"),
    ("def f(df): return df['close'].{}.tolist()", "bars"),
    ("def f(df): return df['close'].{}.to_numpy()", "bars"),
    ("f = lambda df: df['close'].{}", "bars"),
    ("class f:\n    def compute(self, df): return df['close'].{}", "bars"),
]


@pytest.mark.parametrize(("source", "shape"), SPELLINGS)
def test_a_function_is_called_as_it_is_written(tmp_path: Path, source: str, shape: str) -> None:
    for back, outcome in (("shift(1)", CLEAN), ("shift(-1)", LEAK)):
        (verdict,) = judged(tmp_path, source.format(back)).values()
        assert verdict.outcome == outcome, verdict
        assert f": {shape}" in verdict.form


def test_arrays_and_lists_are_given_where_they_are_asked_for(tmp_path: Path) -> None:
    found = judged(
        tmp_path,
        "import numpy as np\n"
        "def back(high: np.ndarray, low: np.ndarray): return np.append(np.nan, high[:-1] - low[:-1])\n"
        "def ahead(high: np.ndarray, low: np.ndarray): return np.append(high[1:] - low[1:], np.nan)\n"
        "def short(close: np.ndarray): return np.diff(close)\n"
        "def listed(close: list[float]) -> list[float]: return [each / close[-1] for each in close]\n",
    )
    assert {name: each.outcome for name, each in found.items()} == {
        "back": CLEAN,
        "ahead": LEAK,
        "short": CLEAN,
        "listed": LEAK,
    }


def test_helpers_imports_and_constants_are_not_judged(tmp_path: Path) -> None:
    found = judged(
        tmp_path,
        "from math import sqrt\nimport pandas as pd\nSPAN = 3\n"
        "def _ahead(df): return df['close'].shift(-1)\n"
        "def behind(df): return df['close'].shift(SPAN)\n",
    )
    assert list(found) == ["behind"]


def test_what_raises_is_told_for_itself_alone(tmp_path: Path) -> None:
    found = judged(
        tmp_path,
        "def broken(df): raise RuntimeError('no such column\\nat all')\n"
        "def strange(foo, bar, baz): return foo.nothing\n"
        "def silent(df): df['close']\n"
        "def fine(df): return df['close']\n",
    )
    assert {name: each.outcome for name, each in found.items()} == {
        "broken": FAILED,
        "strange": FAILED,
        "silent": FAILED,
        "fine": CLEAN,
    }
    assert found["broken"].error == "RuntimeError: no such column at all"


def test_rare_conditions_are_met(tmp_path: Path) -> None:
    found = judged(
        tmp_path,
        "import pandas as pd\n"
        "def by_name(df):\n"
        "    r = df['close'].pct_change(fill_method=None)\n"
        "    return r.shift(-1) if (df['symbol'] == 'NFLX').any() else r\n"
        "def by_length(df):\n"
        "    return df['close'].rolling(3, center=len(df) > 700).mean()\n"
        "def by_last(df):\n"
        "    return df['close'] / (df['close'].mean() if df['volume'].iloc[-1] > 1e8 else df['close'].iloc[0])\n",
    )
    assert {each.outcome for each in found.values()} <= {LEAK, CLEAN}
    assert found["by_length"].outcome == found["by_last"].outcome == LEAK


def test_what_is_fitted_is_judged_by_what_it_makes_of_later_rows(tmp_path: Path) -> None:
    found = judged(
        tmp_path,
        "class Kept:\n"
        "    def fit(self, X): self.m = X.mean(); return self\n"
        "    def transform(self, X): return X - self.m\n"
        "class Batch:\n"
        "    def fit(self, X): return self\n"
        "    def transform(self, X): return X - X.mean()\n"
        "class Grows:\n"
        "    def fit(self, X): self.m = 0.0; return self\n"
        "    def transform(self, X): return X.cummax() / X.max().max()\n",
    )
    assert [each.outcome for each in found.values()] == [CLEAN, LEAK, LEAK]


def test_the_house_form_is_judged_through_its_windows(tmp_path: Path) -> None:
    found = judged(
        tmp_path,
        "from butter_pipeline.features.registry import feature\n"
        "from butter_pipeline.features.smoothing import latest, mean\n"
        "@feature(('bars.close',), 20, 'ratio')\n"
        "def own(bars):\n    '''Own.'''\n    return latest(bars['bars.close']) / mean(bars['bars.close'])\n"
        "@feature(('bars.close',), 20, 'ratio')\n"
        "def batch(bars):\n    '''Batch.'''\n    c = latest(bars['bars.close'])\n    return c - c[c == c].mean()\n"
        "@feature(('context.vol_index',), 1, 'ratio')\n"
        "def beside(view):\n    '''Beside.'''\n    return latest(view['context.vol_index'])\n",
    )
    assert [each.outcome for each in found.values()] == [CLEAN, LEAK, CLEAN]


def test_a_file_that_is_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_text("2.0")
    source = (
        f"def f(df):\n    with open({str(tmp_path / 'answers.csv')!r}) as file: return df['close'] * float(file.read())"
    )
    (verdict,) = judged(tmp_path, source).values()
    assert verdict.kind == "reads something beside its inputs" and "answers.csv" in str(verdict.finding)


def test_writing_into_the_frame_is_remarked_and_no_leak(tmp_path: Path) -> None:
    (verdict,) = judged(tmp_path, "def f(df):\n    df['r'] = df['close'].diff()\n    return df['r']").values()
    assert verdict.outcome == CLEAN and verdict.remarks == ("changes its DataFrame in place",)


def test_rounding_that_depends_on_the_length_is_no_leak_and_a_tiny_weight_is(tmp_path: Path) -> None:
    found = judged(
        tmp_path,
        "import numpy as np\nfrom scipy.signal import fftconvolve\n"
        "def rounds(close):\n    x = close.ffill().fillna(0.0).to_numpy()\n"
        "    return fftconvolve(x, np.ones(30) / 30)[: len(x)]\n"
        "def tiny(close): return close.rolling(3).mean() + 1e-11 * close.shift(-1).fillna(0.0)\n",
    )
    assert [each.outcome for each in found.values()] == [CLEAN, LEAK]


@pytest.mark.parametrize(
    ("source", "said"),
    [("def f(:", "line 1: is no Python"), ("import no_such_module_x", "could not be loaded: ModuleNotFoundError")],
)
def test_a_file_that_is_no_module_is_one_line(tmp_path: Path, source: str, said: str) -> None:
    with pytest.raises(NoModule, match=said) as refused:
        judged(tmp_path, source)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(NoModule, match=r"none\.py: cannot be read: No such file"):
        many.tasks(tmp_path / "none.py", 0.0)

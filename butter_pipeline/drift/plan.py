"""What is watched and when it is an alert: the meaning of configs/drift.yml, where each figure is explained.

What belongs here: frozen values and their checks, and how much history they ask for. What does not: reading the
file (`configs`), and what is done with the figures (`reference`, `report`, `verdict`, `performance`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from butter_pipeline.errors import ButterError

DISTANCES = ("wasserstein", "jensenshannon", "psi")
"""Statistics of Evidently that grow with the difference; p-values shrink with it and cannot be set against a ratio."""

LONGEST_MONTH_SESSIONS = 23


@dataclass(frozen=True)
class Calibration:
    """How thresholds come from history."""

    history_sessions: int
    every_sessions: int
    least_distance: float
    safety: float


@dataclass(frozen=True)
class AlertRule:
    """When reports make an alert."""

    columns: int
    sessions: int
    cool_down_sessions: int


@dataclass(frozen=True)
class PerformanceTerms:
    """Over what predictions are judged."""

    window_sessions: int
    tolerance_pct: float
    least_predictions: int


@dataclass(frozen=True)
class Plan:
    """Everything that configs/drift.yml states."""

    columns: tuple[str, ...]
    method: str
    reference_sessions: int
    window_sessions: int
    usable_pct: float
    calibration: Calibration
    alert: AlertRule
    performance: PerformanceTerms

    @property
    def lookback_sessions(self) -> int:
        """Sessions before one to be reported on that its report may rest on, by way of reference and thresholds."""
        return 2 * self.reference_sessions + 2 * self.window_sessions + LONGEST_MONTH_SESSIONS


def plan_from_config(values: Mapping[str, Any]) -> Plan:
    """The plan that a configuration states; it must state all of it and nothing else."""
    root = _Section(values, "")
    columns = values.get("columns")
    if not isinstance(columns, list) or not columns or not all(isinstance(each, str) for each in columns):
        raise ButterError(f"drift.yml: columns must be a list of column names, was {columns!r}; set it right")
    if len(set(columns)) != len(columns):
        raise ButterError(f"drift.yml: columns must differ, were {columns!r}; name each once")
    if values.get("method") not in DISTANCES:
        raise ButterError(f"drift.yml: method must be one of {', '.join(DISTANCES)}, was {values.get('method')!r}")
    calibration, alert, performance = root.section("calibration"), root.section("alert"), root.section("performance")
    plan = Plan(
        columns=tuple(columns),
        method=values["method"],
        reference_sessions=root.whole("reference_sessions"),
        window_sessions=root.whole("window_sessions"),
        usable_pct=root.number("usable_pct"),
        calibration=Calibration(
            history_sessions=calibration.whole("history_sessions"),
            every_sessions=calibration.whole("every_sessions"),
            least_distance=calibration.number("least_distance"),
            safety=calibration.number("safety"),
        ),
        alert=AlertRule(alert.whole("columns"), alert.whole("sessions"), alert.whole("cool_down_sessions")),
        performance=PerformanceTerms(
            performance.whole("window_sessions"),
            performance.number("tolerance_pct"),
            performance.whole("least_predictions"),
        ),
    )
    root.refuse_others({"columns", "method", "calibration", "alert", "performance"})
    for section in (calibration, alert, performance):
        section.refuse_others(set())
    return plan


class _Section:
    """A mapping of the configuration, whose every key must be asked for."""

    def __init__(self, values: Mapping[str, Any], path: str) -> None:
        self._values, self._path = values, path
        self._asked: set[str] = set()

    def section(self, key: str) -> "_Section":
        found = self._values.get(key)
        if not isinstance(found, dict):
            raise ButterError(f"drift.yml: {self._path}{key} must be a section, was {found!r}; set it right")
        return _Section(found, f"{self._path}{key}.")

    def number(self, key: str) -> float:
        self._asked.add(key)
        found = self._values.get(key)
        if isinstance(found, bool) or not isinstance(found, int | float) or not found > 0:
            raise ButterError(f"drift.yml: {self._path}{key} must be a number above 0, was {found!r}; set it right")
        return float(found)

    def whole(self, key: str) -> int:
        found = self.number(key)
        if found != int(found):
            raise ButterError(f"drift.yml: {self._path}{key} must be a whole number, was {found!r}; set it right")
        return int(found)

    def refuse_others(self, known: set[str]) -> None:
        for key in self._values:
            if key not in self._asked | known:
                raise ButterError(f"drift.yml: {self._path}{key} is not known; remove it or mend its name")

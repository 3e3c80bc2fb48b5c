"""The delivered market, on dates of the tests' own: they use a calendar of plain weekdays."""

from datetime import date
from pathlib import Path
from typing import Any

import yaml

from butter_pipeline.market.simulator.world import world_from_config

FILE = Path(__file__).parents[3] / "configs" / "simulator.yml"
CONFIG: dict[str, Any] = yaml.safe_load(FILE.read_text()) | {
    "first_session": date(2023, 1, 3),
    "break_session": date(2025, 9, 2),
}
WORLD = world_from_config(CONFIG)

"""Making labels, and dbt's project with something wrong in it."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from assets_tests.labels.dbt_house import database, database_of_all, project
from assets_tests.labels.label_worlds import RULES, run
from butter_pipeline.frame import Frame
from butter_pipeline.labels.build import Project
from butter_pipeline.labels.sessions import Model, make
from butter_pipeline.store import Store

__all__ = ["broken", "database", "database_of_all", "matured", "project"]


@pytest.fixture
def matured(database: Store, project: Project) -> Callable[..., None]:
    """Make labels of sessions, as a run that received everything by then would."""

    def _matured(frame: Frame, *sessions: date, received_at: datetime | None = None, rules: object = RULES) -> None:
        model = Model(frame, (), 8, rules.settings)  # type: ignore[attr-defined]
        make(database, model, sessions, run(received_at) if received_at else run(), project)

    return _matured


@pytest.fixture
def broken(tmp_path: Path) -> Callable[[str, str], Project]:
    """A copy of dbt's project in which one file says something else."""
    import shutil

    from butter_pipeline.labels.project import SOURCES

    def _broken(file: str, text: str) -> Project:
        copy = tmp_path / "broken"
        shutil.copytree(SOURCES, copy, ignore=shutil.ignore_patterns("target", "logs"))
        (copy / file).write_text(text)
        return Project(tmp_path / "dbt", copy)

    return _broken

"""dbt's project against what the house says elsewhere: frames, checks, and the tables as they come out."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from assets_tests.labels.label_worlds import MATURES, RULES, run
from butter_pipeline.frame import Frame
from butter_pipeline.labels.build import Asked, Project, _environment, _invoke, _options, build
from butter_pipeline.labels.frames import BUTTERFLY_OUTCOMES, SIGNAL_OUTCOMES
from butter_pipeline.labels.project import SOURCES, _promises, promises, select, version
from butter_pipeline.marts.frames import ARM_PERFORMANCE, CALIBRATION, LOOK_BACK_SESSIONS, SESSION_COVERAGE
from butter_pipeline.store import Store

FRAMES = (BUTTERFLY_OUTCOMES, SIGNAL_OUTCOMES, ARM_PERFORMANCE, CALIBRATION, SESSION_COVERAGE)
TYPES = {
    "string": "text",
    "double": "double precision",
    "int64": "bigint",
    "date32[day]": "date",
    "bool": "boolean",
    "timestamp[us, tz=UTC]": "timestamptz",
}
PROVENANCE = ["code_version", "config_hash", "recorded_at"]


def described(frame: Frame) -> list[dict[str, Any]]:
    file = SOURCES / "models" / frame.stage / f"{frame.stage}.yml"
    (found,) = [entry for entry in yaml.safe_load(file.read_text())["models"] if entry["name"] == frame.name]
    return list(found["columns"])


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.table)
def test_dbt_describes_the_columns_of_the_frame_in_its_order_and_words(frame: Frame) -> None:
    told = [(c["name"], c["data_type"], c["description"]) for c in described(frame)]
    columns = [(f.name, TYPES[str(f.type)], f.metadata[b"doc"].decode()) for f in frame.schema]
    kept = [] if frame is SESSION_COVERAGE else PROVENANCE
    assert told[0][:2] == ("vendor", "text")
    assert told[1 : len(columns) + 1] == columns
    assert [name for name, _, _ in told[len(columns) + 1 :]] == kept


def test_promises_are_read_without_dbt_and_fast() -> None:
    _promises.cache_clear()
    start = time.perf_counter()
    names = [promise.name for frame in FRAMES for promise in promises(frame.name)]
    assert time.perf_counter() - start < 0.1
    assert len(names) == len(set(names)) > 20
    assert all(len(p.description.split()) > 4 for frame in FRAMES for p in promises(frame.name))


def test_the_version_changes_with_the_sql(tmp_path: Path) -> None:
    for folder in ("models/labels", "target"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "models/labels/a.sql").write_text("select 1")
    first = version(tmp_path)
    version.cache_clear()
    (tmp_path / "target/b.sql").write_text("select 2")
    assert version(tmp_path) == first
    version.cache_clear()
    (tmp_path / "models/labels/a.sql").write_text("select 2")
    assert version(tmp_path) != first


TABLE_COLUMNS = """\
select a.attname, format_type(a.atttypid, a.atttypmod), coalesce(l.collname, '')
from pg_attribute a left join pg_collation l on l.oid = a.attcollation
where a.attrelid = %s::regclass and a.attnum > 0"""


@pytest.mark.database
def test_tables_come_out_as_the_frames_say_and_every_promise_is_a_test_that_dbt_ran(
    database: Store, project: Project
) -> None:
    asked = Asked((MATURES,), run(), max(LOOK_BACK_SESSIONS.values()), RULES.settings)
    results = build(database, [node for frame in FRAMES for node in select(frame.name)], asked, project)
    promised = {promise.name for frame in FRAMES for promise in promises(frame.name)}
    assert {result.node for result in results if result.kind == "test"} == promised
    for frame in FRAMES:
        with database.engine.connect() as connection:
            columns = connection.exec_driver_sql(TABLE_COLUMNS, (frame.table,)).all()
        told = [
            (c["name"], c["data_type"].replace("timestamptz", "timestamp with time zone")) for c in described(frame)
        ]
        assert sorted((name, kind) for name, kind, _ in columns) == sorted(told), frame.table
        texts = {collation for name, kind, collation in columns if name in frame.key and kind == "text"}
        assert texts <= {"C"}, frame.table


@pytest.mark.database
@pytest.mark.slow
def test_dbt_called_by_hand_makes_every_table_and_adds_no_row(database: Store, project: Project) -> None:
    with _environment(database.url):
        said = _invoke(["build", *_options(project)], None, None)
    assert said.success, said.exception
    with database.engine.connect() as connection:
        for frame in FRAMES:
            count = connection.exec_driver_sql(f"select count(*) from {frame.table} where vendor is null").scalar()
            assert count == 0, frame.table

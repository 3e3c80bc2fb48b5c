"""What a demo has to tell: the break, the alert, the retraining, the decisions; and claims with their proof.

What belongs here: reading that from the ledgers, as plain values, and the sentences. What does not: making it.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from butter_pipeline.settings import Settings
    from butter_pipeline.store import Store

ALERT = "select min(session) as session from drift.alerts where vendor = :vendor"
RETRAINED = """\
select i.vintage_session, count(*) as runs from drift.retraining_intents i join drift.intent_events e using (intent_id)
where i.vendor = :vendor and i.alert_id is not null and e.state = 'finished' group by i.vintage_session order by 1"""
CHALLENGER = """\
select m.model_id from registry.models m join drift.alerts a on a.vendor = m.vendor and a.session = m.vintage_session
where m.vendor = :vendor order by a.session, m.model_id limit 1"""
DECIDED = """\
select arm, count(*) filter (where action <> 'skip') as taken, count(*) as decisions
from trading.decisions where vendor = :vendor group by arm order by arm"""
EXECUTED = "select arm, count(*) as executions from trading.executions where vendor = :vendor group by arm order by arm"
STANDING = """\
select production_model_id from registry.standing where vendor = :vendor order by session desc, available_at desc
limit 1"""


@dataclass(frozen=True)
class Claim:
    """Something the demo did, and the command that shows it."""

    says: str
    shown_by: str


def told(store: "Store", vendor: str, settings: "Settings") -> dict[str, Any]:
    """What happened in this market: drift, decisions and executions per arm."""
    decided = {row["arm"]: row for row in _rows(store, DECIDED, vendor)}
    retrained = _rows(store, RETRAINED, vendor)
    return {
        "drift": {
            "break_session": _break_session(settings),
            "alert_session": _first(store, ALERT, vendor),
            "retrain_runs": sum(row["runs"] for row in retrained),
            "challenger": _first(store, CHALLENGER, vendor),
        },
        "decisions": {arm: row["decisions"] for arm, row in decided.items()},
        "taken": {arm: row["taken"] for arm, row in decided.items()},
        "executions": {row["arm"]: row["executions"] for row in _rows(store, EXECUTED, vendor)},
        "production_model": _first(store, STANDING, vendor),
    }


def claims(report: dict[str, Any], vendor: str) -> list[Claim]:
    """What a demo did, in sentences, each with the command that shows it."""
    stages, mine = report["stages"], f"vendor = '{vendor}'"
    rows = sum(stage["rows"] for stage in stages.values())
    return [
        Claim(
            f"{report['sessions']} sessions of {report['symbols']} symbols went through {len(stages)} stages: "
            f"{rows:,} rows",
            _query(f"select asset, count(*), sum(rows) from operations.latest_outcomes where {mine} group by 1"),
        ),
        Claim(
            f"two such runs are equal to the bit; this one is {report['content_hash'][:16]}",
            "butter demo --again --json",
        ),
        Claim(
            _drift_sentence(report["drift"]),
            _query(f"select session, kind, statistic, threshold from drift.alerts where {mine}"),
        ),
        Claim(
            f"decisions: {_per_arm(report['decisions'])}; executions: {_per_arm(report['executions'])}; within limits",
            _query(f"select arm, action, count(*) from trading.decisions where {mine} group by 1, 2 order by 1, 2"),
        ),
        Claim(
            "both arms side by side: equity, drawdown, win rate, Sharpe with its error",
            _query(f"select * from marts.arm_performance where {mine} order by session desc limit 2"),
        ),
        Claim(
            "models are judged out of sample, as lift over the market's own probability",
            _query(f"select version, metrics_json from registry.models where {mine} order by version desc limit 3"),
        ),
        Claim("the whole lineage in the browser, with pictures", "butter up"),
    ]


def _query(sql: str) -> str:
    return f'butter query "{sql}"'


def _drift_sentence(drift: dict[str, Any]) -> str:
    if drift["alert_session"] is None:
        broke = f"the market broke on {drift['break_session']}" if drift["break_session"] else "the market never broke"
        return f"{broke}, and no drift alert was raised"
    runs = f"{drift['retrain_runs']} retraining run{'s' if drift['retrain_runs'] != 1 else ''}"
    challenger = f", the challenger {drift['challenger'][:12]} is in the registry" if drift["challenger"] else ""
    return (
        f"the market broke on {drift['break_session']}, the alert came on {drift['alert_session']}: {runs}{challenger}"
    )


def _per_arm(counts: dict[str, int]) -> str:
    return ", ".join(f"{arm} {count:,}" for arm, count in counts.items()) or "none"


def _break_session(settings: "Settings") -> date | None:
    """When the embedded market breaks, if it does; nobody knows of a user's own."""
    if settings.vendor != "simulator":
        return None
    from butter_pipeline.market.vendors import vendor_from_settings

    found: date | None = getattr(vendor_from_settings(settings), "break_session", None)
    return found


def _rows(store: "Store", query: str, vendor: str) -> list[dict[str, Any]]:
    from sqlalchemy import text

    with store.engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(query), {"vendor": vendor}).mappings()]


def _first(store: "Store", query: str, vendor: str) -> Any:
    rows = _rows(store, query, vendor)
    return next(iter(rows[0].values())) if rows else None

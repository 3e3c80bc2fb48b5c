import dagster as dg
import pytest

from butter_pipeline.defs.operations.launch import consecutive_vintages, selected
from butter_pipeline.defs.operations.turns import turns
from butter_pipeline.defs.partitions import VINTAGES


def named(keys: object) -> list[str]:
    return [key.to_user_string() for key in keys]  # type: ignore[attr-defined]


def test_history_makes_first_what_knows_no_model_then_models_then_what_stands_on_them(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    found = turns(graph, selected(definitions, "*"))
    before = {"market/bars", "features/matrix", "labels/butterfly_outcomes", "policy/weights", "drift/report"}
    assert before <= set(named(found.before_models))
    assert set(named(found.vintages)) == {"learning/dataset", "learning/success"}
    assert {"registry/standing", "trading/predictions", "trading/decisions", "marts/arm_performance"} <= set(
        named(found.on_models)
    )
    everything = [*found.before_models, *found.aside, *found.vintages, *found.on_models, *found.whole]
    assert sorted(named(everything)) == sorted(named(selected(definitions, "*")))


def test_what_is_made_aside_is_waited_for_by_nothing_that_is_cut_by_session(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    found = turns(graph, selected(definitions, "*"))
    assert {"market/surfaces", "features/patterns"} <= set(named(found.aside))
    for key in found.aside:
        behind = dg.AssetSelection.assets(key).downstream(include_self=False).resolve(graph)
        assert behind <= {*found.aside, *found.whole}, key
    assert turns(graph, found.aside).aside == [] and set(turns(graph, found.aside).before_models) == set(found.aside)


def test_no_asset_comes_before_one_that_it_depends_on(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    found = turns(graph, selected(definitions, "*"))
    order = [*found.before_models, *found.aside, *found.vintages, *found.on_models, *found.whole]
    for place, key in enumerate(order):
        for parent in graph.get(key).parent_keys & set(order) - {key}:
            assert order.index(parent) < place, (key, parent)


@pytest.mark.parametrize(
    ("there", "wanted", "ranges"),
    [
        ([], ["2024-10-31", "2024-11-29"], [("2024-10-31", "2024-11-29")]),
        (["2024-10-31"], ["2024-11-29", "2024-12-31"], [("2024-11-29", "2024-12-31")]),
        (
            ["2024-10-31", "2024-11-29", "2024-12-31"],
            ["2024-10-31", "2024-12-31"],
            [("2024-10-31", "2024-10-31"), ("2024-12-31", "2024-12-31")],
        ),
        (["2024-10-31", "2024-11-12"], ["2024-11-29"], [("2024-11-29", "2024-11-29")]),
    ],
)
def test_vintages_are_made_in_as_few_runs_as_their_order_allows(
    instance: dg.DagsterInstance, there: list[str], wanted: list[str], ranges: list[tuple[str, str]]
) -> None:
    from datetime import date

    instance.add_dynamic_partitions(VINTAGES.name or "", there)
    found = consecutive_vintages(instance, {date.fromisoformat(day) for day in wanted})
    assert [(str(first), str(last)) for first, last in found] == ranges
    assert set(wanted) <= set(instance.get_dynamic_partitions(VINTAGES.name or ""))

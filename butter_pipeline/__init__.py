"""butter_pipeline: market data, features, labels, models, drift and trading decisions in one lineage.

The stages, in the order data flows:

market         sessions, bars, chains, context, from any vendor or from the embedded market

Libraries that stages share: store (PostgreSQL and the lake). Skins: defs (Dagster) and cli
(`butter`). docs/architecture.md shows the whole plan, with the stages that are still to come.
"""

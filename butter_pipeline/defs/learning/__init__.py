"""The learning stage in Dagster: a vintage's dataset and model, and the schedule that asks for one every month."""

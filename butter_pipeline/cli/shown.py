"""What every command shares: the application that it joins, its `--json`, and how it answers.

What belongs here: what more than one subject's commands use. What does not: any command.
"""

import json
import sys
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console

from butter_pipeline.errors import ButterError

app = typer.Typer(
    help="Market data, features, labels, models, drift and decisions in one Dagster lineage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
say = Console(stderr=True, highlight=False, soft_wrap=True)

Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON object on standard output.")]


class Failed(ButterError):
    """The answer says what failed; nothing more to print."""


def answer(as_json: bool, value: dict[str, Any], text: Callable[[], Any]) -> None:
    """Answer with an object, or with what a person reads."""
    if as_json:
        sys.stdout.write(json.dumps(value, default=str) + "\n")
    else:
        Console(highlight=False, soft_wrap=True).print(text())


def day(value: str) -> date:
    """A date as an option's value."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise typer.BadParameter(f"{value!r} is no date; write it as 2024-03-05") from None

"""Pictures: PNG bytes, equal for equal tables, other ones for others."""

from assets_tests.opportunities.tiny import ANALYZER, SPAN, chain, features, table
from butter_pipeline.opportunities import pictures
from butter_pipeline.opportunities.butterflies import butterflies
from butter_pipeline.opportunities.frames import SIGNALS

PNG = b"\x89PNG\r\n\x1a\n"


def test_butterflies_are_drawn_the_same_twice_and_others_differ() -> None:
    one, other = (butterflies(table(chain(ahead=ahead)), features(), SPAN, ANALYZER) for ahead in (8, 12))
    for draw in (pictures.best, pictures.score_distribution):
        assert draw(one).startswith(PNG)
        assert draw(one) == draw(one)
    assert pictures.best(one) != pictures.best(other)


def test_signals_are_drawn_even_when_there_are_none() -> None:
    assert pictures.signal_counts(SIGNALS.schema.empty_table()).startswith(PNG)

"""The oldest PostgreSQL we support, over TCP with a password, holds the same bits as the embedded one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assets_tests.store.examples import MONDAY, RECORDED, SETTLED, TUESDAY, bars, chain, day, origin, week
from butter_pipeline.identity import content_hash
from butter_pipeline.market.frames import BARS, CHAINS
from butter_pipeline.settings import with_database
from butter_pipeline.store import Store, lake
from butter_pipeline.store.database import downgrade, ensure_database, migrate, place, probe
from butter_pipeline.store.frames import Appended, append, read


@pytest.fixture
def old(postgres15_url: str, tmp_path: Path) -> Iterator[Store]:
    """A store on PostgreSQL 15."""
    url = with_database(postgres15_url, "butter")
    ensure_database(url)
    migrate(url)
    store = Store(url, str(tmp_path / "old"))
    yield store
    store.engine.dispose()
    downgrade(url, "base")


def test_postgres_15_holds_the_same_bits(old: Store, database: Store) -> None:
    assert probe(old.url).major == 15
    first = bars([(TUESDAY, "é", 3.1), (MONDAY, "ES", 1.1), (MONDAY, "a b", float("nan")), (MONDAY, "A", -0.0)])
    second = bars([(MONDAY, "ES", 9.9)])
    hashes = []
    for store in (old, database):
        assert append(store, BARS, first, origin()) == Appended(4, 0, 0)
        assert append(store, BARS, first, origin()) == Appended(0, 0, 4)
        assert append(store, BARS, second, origin()) == Appended(0, 1, 0)
        (made,) = lake.write(store, CHAINS, [lake.Content(MONDAY, chain(MONDAY, [1.5]), SETTLED[MONDAY])], origin())
        lake.verify(store, CHAINS, day(MONDAY))
        chains = lake.read(store, CHAINS, day(MONDAY))
        reads = [read(store, BARS, week(as_of)) for as_of in (SETTLED[MONDAY], RECORDED)]
        hashes.append([made.hash, content_hash(chains), *map(content_hash, reads)])
    assert hashes[0] == hashes[1]


def test_an_address_for_people_shows_no_password(postgres15_url: str) -> None:
    assert place(postgres15_url).startswith("PostgreSQL at 127.0.0.1:")
    assert "rd" not in place(postgres15_url)

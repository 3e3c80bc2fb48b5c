import pytest

from butter_pipeline.errors import ButterError
from butter_pipeline.operations.query import ask
from butter_pipeline.settings import Settings


@pytest.fixture
def where(database_url: str) -> Settings:
    return Settings(database_url=database_url)


def test_rows_come_with_the_names_of_their_columns(where: Settings) -> None:
    found = ask(where, "select 1 as one, null as nothing, 'a %s' as text where 'a%' like 'a%'")
    assert found.columns == ["one", "nothing", "text"] and found.rows == [(1, None, "a %s")]


def test_a_statement_without_rows_answers_nothing(where: Settings) -> None:
    assert ask(where, "set time zone 'UTC'").rows == ()


@pytest.mark.parametrize(
    "statement",
    [
        "create table public.mine (a int)",
        "insert into operations.session_outcomes default values",
        "commit; create table public.mine (a int)",
        "select 1; create table public.mine (a int)",
        "set transaction read write; create table public.mine (a int)",
        "do $$ begin set transaction read write; create table public.mine (a int); end $$",
        "do $$ begin commit; create table public.mine (a int); end $$",
        "do $$ begin set local transaction_read_only = off; create table public.mine (a int); end $$",
    ],
)
def test_nothing_is_written_however_it_is_asked_for(where: Settings, statement: str) -> None:
    with pytest.raises(ButterError, match="the database refused it: .*docs/tables.md"):
        ask(where, statement)
    assert ask(where, "select to_regclass('public.mine')").rows == [(None,)]


def test_a_wrong_name_is_refused_in_one_line(where: Settings) -> None:
    with pytest.raises(ButterError, match='"trading.decision" does not exist') as told:
        ask(where, "select * from trading.decision")
    assert len(str(told.value).splitlines()) == 1

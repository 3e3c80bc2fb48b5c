"""What a database holds, as text that two databases can be compared by."""

from sqlalchemy import Connection, text

from butter_pipeline.store.schema import SCHEMAS

_OURS = "n.nspname = any(:schemas)"

_QUERIES = {
    "schemas": "select nspname, obj_description(oid, 'pg_namespace') from pg_namespace n where " + _OURS,
    "relations": f"""\
        select n.nspname, c.relname, c.relkind::text, pg_get_partkeydef(c.oid), obj_description(c.oid, 'pg_class'),
            case when c.relkind = 'v' then pg_get_viewdef(c.oid) end
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where {_OURS} and not c.relispartition""",
    "columns": f"""\
        select n.nspname, c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
            l.collname, col_description(c.oid, a.attnum)
        from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
        left join pg_collation l on l.oid = a.attcollation
        where {_OURS} and a.attnum > 0 and c.relkind in ('r', 'p', 'v')""",
    "constraints": f"""\
        select n.nspname, r.conrelid::regclass::text, r.conname, pg_get_constraintdef(r.oid)
        from pg_constraint r join pg_namespace n on n.oid = r.connamespace where {_OURS}""",
    "indexes": f"select pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid "
    f"join pg_namespace n on n.oid = c.relnamespace where {_OURS}",
    "triggers": f"""\
        select pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = t.tgrelid
        join pg_namespace n on n.oid = c.relnamespace where {_OURS} and not t.tgisinternal""",
    "functions": f"select pg_get_functiondef(p.oid) from pg_proc p join pg_namespace n on n.oid = p.pronamespace "
    f"where {_OURS}",
}


def described(connection: Connection) -> dict[str, list[str]]:
    """Everything in our schemas but the version table, by kind."""
    values = {"schemas": list(SCHEMAS)}
    found = {kind: connection.execute(text(query), values).all() for kind, query in _QUERIES.items()}
    return {
        kind: sorted(line for row in rows if "schema_version" not in (line := str(row))) for kind, rows in found.items()
    }

CREATE TABLE market.actions (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    ratio DOUBLE PRECISION,
    cash DOUBLE PRECISION,
    difference DOUBLE PRECISION,
    contracts DOUBLE PRECISION,
    from_contract TEXT COLLATE "C",
    to_contract TEXT COLLATE "C",
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT actions_pk PRIMARY KEY (vendor, session, symbol, kind, available_at)
);;
COMMENT ON TABLE market.actions IS 'Splits, dividends, spin-offs and rolls of futures by the session from which they count; corrections as rows.';;
COMMENT ON COLUMN market.actions.vendor IS 'who supplied the row';;
COMMENT ON COLUMN market.actions.session IS 'the ex-session: the first that trades on the new basis';;
COMMENT ON COLUMN market.actions.symbol IS 'instrument';;
COMMENT ON COLUMN market.actions.kind IS 'split, dividend, special_dividend, spin_off or roll';;
COMMENT ON COLUMN market.actions.ratio IS 'split: new shares per old one; roll: new contract''s price per old one''s';;
COMMENT ON COLUMN market.actions.cash IS 'paid, or given away in kind, per share of the session before';;
COMMENT ON COLUMN market.actions.difference IS 'roll: new contract''s price less the old one''s';;
COMMENT ON COLUMN market.actions.contracts IS 'new option contracts per old one; null: by the clearing house''s rule';;
COMMENT ON COLUMN market.actions.from_contract IS 'roll: the contract that is left, where it is known';;
COMMENT ON COLUMN market.actions.to_contract IS 'roll: the contract that is entered, where it is known';;
COMMENT ON COLUMN market.actions.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN market.actions.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on market.actions for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on market.actions for each statement execute function operations.refuse_change();;

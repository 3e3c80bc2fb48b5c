CREATE TABLE market.candidate_answers (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    answer_hash TEXT COLLATE "C" NOT NULL,
    prompt_hash TEXT COLLATE "C" NOT NULL,
    prompt TEXT COLLATE "C" NOT NULL,
    answer TEXT COLLATE "C" NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT candidate_answers_pk PRIMARY KEY (vendor, session, source, available_at)
);;
COMMENT ON TABLE market.candidate_answers IS 'What sources of candidates were asked and answered, to the letter; a model''s answer cannot be computed again.';;
COMMENT ON COLUMN market.candidate_answers.vendor IS 'who supplied the row';;
COMMENT ON COLUMN market.candidate_answers.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN market.candidate_answers.source IS 'who was asked';;
COMMENT ON COLUMN market.candidate_answers.answer_hash IS 'sha256 of the answer';;
COMMENT ON COLUMN market.candidate_answers.prompt_hash IS 'sha256 of the prompt; of the empty text where nobody was asked';;
COMMENT ON COLUMN market.candidate_answers.prompt IS 'what was asked, to the letter';;
COMMENT ON COLUMN market.candidate_answers.answer IS 'what came back, to the letter';;
COMMENT ON COLUMN market.candidate_answers.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN market.candidate_answers.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on market.candidate_answers for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on market.candidate_answers for each statement execute function operations.refuse_change();;
CREATE TABLE market.candidates (
    vendor TEXT COLLATE "C" NOT NULL,
    session DATE NOT NULL,
    symbol TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    list TEXT COLLATE "C" NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    reasoning TEXT COLLATE "C" NOT NULL,
    answer_hash TEXT COLLATE "C" NOT NULL,
    available_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT candidates_pk PRIMARY KEY (vendor, session, symbol, source, available_at),
    CONSTRAINT candidates_list_ck CHECK (list in ('long', 'short')),
    CONSTRAINT candidates_confidence_ck CHECK (confidence between 0 and 1)
);;
COMMENT ON TABLE market.candidates IS 'Instruments that an outside source proposes, long or short; `answer_hash` names the raw answer.';;
COMMENT ON COLUMN market.candidates.vendor IS 'who supplied the row';;
COMMENT ON COLUMN market.candidates.session IS 'exchange session that the row belongs to';;
COMMENT ON COLUMN market.candidates.symbol IS 'instrument that is proposed';;
COMMENT ON COLUMN market.candidates.source IS 'who proposes it: a file, or a service and its model';;
COMMENT ON COLUMN market.candidates.list IS 'long or short';;
COMMENT ON COLUMN market.candidates.confidence IS 'how sure the source is, 0 to 1';;
COMMENT ON COLUMN market.candidates.reasoning IS 'why, in the source''s own words';;
COMMENT ON COLUMN market.candidates.answer_hash IS 'sha256 of the raw answer that the row was read from, in market.candidate_answers';;
COMMENT ON COLUMN market.candidates.available_at IS 'when the market could know the row (UTC); receipt for a correction';;
COMMENT ON COLUMN market.candidates.recorded_at IS 'our clock when the row was written (UTC); outside every hash';;
create trigger append_only before update or delete on market.candidates for each row execute function operations.refuse_change();;
create trigger append_only_truncate before truncate on market.candidates for each statement execute function operations.refuse_change();;
COMMENT ON COLUMN market.quarantine.dataset IS 'the frame the row was meant for, such as bars or chains';;

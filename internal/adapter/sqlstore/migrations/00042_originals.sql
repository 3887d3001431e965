-- +goose Up

-- The paper originals of a case and the bags in which they travel between its two ends. The same chain stands at both nodes. What the
-- papers are, and who signed for them, stands in body, encrypted under the case's key.
CREATE TABLE originals (
	case_id TEXT NOT NULL PRIMARY KEY,
	at_window TEXT NOT NULL, -- office of this node at the window's end that has something to do, '' if none
	at_decider TEXT NOT NULL, -- the same at the other end
	due BIGINT NOT NULL, -- yyyymmdd
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT originals_version CHECK (version > 0)
);
CREATE INDEX originals_window ON originals (at_window, due, case_id) WHERE at_window <> '';
CREATE INDEX originals_decider ON originals (at_decider, due, case_id) WHERE at_decider <> '';

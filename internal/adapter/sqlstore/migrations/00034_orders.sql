-- +goose Up

-- Supervision orders and requests about cases (督办). due is the end of the last day for the reply. The words stand in body, encrypted
-- under the case's key.
CREATE TABLE orders (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	office TEXT NOT NULL, -- '' for a request, which a supervisor answers
	state TEXT NOT NULL,
	due BIGINT NOT NULL,
	late BIGINT NOT NULL, -- 1: the day is over, and that was noted
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT orders_version CHECK (version > 0),
	CONSTRAINT orders_state CHECK (state IN ('open', 'replied', 'closed'))
);
CREATE INDEX orders_case ON orders (case_id, id);
CREATE INDEX orders_open ON orders (due, id) WHERE state <> 'closed';
CREATE INDEX orders_office ON orders (office, due, id) WHERE state <> 'closed';
CREATE INDEX orders_over ON orders (due) WHERE state = 'open' AND late = 0;

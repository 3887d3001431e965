-- +goose Up

-- watch is when a case has to be looked at for alarms (microseconds; 0: not before it changes), alarms how many of its alarms are
-- open: while there are any, every change of the case has it looked at. A release that knows neither leaves both as they are.
ALTER TABLE cases ADD COLUMN watch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN alarms BIGINT NOT NULL DEFAULT 0;
UPDATE cases SET watch = 1 WHERE closed = 0; -- what an older release wrote is looked at once
CREATE INDEX cases_watch ON cases (watch) WHERE watch > 0;

-- Clocks that ran out and rules that were broken, each cause once. up is from when the supervisor sees it. What officers said of it
-- stands in body, encrypted under the case's key.
CREATE TABLE alarms (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	cause TEXT NOT NULL,
	office TEXT NOT NULL,
	level BIGINT NOT NULL, -- 1 soon due, 2 past the promise, 3 past the law
	at BIGINT NOT NULL,
	up BIGINT NOT NULL, -- 0: never
	ended BIGINT NOT NULL, -- 0: holds
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT alarms_version CHECK (version > 0),
	CONSTRAINT alarms_level CHECK (level >= 1 AND level <= 3)
);
CREATE UNIQUE INDEX alarms_once ON alarms (case_id, cause);
CREATE INDEX alarms_office ON alarms (office, level, at, id) WHERE ended = 0;
CREATE INDEX alarms_level ON alarms (level, at, id) WHERE ended = 0 AND up > 0;

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

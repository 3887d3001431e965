-- +goose Up

-- Complaints about a service of a case. todo is who has to do something at this node; due is when that is late. What was said stands in
-- body, encrypted under the case's key.
CREATE TABLE complaints (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	target TEXT NOT NULL,
	nth BIGINT NOT NULL,
	office TEXT NOT NULL,
	state TEXT NOT NULL,
	todo TEXT NOT NULL,
	at BIGINT NOT NULL,
	due BIGINT NOT NULL, -- 0: nothing is
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT complaints_version CHECK (version > 0),
	CONSTRAINT complaints_nth CHECK (nth > 0),
	CONSTRAINT complaints_target CHECK (target IN ('window', 'decider')),
	CONSTRAINT complaints_state CHECK (state IN ('open', 'taken', 'answered', 'closed')),
	CONSTRAINT complaints_todo_of CHECK (todo IN ('', 'work', 'call'))
);
CREATE UNIQUE INDEX complaints_once ON complaints (case_id, target, nth);
CREATE INDEX complaints_todo ON complaints (todo, due, id) WHERE todo <> '';

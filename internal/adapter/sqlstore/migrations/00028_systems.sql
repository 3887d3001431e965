-- +goose Up

-- What offices work in their own systems. Times are microseconds UTC, 0 for none; body (the system's number, an answer that a person
-- has to read) is encrypted under the case's key.
CREATE TABLE works (
	id TEXT NOT NULL PRIMARY KEY,
	system TEXT NOT NULL,
	office TEXT NOT NULL,
	case_id TEXT NOT NULL,
	leg TEXT NOT NULL,
	at BIGINT NOT NULL,
	state TEXT NOT NULL,
	tries BIGINT NOT NULL,
	next_try BIGINT NOT NULL, -- 0: nothing is to be done
	tried BIGINT NOT NULL,
	done BIGINT NOT NULL, -- last success
	why BIGINT NOT NULL, -- a code, 0 for none
	by_officer TEXT NOT NULL,
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT works_version CHECK (version > 0),
	CONSTRAINT works_state CHECK (state IN ('waiting', 'given', 'puzzled', 'dead', 'stopping', 'ended')),
	CONSTRAINT works_next CHECK (CASE WHEN state IN ('waiting', 'stopping') THEN next_try <> 0 WHEN state IN ('dead', 'ended') THEN next_try = 0 ELSE 1 = 1 END)
);
-- A case is worked in one system at a time.
CREATE UNIQUE INDEX works_case ON works (case_id) WHERE state IN ('waiting', 'given', 'puzzled', 'dead');
CREATE INDEX works_next_try ON works (next_try) WHERE next_try <> 0;
CREATE INDEX works_office ON works (office, state, at) WHERE state <> 'ended';

-- Answers that were dealt with: a system's answer counts once.
CREATE TABLE work_answers (
	system TEXT NOT NULL,
	id TEXT NOT NULL,
	work TEXT NOT NULL,
	outcome TEXT NOT NULL,
	hash BYTEA NOT NULL,
	at BIGINT NOT NULL,
	CONSTRAINT work_answers_once PRIMARY KEY (system, id)
);

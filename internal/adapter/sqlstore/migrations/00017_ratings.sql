-- +goose Up

-- What people say of a service. One rating of a service and one more later, per case. todo is who has to do something at this
-- node; due is when that is late. What was said, and by whom it was keyed in, stands in body, encrypted under the case's key.
CREATE TABLE ratings (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	target TEXT NOT NULL,
	nth BIGINT NOT NULL,
	office TEXT NOT NULL,
	level BIGINT NOT NULL, -- 1 is the best (GB/T 39046-2020 A.8)
	named BIGINT NOT NULL,
	state TEXT NOT NULL,
	void BIGINT NOT NULL, -- 1: found to be mistaken, counts in no figure
	todo TEXT NOT NULL,
	at BIGINT NOT NULL,
	due BIGINT NOT NULL, -- 0: nothing is
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT ratings_version CHECK (version > 0),
	CONSTRAINT ratings_level CHECK (level >= 1 AND level <= 5),
	CONSTRAINT ratings_nth CHECK (nth IN (1, 2)),
	CONSTRAINT ratings_target CHECK (target IN ('window', 'decider')),
	CONSTRAINT ratings_state CHECK (state IN ('given', 'open', 'verified', 'appealed', 'answered', 'closed')),
	CONSTRAINT ratings_todo_of CHECK (todo IN ('', 'work', 'review', 'call'))
);
CREATE UNIQUE INDEX ratings_once ON ratings (case_id, target, nth);
CREATE INDEX ratings_todo ON ratings (todo, due, id) WHERE todo <> '';
CREATE INDEX ratings_at ON ratings (at, office);

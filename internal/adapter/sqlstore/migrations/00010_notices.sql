-- +goose Up

-- What was told, to be told, and how far it came. Times are microseconds UTC, 0 for none; body is encrypted under the case's key.
CREATE TABLE notices (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	template TEXT NOT NULL,
	office TEXT NOT NULL, -- looks after its arrival
	at BIGINT NOT NULL,
	channel TEXT NOT NULL, -- '' until it is sent for the first time
	state TEXT NOT NULL,
	state_at BIGINT NOT NULL,
	tries BIGINT NOT NULL,
	next_try BIGINT NOT NULL, -- 0: nothing is to be sent
	why BIGINT NOT NULL, -- a code, 0 for none
	by_officer TEXT NOT NULL,
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT notices_version CHECK (version > 0),
	CONSTRAINT notices_state CHECK (state IN ('waiting', 'handed', 'arrived', 'stuck', 'told', 'kept')),
	CONSTRAINT notices_next CHECK ((next_try <> 0) = (state = 'waiting'))
);
CREATE INDEX notices_case ON notices (case_id, at);
CREATE INDEX notices_next_try ON notices (next_try) WHERE next_try <> 0;
CREATE INDEX notices_stuck ON notices (office, at) WHERE state = 'stuck';

-- How people want to be told, under a keyed hash of their number; body is encrypted under the node's key.
CREATE TABLE contacts (
	mac BIGINT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL,
	body BYTEA NOT NULL
);

-- Words between applicant and office; body is encrypted under the case's key.
CREATE TABLE messages (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	side TEXT NOT NULL,
	office TEXT NOT NULL,
	at BIGINT NOT NULL,
	read_at BIGINT NOT NULL,
	waits BIGINT NOT NULL, -- 1: the applicant's, and this node's office has not answered
	by_officer TEXT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT messages_side CHECK (side IN ('applicant', 'office'))
);
CREATE INDEX messages_case ON messages (case_id, at);
CREATE INDEX messages_waiting ON messages (office, at) WHERE waits = 1;

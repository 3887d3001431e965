-- +goose Up

-- The standing of each version of a licence that this node issued. Nothing here names a person.
CREATE TABLE licences (
	id TEXT NOT NULL PRIMARY KEY,
	type TEXT NOT NULL,
	case_id TEXT NOT NULL,
	state TEXT NOT NULL,
	until TEXT NOT NULL, -- last day in force, '' for no end
	list BIGINT NOT NULL, -- its place in the node's status lists
	idx BIGINT NOT NULL,
	acts BIGINT NOT NULL,
	head BYTEA NOT NULL, -- hash of the last fact
	at BIGINT NOT NULL,
	version BIGINT NOT NULL,
	CONSTRAINT licences_version CHECK (version > 0),
	CONSTRAINT licences_state CHECK (state IN ('in-force', 'suspended', 'expired', 'revoked', 'struck', 'cancelled', 'replaced', 'moved-out'))
);
CREATE UNIQUE INDEX licences_place ON licences (list, idx);
CREATE INDEX licences_until ON licences (until) WHERE state IN ('in-force', 'suspended') AND until <> '';

CREATE TABLE licence_facts (
	hash BYTEA NOT NULL PRIMARY KEY,
	licence TEXT NOT NULL,
	n BIGINT NOT NULL,
	at BIGINT NOT NULL,
	signed BYTEA NOT NULL
);
CREATE UNIQUE INDEX licence_facts_n ON licence_facts (licence, n);

-- What a counter asked a wallet to present, and what came. The body is encrypted.
CREATE TABLE presentations (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	state TEXT NOT NULL,
	at BIGINT NOT NULL,
	until BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT presentations_state CHECK (state IN ('open', 'taken', 'refused'))
);
CREATE INDEX presentations_case ON presentations (case_id, at);

-- A person's wallet: credentials and uses, under a keyed hash of the person. The body is encrypted.
CREATE TABLE wallet (
	id TEXT NOT NULL PRIMARY KEY,
	owner BIGINT NOT NULL,
	kind TEXT NOT NULL,
	at BIGINT NOT NULL,
	body BYTEA NOT NULL
);
CREATE INDEX wallet_owner ON wallet (owner, kind, at);

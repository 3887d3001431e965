-- +goose Up

-- Questions of other provinces that were answered here. The key refuses a question that comes twice; the sealed subject lets
-- the person asked about find what was asked.
CREATE TABLE share_answers (
	asker TEXT NOT NULL, -- node
	id TEXT NOT NULL,
	at BIGINT NOT NULL,
	case_id TEXT NOT NULL,
	no TEXT NOT NULL,
	item TEXT NOT NULL,
	mac BIGINT NOT NULL, -- blind index of the subject's number
	subject BYTEA NOT NULL, -- sealed
	PRIMARY KEY (asker, id)
);
CREATE INDEX share_answers_mac ON share_answers (mac);

-- What applicants agreed to be asked about, at the node that coordinates their case.
CREATE TABLE share_consents (
	case_id TEXT NOT NULL,
	id TEXT NOT NULL, -- hash of what was agreed to
	at BIGINT NOT NULL,
	body BYTEA NOT NULL, -- sealed
	PRIMARY KEY (case_id, id)
);

-- What other provinces answered, at the node that asked for a case.
CREATE TABLE share_found (
	id TEXT NOT NULL PRIMARY KEY, -- of the question
	case_id TEXT NOT NULL,
	at BIGINT NOT NULL,
	body BYTEA NOT NULL -- sealed
);
CREATE INDEX share_found_case ON share_found (case_id);

-- Tables that an office of this node gave to be asked about: the last version counts.
CREATE TABLE share_tables (
	resource TEXT NOT NULL,
	version BIGINT NOT NULL,
	at BIGINT NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (resource, version),
	CONSTRAINT share_tables_version CHECK (version > 0)
);
CREATE TABLE share_rows (
	resource TEXT NOT NULL,
	version BIGINT NOT NULL,
	mac BIGINT NOT NULL, -- blind index of the person's number
	body BYTEA NOT NULL -- sealed
);
CREATE INDEX share_rows_mac ON share_rows (resource, version, mac);

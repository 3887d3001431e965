-- +goose Up

-- What other provinces signed about heads of this node's log. Rows of heads older than the newest one with enough
-- witnesses go as soon as that is known.
CREATE TABLE log_witnesses (
	size BIGINT NOT NULL,
	witness TEXT NOT NULL,
	signed BYTEA NOT NULL,
	PRIMARY KEY (size, witness)
);

-- The newest head that this node was shown of each other log and signed as its witness.
CREATE TABLE log_seen (
	node TEXT NOT NULL PRIMARY KEY,
	size BIGINT NOT NULL,
	signed BYTEA NOT NULL
);

-- Two signed heads of one log that contradict each other: evidence, never removed.
CREATE TABLE log_forks (
	node TEXT NOT NULL,
	size BIGINT NOT NULL,
	at BIGINT NOT NULL,
	seen BYTEA NOT NULL,
	shown BYTEA NOT NULL,
	PRIMARY KEY (node, size)
);

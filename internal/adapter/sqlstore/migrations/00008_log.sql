-- +goose Up

-- The log in fewer rows: the entries that units of one commit make stand together until they are hashed, and hashes stand by
-- the dozen. No release wrote the tables that go.
CREATE TABLE log_units (
	id TEXT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL, -- of the first entry
	n BIGINT NOT NULL, -- entries
	leaves BYTEA NOT NULL -- one a line
);
INSERT INTO log_units (id, at, n, leaves) SELECT id, at, 1, leaf FROM log_new;
DROP TABLE log_new;

CREATE TABLE log_tiles (
	pos BIGINT NOT NULL PRIMARY KEY, -- of the first hash, in tlog numbering
	hashes BYTEA NOT NULL -- 32 bytes each, at consecutive positions
);
INSERT INTO log_tiles (pos, hashes) SELECT pos, hash FROM log_hashes;
DROP TABLE log_hashes;

-- +goose Up

-- What provinces said about data and about sharing it, as signed. Nothing here names a person outside the offices.
CREATE TABLE share_statements (
	by_node TEXT NOT NULL,
	seq BIGINT NOT NULL,
	hash BYTEA NOT NULL,
	at BIGINT NOT NULL, -- when it came here
	signed BYTEA NOT NULL,
	PRIMARY KEY (by_node, seq),
	CONSTRAINT share_statements_seq CHECK (seq > 0)
);

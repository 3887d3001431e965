-- +goose Up

-- What provinces said about each other's figures, as signed. Nothing here names a person.
CREATE TABLE objection_words (
	id TEXT NOT NULL,
	by_node TEXT NOT NULL,
	n BIGINT NOT NULL,
	at BIGINT NOT NULL, -- when it came here
	signed BYTEA NOT NULL,
	PRIMARY KEY (id, by_node, n),
	CONSTRAINT objection_words_n CHECK (n > 0)
);

-- +goose Up

-- What may be used once, such as the id of an identity provider's token, until it expires by itself.
CREATE TABLE seen (
	id TEXT NOT NULL PRIMARY KEY,
	until BIGINT NOT NULL
);
CREATE INDEX seen_until ON seen (until);

-- +goose Up

-- The generations of the keys at rest. mark tells a generation's keys from others and nothing of them. What stands from until_at on is the
-- work of bringing rows under the generation that seals: who does it and until when, how far it is, how many rows were found in this pass and
-- brought over in all, when a whole pass found none (0: not yet), and how many backups were made since.
CREATE TABLE key_gens (
	gen BIGINT NOT NULL PRIMARY KEY,
	state TEXT NOT NULL,
	mark BYTEA NOT NULL,
	made BIGINT NOT NULL,
	by_whom TEXT NOT NULL,
	until_at BIGINT NOT NULL,
	place TEXT NOT NULL,
	found BIGINT NOT NULL,
	moved BIGINT NOT NULL,
	clean BIGINT NOT NULL,
	backups BIGINT NOT NULL,
	CONSTRAINT key_gens_gen CHECK (gen > 0),
	CONSTRAINT key_gens_state CHECK (state IN ('coming', 'seals', 'leaving', 'retired'))
);
CREATE UNIQUE INDEX key_gens_one ON key_gens (state) WHERE state IN ('coming', 'seals');

-- A row of a look-up holds nothing from which its hash could be made anew; gen is the generation that it was made under.
ALTER TABLE lookups ADD COLUMN gen BIGINT NOT NULL DEFAULT 1;
ALTER TABLE licence_lookups ADD COLUMN gen BIGINT NOT NULL DEFAULT 1;

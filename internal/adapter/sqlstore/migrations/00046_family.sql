-- +goose Up

-- Authority that people give for their own matters (亲友代办), unit '' there: who gave it is found by keyed hash, and one that an agent
-- asked for is nobody's until somebody takes it up.
CREATE TABLE mandates_before AS SELECT id, unit, agent, state, drawn, version, body FROM mandates;
DROP TABLE mandates;
CREATE TABLE mandates (
	id TEXT NOT NULL PRIMARY KEY,
	unit TEXT NOT NULL,
	agent BIGINT NOT NULL, -- keyed hash
	state TEXT NOT NULL,
	drawn BIGINT NOT NULL,
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT mandates_version CHECK (version > 0),
	CONSTRAINT mandates_state CHECK (state IN ('asked', 'drawn', 'offered', 'accepted', 'declined', 'revoked'))
);
INSERT INTO mandates (id, unit, agent, state, drawn, version, body)
SELECT id, unit, agent, state, drawn, version, body FROM mandates_before;
DROP TABLE mandates_before;
CREATE INDEX mandates_unit ON mandates (unit, drawn);
CREATE INDEX mandates_agent ON mandates (agent, drawn);

CREATE TABLE mandate_lookups (
	mac BIGINT NOT NULL,
	mandate TEXT NOT NULL,
	gen BIGINT NOT NULL
);
CREATE INDEX mandate_lookups_mac ON mandate_lookups (mac);

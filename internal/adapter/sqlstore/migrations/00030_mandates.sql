-- +goose Up

-- Units that act at this node, and the written authority that they gave. A unit's code is public; who leads it and who acts for
-- it stands in the bodies, encrypted, and is found by keyed hash.
CREATE TABLE accounts (
	unit TEXT NOT NULL PRIMARY KEY, -- 统一社会信用代码
	leader BIGINT NOT NULL, -- keyed hash of the legal representative's number
	opened BIGINT NOT NULL,
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT accounts_version CHECK (version > 0)
);
CREATE INDEX accounts_leader ON accounts (leader, opened);

CREATE TABLE mandates (
	id TEXT NOT NULL PRIMARY KEY,
	unit TEXT NOT NULL,
	agent BIGINT NOT NULL, -- keyed hash
	state TEXT NOT NULL,
	drawn BIGINT NOT NULL,
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT mandates_version CHECK (version > 0),
	CONSTRAINT mandates_state CHECK (state IN ('drawn', 'offered', 'accepted', 'declined', 'revoked'))
);
CREATE INDEX mandates_unit ON mandates (unit, drawn);
CREATE INDEX mandates_agent ON mandates (agent, drawn);

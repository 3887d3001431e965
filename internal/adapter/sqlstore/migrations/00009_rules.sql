-- +goose Up

-- What provinces and the operator published about their rules, as signed. Nothing here names an applicant.
CREATE TABLE rule_bundles (
	publisher TEXT NOT NULL, -- node
	seq BIGINT NOT NULL,
	hash BYTEA NOT NULL,
	at BIGINT NOT NULL, -- when it came here
	signed BYTEA NOT NULL,
	PRIMARY KEY (publisher, seq),
	CONSTRAINT rule_bundles_seq CHECK (seq > 0)
);

-- Rules that stewards of this node are working on.
CREATE TABLE rule_drafts (
	id TEXT NOT NULL PRIMARY KEY,
	state TEXT NOT NULL,
	saved BIGINT NOT NULL,
	version BIGINT NOT NULL,
	body TEXT NOT NULL,
	CONSTRAINT rule_drafts_version CHECK (version > 0),
	CONSTRAINT rule_drafts_state CHECK (state IN ('open', 'published', 'dropped'))
);
CREATE INDEX rule_drafts_state_saved ON rule_drafts (state, saved);

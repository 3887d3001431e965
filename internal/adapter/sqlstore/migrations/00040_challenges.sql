-- +goose Up

-- What a question was about, so that a challenge to its answer can be held against it; '' in what an older release answered.
ALTER TABLE share_answers ADD COLUMN question TEXT NOT NULL DEFAULT ''; -- hash
ALTER TABLE share_answers ADD COLUMN resource TEXT NOT NULL DEFAULT '';
ALTER TABLE share_answers ADD COLUMN fields TEXT NOT NULL DEFAULT ''; -- names, with commas

-- Challenges to values that one province told another (数据异议), at both. todo is 1 where this node has to answer, office whose case it is
-- where this node had asked. What was said stands in body, encrypted under the case's key, or the node's where the case is not here.
CREATE TABLE challenges (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	office TEXT NOT NULL,
	todo BIGINT NOT NULL,
	due BIGINT NOT NULL, -- yyyymmdd; 0: none
	at BIGINT NOT NULL,
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT challenges_version CHECK (version > 0)
);
CREATE INDEX challenges_case ON challenges (case_id);
CREATE INDEX challenges_todo ON challenges (due, id) WHERE todo = 1;
CREATE INDEX challenges_office ON challenges (office, at, id) WHERE office <> '';

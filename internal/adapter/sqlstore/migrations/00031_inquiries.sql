-- +goose Up

-- What offices ask one another about cases (协查). The same row stands at both nodes; the asked one may not have the case. Who is asked
-- about, what and the answer stand in body, encrypted under the case's key, or the node's where the case is not here.
CREATE TABLE inquiries (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	state TEXT NOT NULL,
	todo TEXT NOT NULL, -- office of this node that has to answer, '' if none
	waits TEXT NOT NULL, -- office of this node that waits, '' if none
	due BIGINT NOT NULL, -- yyyymmdd
	at BIGINT NOT NULL,
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT inquiries_version CHECK (version > 0),
	CONSTRAINT inquiries_state CHECK (state IN ('open', 'answered', 'declined', 'withdrawn', 'refused'))
);
CREATE INDEX inquiries_case ON inquiries (case_id);
CREATE INDEX inquiries_todo ON inquiries (todo, due, id) WHERE todo <> '';
CREATE INDEX inquiries_waits ON inquiries (waits, due, id) WHERE waits <> '';
CREATE INDEX inquiries_late ON inquiries (due, id) WHERE state = 'open';

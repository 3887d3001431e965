-- +goose Up

-- Applications that are being prepared. private is encrypted under the draft's own key; when the draft is submitted both are
-- emptied, and case_no says what became of it.
CREATE TABLE drafts (
	id TEXT NOT NULL PRIMARY KEY,
	mac BIGINT NOT NULL, -- keyed hash of the applicant's number
	saved BIGINT NOT NULL,
	expires BIGINT NOT NULL, -- 0 once submitted
	version BIGINT NOT NULL,
	case_no TEXT NOT NULL, -- '' until submitted
	private BYTEA NOT NULL,
	datakey BYTEA NOT NULL,
	CONSTRAINT drafts_version CHECK (version > 0),
	CONSTRAINT drafts_open CHECK ((case_no = '') = (expires <> 0))
);
CREATE INDEX drafts_person ON drafts (mac, saved);
CREATE INDEX drafts_expires ON drafts (expires) WHERE expires <> 0;

-- What applicant and office write to each other, and complaints; the text is encrypted under the case's key.
CREATE TABLE messages (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	at BIGINT NOT NULL,
	due BIGINT NOT NULL, -- civil day yyyymmdd by which an answer is promised, 99999999 for none
	open BIGINT NOT NULL, -- 1 while it waits for an answer
	private BYTEA NOT NULL,
	CONSTRAINT messages_kind CHECK (kind IN ('question', 'answer', 'complaint', 'finding')),
	CONSTRAINT messages_open CHECK (open IN (0, 1))
);
CREATE INDEX messages_case ON messages (case_id, at);
CREATE INDEX messages_waiting ON messages (kind, due) WHERE open = 1;

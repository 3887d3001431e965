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

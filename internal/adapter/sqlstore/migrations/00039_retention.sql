-- +goose Up

-- Answers of other provinces that were deleted here when their time was over, and the receipt that the provider got: digests only.
CREATE TABLE share_deleted (
	id TEXT NOT NULL PRIMARY KEY, -- of the question
	case_id TEXT NOT NULL,
	at BIGINT NOT NULL,
	receipt BYTEA NOT NULL
);
CREATE INDEX share_deleted_case ON share_deleted (case_id);

-- When the asker deleted what it was told (microseconds; 0: not yet), and its receipt.
ALTER TABLE share_answers ADD COLUMN deleted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE share_answers ADD COLUMN receipt BYTEA;
CREATE INDEX share_answers_at ON share_answers (at, asker, id);

-- What an older release was told is looked at once.
INSERT INTO due (case_id, kind, at) SELECT DISTINCT case_id, 'keep', 1 FROM share_found;

-- +goose Up

-- What an office's lists go by beside queue and due day. A row of an older release has place '' until the store is opened.
ALTER TABLE cases ADD COLUMN claimed TEXT NOT NULL DEFAULT ''; -- officer who works on it, while it stands in a queue
ALTER TABLE cases ADD COLUMN waits TEXT NOT NULL DEFAULT ''; -- office of this node that waits for somebody else
ALTER TABLE cases ADD COLUMN place TEXT NOT NULL DEFAULT ''; -- at the other end, while it is open
CREATE INDEX cases_hands ON cases (office, claimed, due, id, queue) WHERE queue <> '';
CREATE INDEX cases_office ON cases (office, due, id) WHERE queue <> '';
CREATE INDEX cases_waits ON cases (waits, due, id) WHERE waits <> '';
CREATE INDEX cases_unlisted ON cases (id) WHERE closed = 0 AND place = '';

-- +goose Up

-- What other nodes gave this one to keep of their logs: entries from start to size, encrypted by their owner for itself. Rows go
-- once the owner says that its backups hold them.
CREATE TABLE log_copies (
	node TEXT NOT NULL,
	size BIGINT NOT NULL, -- of the owner's tree at the end
	start BIGINT NOT NULL,
	at BIGINT NOT NULL,
	page BYTEA NOT NULL,
	PRIMARY KEY (node, size),
	CONSTRAINT log_copies_grows CHECK (size > start AND start >= 0)
);

-- Own acts that stand in the log and whose facts a rebuild could not find anywhere: people look at them again.
CREATE TABLE lost_acts (
	fact BYTEA NOT NULL PRIMARY KEY, -- hash
	case_id TEXT NOT NULL,
	act TEXT NOT NULL,
	who TEXT NOT NULL,
	office TEXT NOT NULL,
	at BIGINT NOT NULL
);

-- +goose Up

-- The keyed hashes under which a licence is found (its number, its holder), cut to 64 bits. Older licences are found by their
-- identifier and by their case.
CREATE TABLE licence_lookups (
	mac BIGINT NOT NULL,
	licence TEXT NOT NULL
);
CREATE INDEX licence_lookups_mac ON licence_lookups (mac);
CREATE INDEX licences_case ON licences (case_id);

-- Acts that wait for a second person. row_seen is the version of the standing that the act was proposed on.
CREATE TABLE licence_wishes (
	licence TEXT NOT NULL PRIMARY KEY,
	act TEXT NOT NULL,
	reason TEXT NOT NULL,
	by_officer TEXT NOT NULL,
	at BIGINT NOT NULL,
	row_seen BIGINT NOT NULL,
	CONSTRAINT licence_wishes_act CHECK (act IN ('revoke', 'strike', 'cancel'))
);

-- The last status list that was read of each other node, as signed: what is known while its issuer cannot be reached.
CREATE TABLE status_seen (
	uri TEXT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL,
	token TEXT NOT NULL
);

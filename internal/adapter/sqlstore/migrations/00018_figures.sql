-- +goose Up

-- Aggregates of signed facts, without case, person or officer.
CREATE TABLE figures (
	cut TEXT NOT NULL,
	figure TEXT NOT NULL,
	month BIGINT NOT NULL, -- yyyymm, Asia/Shanghai
	name TEXT NOT NULL, -- of the place, matter or office
	class BIGINT NOT NULL,
	n BIGINT NOT NULL, -- no CHECK: a difference to be added is below 0 before it meets its row
	PRIMARY KEY (cut, figure, month, name, class)
);

-- What each case has added to them, so that a fact that comes late changes them by the difference.
CREATE TABLE figure_cases (
	case_id TEXT NOT NULL PRIMARY KEY,
	version BIGINT NOT NULL,
	tallies TEXT NOT NULL, -- JSON without personal data
	CONSTRAINT figure_cases_version CHECK (version > 0)
);

-- Cases with facts that are not counted yet. A mark goes with the count that has seen all facts up to its seq.
CREATE TABLE figure_marks (
	case_id TEXT NOT NULL PRIMARY KEY,
	seq BIGINT NOT NULL,
	at BIGINT NOT NULL -- not looked at before; a lease while somebody counts
);

CREATE INDEX figure_marks_at ON figure_marks (at);

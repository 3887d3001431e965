-- +goose Up

-- Questions to the search that found nothing, in the form that search.Keepable lets through. Nobody knows who asked.
CREATE TABLE search_missed (
	day TEXT NOT NULL, -- civil day
	query TEXT NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (day, query),
	CONSTRAINT search_missed_n CHECK (n > 0)
);

-- +goose Up

-- Monthly bulletins as they were signed, with the statements of figures that they follow from. A row is written once.
CREATE TABLE bulletins (
	month BIGINT NOT NULL PRIMARY KEY, -- yyyymm, Asia/Shanghai
	at BIGINT NOT NULL,
	body TEXT NOT NULL -- JSON without personal data
);

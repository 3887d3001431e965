-- +goose Up

-- The receipts of a case that say a leg was taken: what its times are reckoned from, beside its facts.
CREATE INDEX inbox_held ON inbox (case_id) WHERE kind = 'offer' AND status = 'held';
CREATE INDEX outbox_held ON outbox (case_id) WHERE kind = 'offer' AND status = 'held';

-- +goose Up

-- What a case costs at the office that is paid, with every payment and repayment in body. Nothing here names a person.
CREATE TABLE charges (
	case_id TEXT NOT NULL PRIMARY KEY,
	office TEXT NOT NULL,
	standing TEXT NOT NULL,
	fen BIGINT NOT NULL,
	held BIGINT NOT NULL,
	updated BIGINT NOT NULL,
	version BIGINT NOT NULL,
	body TEXT NOT NULL,
	CONSTRAINT charges_version CHECK (version > 0),
	CONSTRAINT charges_sums CHECK (fen >= 0 AND held >= 0)
);
CREATE INDEX charges_desk ON charges (office, standing, updated);

-- Each order once, so that the bank's word finds its charge and a day can be held against the bank's statement.
CREATE TABLE payments (
	order_no TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	way TEXT NOT NULL,
	state TEXT NOT NULL,
	fen BIGINT NOT NULL,
	day TEXT NOT NULL, -- civil day on which it was settled, or asked for while it is not
	ref TEXT NOT NULL,
	CONSTRAINT payments_state CHECK (state IN ('pending', 'paid', 'failed')),
	CONSTRAINT payments_fen CHECK (fen > 0)
);
CREATE INDEX payments_day ON payments (day, order_no);

-- Booked visits, people on the waiting list, and walk-ins. A seat is one of a slot's places: two live bookings never have the
-- same one. once is set while a person has a live booking for a matter. The body is encrypted.
CREATE TABLE visits (
	id TEXT NOT NULL PRIMARY KEY,
	office TEXT NOT NULL,
	day TEXT NOT NULL, -- civil day
	start BIGINT NOT NULL, -- minutes since midnight, Asia/Shanghai
	seat BIGINT, -- NULL: none
	state TEXT NOT NULL,
	person BIGINT NOT NULL, -- keyed hash, 0 for a walk-in
	matter TEXT NOT NULL, -- case number, or item code before there is a case
	once BIGINT, -- 1 or NULL
	made BIGINT NOT NULL,
	until BIGINT NOT NULL, -- when an offer lapses; 0 for none
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT visits_version CHECK (version > 0),
	CONSTRAINT visits_state CHECK (state IN ('booked', 'waiting', 'offered', 'arrived', 'missed', 'cancelled', 'lapsed', 'walkin'))
);
CREATE UNIQUE INDEX visits_seat ON visits (office, day, start, seat);
CREATE UNIQUE INDEX visits_once ON visits (person, matter, once);
CREATE INDEX visits_person ON visits (person, day);
CREATE INDEX visits_until ON visits (until) WHERE until <> 0;

-- The schema after all migrations. Made by: go test ./internal/adapter/sqlstore -run Schema -update

CREATE TABLE accounts (
	unit TEXT NOT NULL PRIMARY KEY, -- 统一社会信用代码
	leader BIGINT NOT NULL, -- keyed hash of the legal representative's number
	opened BIGINT NOT NULL,
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT accounts_version CHECK (version > 0)
);

CREATE INDEX accounts_leader ON accounts (leader, opened);

CREATE TABLE alarms (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	cause TEXT NOT NULL,
	office TEXT NOT NULL,
	level BIGINT NOT NULL, -- 1 soon due, 2 past the promise, 3 past the law
	at BIGINT NOT NULL,
	up BIGINT NOT NULL, -- 0: never
	ended BIGINT NOT NULL, -- 0: holds
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT alarms_version CHECK (version > 0),
	CONSTRAINT alarms_level CHECK (level >= 1 AND level <= 3)
);

CREATE INDEX alarms_level ON alarms (level, at, id) WHERE ended = 0 AND up > 0;

CREATE INDEX alarms_office ON alarms (office, level, at, id) WHERE ended = 0;

CREATE UNIQUE INDEX alarms_once ON alarms (case_id, cause);

CREATE TABLE bulletins (
	month BIGINT NOT NULL PRIMARY KEY, -- yyyymm, Asia/Shanghai
	at BIGINT NOT NULL,
	body TEXT NOT NULL -- JSON without personal data
);

CREATE TABLE cases (
	id TEXT NOT NULL PRIMARY KEY,
	no TEXT NOT NULL,
	item TEXT NOT NULL,
	status TEXT NOT NULL,
	queue TEXT NOT NULL, -- of this node's desk, '' for none
	office TEXT NOT NULL, -- that has to act, '' for none
	due BIGINT NOT NULL, -- civil day yyyymmdd, 99999999 for none
	holder TEXT NOT NULL, -- node that answers for it, '' once closed
	lodged BIGINT NOT NULL,
	closed BIGINT NOT NULL,
	updated BIGINT NOT NULL,
	version BIGINT NOT NULL,
	state TEXT NOT NULL, -- JSON without personal data
	private BYTEA NOT NULL,
	datakey BYTEA NOT NULL, claimed TEXT NOT NULL DEFAULT '', waits TEXT NOT NULL DEFAULT '', place TEXT NOT NULL DEFAULT '', watch BIGINT NOT NULL DEFAULT 0, alarms BIGINT NOT NULL DEFAULT 0,
	CONSTRAINT cases_version CHECK (version > 0),
	CONSTRAINT cases_status CHECK (status IN ('submitted', 'accepted', 'correction', 'handling', 'checking', 'done', 'denied', 'withdrawn')),
	CONSTRAINT cases_closed CHECK ((closed <> 0) = (status IN ('done', 'denied', 'withdrawn'))),
	CONSTRAINT cases_queue CHECK (queue IN ('', 'intake', 'correction', 'returned', 'transit', 'received', 'accepted', 'suspended', 'concluded', 'deliver')),
	CONSTRAINT cases_idle CHECK (queue = '' OR (closed = 0 AND office <> ''))
);

CREATE INDEX cases_desk ON cases (office, queue, due, id) WHERE queue <> '';

CREATE INDEX cases_hands ON cases (office, claimed, due, id, queue) WHERE queue <> '';

CREATE UNIQUE INDEX cases_no ON cases (no);

CREATE INDEX cases_office ON cases (office, due, id) WHERE queue <> '';

CREATE INDEX cases_unlisted ON cases (id) WHERE closed = 0 AND place = '';

CREATE INDEX cases_waits ON cases (waits, due, id) WHERE waits <> '';

CREATE INDEX cases_watch ON cases (watch) WHERE watch > 0;

CREATE TABLE challenges (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	office TEXT NOT NULL,
	todo BIGINT NOT NULL,
	due BIGINT NOT NULL, -- yyyymmdd; 0: none
	at BIGINT NOT NULL,
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT challenges_version CHECK (version > 0)
);

CREATE INDEX challenges_case ON challenges (case_id);

CREATE INDEX challenges_office ON challenges (office, at, id) WHERE office <> '';

CREATE INDEX challenges_todo ON challenges (due, id) WHERE todo = 1;

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

CREATE TABLE complaints (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	target TEXT NOT NULL,
	nth BIGINT NOT NULL,
	office TEXT NOT NULL,
	state TEXT NOT NULL,
	todo TEXT NOT NULL,
	at BIGINT NOT NULL,
	due BIGINT NOT NULL, -- 0: nothing is
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT complaints_version CHECK (version > 0),
	CONSTRAINT complaints_nth CHECK (nth > 0),
	CONSTRAINT complaints_target CHECK (target IN ('window', 'decider')),
	CONSTRAINT complaints_state CHECK (state IN ('open', 'taken', 'answered', 'closed')),
	CONSTRAINT complaints_todo_of CHECK (todo IN ('', 'work', 'call'))
);

CREATE UNIQUE INDEX complaints_once ON complaints (case_id, target, nth);

CREATE INDEX complaints_todo ON complaints (todo, due, id) WHERE todo <> '';

CREATE TABLE contacts (
	mac BIGINT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL,
	body BYTEA NOT NULL
);

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

CREATE INDEX drafts_expires ON drafts (expires) WHERE expires <> 0;

CREATE INDEX drafts_person ON drafts (mac, saved);

CREATE TABLE due (
	case_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (case_id, kind)
);

CREATE INDEX due_at ON due (at);

CREATE TABLE facts (
	hash BYTEA NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	leg TEXT NOT NULL,
	step BIGINT NOT NULL,
	act TEXT NOT NULL,
	at BIGINT NOT NULL,
	by_node TEXT NOT NULL,
	signed BYTEA NOT NULL,
	private BYTEA NULL
);

CREATE INDEX facts_case ON facts (case_id, at);

CREATE TABLE figure_cases (
	case_id TEXT NOT NULL PRIMARY KEY,
	version BIGINT NOT NULL,
	tallies TEXT NOT NULL, -- JSON without personal data
	CONSTRAINT figure_cases_version CHECK (version > 0)
);

CREATE TABLE figure_marks (
	case_id TEXT NOT NULL PRIMARY KEY,
	seq BIGINT NOT NULL,
	at BIGINT NOT NULL -- not looked at before; a lease while somebody counts
);

CREATE INDEX figure_marks_at ON figure_marks (at);

CREATE TABLE figures (
	cut TEXT NOT NULL,
	figure TEXT NOT NULL,
	month BIGINT NOT NULL, -- yyyymm, Asia/Shanghai
	name TEXT NOT NULL, -- of the place, matter or office
	class BIGINT NOT NULL,
	n BIGINT NOT NULL, -- no CHECK: a difference to be added is below 0 before it meets its row
	PRIMARY KEY (cut, figure, month, name, class)
);

CREATE TABLE inbox (
	sender TEXT NOT NULL,
	id TEXT NOT NULL,
	case_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	status TEXT NOT NULL,
	at BIGINT NOT NULL,
	hash BYTEA NOT NULL,
	receipt BYTEA NOT NULL,
	signed BYTEA NULL,
	PRIMARY KEY (sender, id)
);

CREATE INDEX inbox_held ON inbox (case_id) WHERE kind = 'offer' AND status = 'held';

CREATE TABLE inquiries (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	state TEXT NOT NULL,
	todo TEXT NOT NULL, -- office of this node that has to answer, '' if none
	waits TEXT NOT NULL, -- office of this node that waits, '' if none
	due BIGINT NOT NULL, -- yyyymmdd
	at BIGINT NOT NULL,
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT inquiries_version CHECK (version > 0),
	CONSTRAINT inquiries_state CHECK (state IN ('open', 'answered', 'declined', 'withdrawn', 'refused'))
);

CREATE INDEX inquiries_case ON inquiries (case_id);

CREATE INDEX inquiries_late ON inquiries (due, id) WHERE state = 'open';

CREATE INDEX inquiries_todo ON inquiries (todo, due, id) WHERE todo <> '';

CREATE INDEX inquiries_waits ON inquiries (waits, due, id) WHERE waits <> '';

CREATE TABLE key_gens (
	gen BIGINT NOT NULL PRIMARY KEY,
	state TEXT NOT NULL,
	mark BYTEA NOT NULL,
	made BIGINT NOT NULL,
	by_whom TEXT NOT NULL,
	until_at BIGINT NOT NULL,
	place TEXT NOT NULL,
	found BIGINT NOT NULL,
	moved BIGINT NOT NULL,
	clean BIGINT NOT NULL,
	backups BIGINT NOT NULL,
	CONSTRAINT key_gens_gen CHECK (gen > 0),
	CONSTRAINT key_gens_state CHECK (state IN ('coming', 'seals', 'leaving', 'retired'))
);

CREATE UNIQUE INDEX key_gens_one ON key_gens (state) WHERE state IN ('coming', 'seals');

CREATE TABLE licence_facts (
	hash BYTEA NOT NULL PRIMARY KEY,
	licence TEXT NOT NULL,
	n BIGINT NOT NULL,
	at BIGINT NOT NULL,
	signed BYTEA NOT NULL
);

CREATE UNIQUE INDEX licence_facts_n ON licence_facts (licence, n);

CREATE TABLE licence_lookups (
	mac BIGINT NOT NULL,
	licence TEXT NOT NULL
, gen BIGINT NOT NULL DEFAULT 1);

CREATE INDEX licence_lookups_mac ON licence_lookups (mac);

CREATE TABLE licence_wishes (
	licence TEXT NOT NULL PRIMARY KEY,
	act TEXT NOT NULL,
	reason TEXT NOT NULL,
	by_officer TEXT NOT NULL,
	at BIGINT NOT NULL,
	row_seen BIGINT NOT NULL,
	CONSTRAINT licence_wishes_act CHECK (act IN ('revoke', 'strike', 'cancel'))
);

CREATE TABLE licences (
	id TEXT NOT NULL PRIMARY KEY,
	type TEXT NOT NULL,
	case_id TEXT NOT NULL,
	state TEXT NOT NULL,
	until TEXT NOT NULL, -- last day in force, '' for no end
	list BIGINT NOT NULL, -- its place in the node's status lists
	idx BIGINT NOT NULL,
	acts BIGINT NOT NULL,
	head BYTEA NOT NULL, -- hash of the last fact
	at BIGINT NOT NULL,
	version BIGINT NOT NULL,
	CONSTRAINT licences_version CHECK (version > 0),
	CONSTRAINT licences_state CHECK (state IN ('in-force', 'suspended', 'expired', 'revoked', 'struck', 'cancelled', 'replaced', 'moved-out'))
);

CREATE INDEX licences_case ON licences (case_id);

CREATE UNIQUE INDEX licences_place ON licences (list, idx);

CREATE INDEX licences_until ON licences (until) WHERE state IN ('in-force', 'suspended') AND until <> '';

CREATE TABLE log (
	idx BIGINT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL,
	case_id TEXT NOT NULL,
	leaf BYTEA NOT NULL
);

CREATE INDEX log_case ON log (case_id);

CREATE TABLE log_copies (
	node TEXT NOT NULL,
	size BIGINT NOT NULL, -- of the owner's tree at the end
	start BIGINT NOT NULL,
	at BIGINT NOT NULL,
	page BYTEA NOT NULL,
	PRIMARY KEY (node, size),
	CONSTRAINT log_copies_grows CHECK (size > start AND start >= 0)
);

CREATE TABLE log_forks (
	node TEXT NOT NULL,
	size BIGINT NOT NULL,
	at BIGINT NOT NULL,
	seen BYTEA NOT NULL,
	shown BYTEA NOT NULL,
	PRIMARY KEY (node, size)
);

CREATE TABLE log_heads (
	size BIGINT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL,
	root BYTEA NOT NULL,
	signed_sm BYTEA NOT NULL,
	signed_es BYTEA NOT NULL
);

CREATE TABLE log_seen (
	node TEXT NOT NULL PRIMARY KEY,
	size BIGINT NOT NULL,
	signed BYTEA NOT NULL
);

CREATE TABLE log_tiles (
	pos BIGINT NOT NULL PRIMARY KEY, -- of the first hash, in tlog numbering
	hashes BYTEA NOT NULL -- 32 bytes each, at consecutive positions
);

CREATE TABLE log_units (
	id TEXT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL, -- of the first entry
	n BIGINT NOT NULL, -- entries
	leaves BYTEA NOT NULL -- one a line
);

CREATE TABLE log_witnesses (
	size BIGINT NOT NULL,
	witness TEXT NOT NULL,
	signed BYTEA NOT NULL,
	PRIMARY KEY (size, witness)
);

CREATE TABLE lookups (
	mac BIGINT NOT NULL,
	case_id TEXT NOT NULL
, gen BIGINT NOT NULL DEFAULT 1);

CREATE INDEX lookups_mac ON lookups (mac);

CREATE TABLE lost_acts (
	fact BYTEA NOT NULL PRIMARY KEY, -- hash
	case_id TEXT NOT NULL,
	act TEXT NOT NULL,
	who TEXT NOT NULL,
	office TEXT NOT NULL,
	at BIGINT NOT NULL
);

CREATE TABLE mandate_lookups (
	mac BIGINT NOT NULL,
	mandate TEXT NOT NULL,
	gen BIGINT NOT NULL
);

CREATE INDEX mandate_lookups_mac ON mandate_lookups (mac);

CREATE TABLE mandates (
	id TEXT NOT NULL PRIMARY KEY,
	unit TEXT NOT NULL,
	agent BIGINT NOT NULL, -- keyed hash
	state TEXT NOT NULL,
	drawn BIGINT NOT NULL,
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT mandates_version CHECK (version > 0),
	CONSTRAINT mandates_state CHECK (state IN ('asked', 'drawn', 'offered', 'accepted', 'declined', 'revoked'))
);

CREATE INDEX mandates_agent ON mandates (agent, drawn);

CREATE INDEX mandates_unit ON mandates (unit, drawn);

CREATE TABLE messages (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	side TEXT NOT NULL,
	office TEXT NOT NULL,
	at BIGINT NOT NULL,
	read_at BIGINT NOT NULL,
	waits BIGINT NOT NULL, -- 1: the applicant's, and this node's office has not answered
	by_officer TEXT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT messages_side CHECK (side IN ('applicant', 'office'))
);

CREATE INDEX messages_case ON messages (case_id, at);

CREATE INDEX messages_waiting ON messages (office, at) WHERE waits = 1;

CREATE TABLE notices (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	template TEXT NOT NULL,
	office TEXT NOT NULL, -- looks after its arrival
	at BIGINT NOT NULL,
	channel TEXT NOT NULL, -- '' until it is sent for the first time
	state TEXT NOT NULL,
	state_at BIGINT NOT NULL,
	tries BIGINT NOT NULL,
	next_try BIGINT NOT NULL, -- 0: nothing is to be sent
	why BIGINT NOT NULL, -- a code, 0 for none
	by_officer TEXT NOT NULL,
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT notices_version CHECK (version > 0),
	CONSTRAINT notices_state CHECK (state IN ('waiting', 'handed', 'arrived', 'stuck', 'told', 'kept')),
	CONSTRAINT notices_next CHECK ((next_try <> 0) = (state = 'waiting'))
);

CREATE INDEX notices_case ON notices (case_id, at);

CREATE INDEX notices_next_try ON notices (next_try) WHERE next_try <> 0;

CREATE INDEX notices_stuck ON notices (office, at) WHERE state = 'stuck';

CREATE TABLE objection_words (
	id TEXT NOT NULL,
	by_node TEXT NOT NULL,
	n BIGINT NOT NULL,
	at BIGINT NOT NULL, -- when it came here
	signed BYTEA NOT NULL,
	PRIMARY KEY (id, by_node, n),
	CONSTRAINT objection_words_n CHECK (n > 0)
);

CREATE TABLE orders (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	office TEXT NOT NULL, -- '' for a request, which a supervisor answers
	state TEXT NOT NULL,
	due BIGINT NOT NULL,
	late BIGINT NOT NULL, -- 1: the day is over, and that was noted
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT orders_version CHECK (version > 0),
	CONSTRAINT orders_state CHECK (state IN ('open', 'replied', 'closed'))
);

CREATE INDEX orders_case ON orders (case_id, id);

CREATE INDEX orders_office ON orders (office, due, id) WHERE state <> 'closed';

CREATE INDEX orders_open ON orders (due, id) WHERE state <> 'closed';

CREATE INDEX orders_over ON orders (due) WHERE state = 'open' AND late = 0;

CREATE TABLE originals (
	case_id TEXT NOT NULL PRIMARY KEY,
	at_window TEXT NOT NULL, -- office of this node at the window's end that has something to do, '' if none
	at_decider TEXT NOT NULL, -- the same at the other end
	due BIGINT NOT NULL, -- yyyymmdd
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT originals_version CHECK (version > 0)
);

CREATE INDEX originals_decider ON originals (at_decider, due, case_id) WHERE at_decider <> '';

CREATE INDEX originals_window ON originals (at_window, due, case_id) WHERE at_window <> '';

CREATE TABLE outbox (
	id TEXT NOT NULL PRIMARY KEY,
	dest TEXT NOT NULL,
	case_id TEXT NOT NULL,
	leg TEXT NOT NULL,
	kind TEXT NOT NULL,
	at BIGINT NOT NULL,
	next_try BIGINT NOT NULL,
	tries BIGINT NOT NULL,
	status TEXT NOT NULL,
	settled BIGINT NOT NULL,
	receipt BYTEA NULL,
	files BYTEA NULL,
	signed BYTEA NOT NULL,
	CONSTRAINT outbox_settled CHECK ((receipt IS NULL) = (status = ''))
);

CREATE INDEX outbox_held ON outbox (case_id) WHERE kind = 'offer' AND status = 'held';

CREATE INDEX outbox_waiting ON outbox (next_try) WHERE receipt IS NULL;

CREATE TABLE papers (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	title TEXT NOT NULL,
	check_code TEXT NOT NULL,
	number TEXT NOT NULL,
	at BIGINT NOT NULL,
	signed BYTEA NOT NULL
);

CREATE INDEX papers_case ON papers (case_id);

CREATE UNIQUE INDEX papers_check ON papers (check_code) WHERE check_code <> '';

CREATE UNIQUE INDEX papers_licence ON papers (number) WHERE kind = 'licence';

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

CREATE TABLE presentations (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	state TEXT NOT NULL,
	at BIGINT NOT NULL,
	until BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT presentations_state CHECK (state IN ('open', 'taken', 'refused'))
);

CREATE INDEX presentations_case ON presentations (case_id, at);

CREATE TABLE ratings (
	id TEXT NOT NULL PRIMARY KEY,
	case_id TEXT NOT NULL,
	target TEXT NOT NULL,
	nth BIGINT NOT NULL,
	office TEXT NOT NULL,
	level BIGINT NOT NULL, -- 1 is the best (GB/T 39046-2020 A.8)
	named BIGINT NOT NULL,
	state TEXT NOT NULL,
	void BIGINT NOT NULL, -- 1: found to be mistaken, counts in no figure
	todo TEXT NOT NULL,
	at BIGINT NOT NULL,
	due BIGINT NOT NULL, -- 0: nothing is
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT ratings_version CHECK (version > 0),
	CONSTRAINT ratings_level CHECK (level >= 1 AND level <= 5),
	CONSTRAINT ratings_nth CHECK (nth IN (1, 2)),
	CONSTRAINT ratings_target CHECK (target IN ('window', 'decider')),
	CONSTRAINT ratings_state CHECK (state IN ('given', 'open', 'verified', 'appealed', 'answered', 'closed')),
	CONSTRAINT ratings_todo_of CHECK (todo IN ('', 'work', 'review', 'call'))
);

CREATE INDEX ratings_at ON ratings (at, office);

CREATE UNIQUE INDEX ratings_once ON ratings (case_id, target, nth);

CREATE INDEX ratings_todo ON ratings (todo, due, id) WHERE todo <> '';

CREATE TABLE rule_bundles (
	publisher TEXT NOT NULL, -- node
	seq BIGINT NOT NULL,
	hash BYTEA NOT NULL,
	at BIGINT NOT NULL, -- when it came here
	signed BYTEA NOT NULL,
	PRIMARY KEY (publisher, seq),
	CONSTRAINT rule_bundles_seq CHECK (seq > 0)
);

CREATE TABLE rule_drafts (
	id TEXT NOT NULL PRIMARY KEY,
	state TEXT NOT NULL,
	saved BIGINT NOT NULL,
	version BIGINT NOT NULL,
	body TEXT NOT NULL,
	CONSTRAINT rule_drafts_version CHECK (version > 0),
	CONSTRAINT rule_drafts_state CHECK (state IN ('open', 'published', 'dropped'))
);

CREATE INDEX rule_drafts_state_saved ON rule_drafts (state, saved);

CREATE TABLE search_missed (
	day TEXT NOT NULL, -- civil day
	query TEXT NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (day, query),
	CONSTRAINT search_missed_n CHECK (n > 0)
);

CREATE TABLE seen (
	id TEXT NOT NULL PRIMARY KEY,
	until BIGINT NOT NULL
);

CREATE INDEX seen_until ON seen (until);

CREATE TABLE serials (
	name TEXT NOT NULL PRIMARY KEY,
	next BIGINT NOT NULL
);

CREATE TABLE settings (
	name TEXT NOT NULL PRIMARY KEY,
	value BYTEA NOT NULL
);

CREATE TABLE share_answers (
	asker TEXT NOT NULL, -- node
	id TEXT NOT NULL,
	at BIGINT NOT NULL,
	case_id TEXT NOT NULL,
	no TEXT NOT NULL,
	item TEXT NOT NULL,
	mac BIGINT NOT NULL, -- blind index of the subject's number
	subject BYTEA NOT NULL, deleted BIGINT NOT NULL DEFAULT 0, receipt BYTEA, question TEXT NOT NULL DEFAULT '', resource TEXT NOT NULL DEFAULT '', fields TEXT NOT NULL DEFAULT '', -- sealed
	PRIMARY KEY (asker, id)
);

CREATE INDEX share_answers_at ON share_answers (at, asker, id);

CREATE INDEX share_answers_mac ON share_answers (mac);

CREATE TABLE share_consents (
	case_id TEXT NOT NULL,
	id TEXT NOT NULL, -- hash of what was agreed to
	at BIGINT NOT NULL,
	body BYTEA NOT NULL, -- sealed
	PRIMARY KEY (case_id, id)
);

CREATE TABLE share_deleted (
	id TEXT NOT NULL PRIMARY KEY, -- of the question
	case_id TEXT NOT NULL,
	at BIGINT NOT NULL,
	receipt BYTEA NOT NULL
);

CREATE INDEX share_deleted_case ON share_deleted (case_id);

CREATE TABLE share_found (
	id TEXT NOT NULL PRIMARY KEY, -- of the question
	case_id TEXT NOT NULL,
	at BIGINT NOT NULL,
	body BYTEA NOT NULL -- sealed
);

CREATE INDEX share_found_case ON share_found (case_id);

CREATE TABLE share_rows (
	resource TEXT NOT NULL,
	version BIGINT NOT NULL,
	mac BIGINT NOT NULL, -- blind index of the person's number
	body BYTEA NOT NULL -- sealed
);

CREATE INDEX share_rows_mac ON share_rows (resource, version, mac);

CREATE TABLE share_statements (
	by_node TEXT NOT NULL,
	seq BIGINT NOT NULL,
	hash BYTEA NOT NULL,
	at BIGINT NOT NULL, -- when it came here
	signed BYTEA NOT NULL,
	PRIMARY KEY (by_node, seq),
	CONSTRAINT share_statements_seq CHECK (seq > 0)
);

CREATE TABLE share_tables (
	resource TEXT NOT NULL,
	version BIGINT NOT NULL,
	at BIGINT NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (resource, version),
	CONSTRAINT share_tables_version CHECK (version > 0)
);

CREATE TABLE status_seen (
	uri TEXT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL,
	token TEXT NOT NULL
);

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

CREATE UNIQUE INDEX visits_once ON visits (person, matter, once);

CREATE INDEX visits_person ON visits (person, day);

CREATE UNIQUE INDEX visits_seat ON visits (office, day, start, seat);

CREATE INDEX visits_until ON visits (until) WHERE until <> 0;

CREATE TABLE wallet (
	id TEXT NOT NULL PRIMARY KEY,
	owner BIGINT NOT NULL,
	kind TEXT NOT NULL,
	at BIGINT NOT NULL,
	body BYTEA NOT NULL
);

CREATE INDEX wallet_owner ON wallet (owner, kind, at);

CREATE TABLE work_answers (
	system TEXT NOT NULL,
	id TEXT NOT NULL,
	work TEXT NOT NULL,
	outcome TEXT NOT NULL,
	hash BYTEA NOT NULL,
	at BIGINT NOT NULL,
	CONSTRAINT work_answers_once PRIMARY KEY (system, id)
);

CREATE TABLE works (
	id TEXT NOT NULL PRIMARY KEY,
	system TEXT NOT NULL,
	office TEXT NOT NULL,
	case_id TEXT NOT NULL,
	leg TEXT NOT NULL,
	at BIGINT NOT NULL,
	state TEXT NOT NULL,
	tries BIGINT NOT NULL,
	next_try BIGINT NOT NULL, -- 0: nothing is to be done
	tried BIGINT NOT NULL,
	done BIGINT NOT NULL, -- last success
	why BIGINT NOT NULL, -- a code, 0 for none
	by_officer TEXT NOT NULL,
	version BIGINT NOT NULL,
	body BYTEA NOT NULL,
	CONSTRAINT works_version CHECK (version > 0),
	CONSTRAINT works_state CHECK (state IN ('waiting', 'given', 'puzzled', 'dead', 'stopping', 'ended')),
	CONSTRAINT works_next CHECK (CASE WHEN state IN ('waiting', 'stopping') THEN next_try <> 0 WHEN state IN ('dead', 'ended') THEN next_try = 0 ELSE 1 = 1 END)
);

CREATE UNIQUE INDEX works_case ON works (case_id) WHERE state IN ('waiting', 'given', 'puzzled', 'dead');

CREATE INDEX works_next_try ON works (next_try) WHERE next_try <> 0;

CREATE INDEX works_office ON works (office, state, at) WHERE state <> 'ended';

package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"sync"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Options is a Config with what the store of a node needs beyond its database.
type Options struct {
	Config
	// Vault wraps the data keys of cases and makes the blind indexes.
	Vault *proof.Vault
	// Me decides in which of the node's queues a case stands.
	Me office.NodeID
	// SerialBlock is how many numbers are taken at once, default 1. Those left when the process ends are skipped.
	SerialBlock int
	// Watch is when a case has to be looked at for alarms, zero for never; nil never looks. It is called with every change of a case.
	Watch func(casefile.Case) time.Time
}

// Store keeps the nouns of one node. All methods are safe for concurrent use; what is committed is durable.
type Store struct {
	e     *engine
	vault *proof.Vault
	me    office.NodeID
	watch func(casefile.Case) time.Time

	mu   sync.RWMutex // guards open and busy
	open map[string]opened
	busy map[string]chan struct{} // cases with a unit under way; closed when it is through

	serials serials
	fresh   fresh
	ring    keyring
}

// broken says which codes the constraints of the schema give.
var broken = []constraint{
	{"cases_pkey", "cases.id", errs.CaseExists},
	{"cases_no", "cases.no", errs.CaseExists},
	{"cases_version", "", errs.Stale},
	{"drafts_pkey", "drafts.id", errs.CaseExists},
	{"inbox_pkey", "inbox.sender, inbox.id", errs.Repeated},
	{"log_pkey", "log.idx", errs.Stale},
	{"licences_version", "", errs.Stale},
	{"licences_place", "licences.list, licences.idx", errs.StatusTaken},
	{"licence_facts_n", "licence_facts.licence, licence_facts.n", errs.Stale},
	{"log_heads_pkey", "log_heads.size", errs.Stale},
	{"rule_bundles_pkey", "rule_bundles.publisher, rule_bundles.seq", errs.Stale},
	{"rule_drafts_pkey", "rule_drafts.id", errs.Stale},
	{"rule_drafts_version", "", errs.Stale},
	{"notices_version", "", errs.Stale},
	{"charges_pkey", "charges.case_id", errs.Stale},
	{"charges_version", "", errs.Stale},
	{"payments_pkey", "payments.order_no", errs.Repeated},
	{"visits_pkey", "visits.id", errs.Stale},
	{"visits_seat", "visits.office, visits.day, visits.start, visits.seat", errs.SeatTaken},
	{"visits_once", "visits.person, visits.matter, visits.once", errs.BookedAlready},
	{"visits_version", "", errs.Stale},
	{"accounts_pkey", "accounts.unit", errs.UnitTaken},
	{"accounts_version", "", errs.Stale},
	{"mandates_pkey", "mandates.id", errs.Stale},
	{"mandates_version", "", errs.Stale},
	{"ratings_pkey", "ratings.id", errs.RatedAlready},
	{"ratings_once", "ratings.case_id, ratings.target, ratings.nth", errs.RatedAlready},
	{"ratings_version", "", errs.Stale},
	{"works_version", "", errs.Stale},
	{"work_answers_once", "work_answers.system, work_answers.id", errs.Repeated},
	{"alarms_pkey", "alarms.id", errs.Repeated},
	{"alarms_once", "alarms.case_id, alarms.cause", errs.Repeated},
	{"alarms_version", "", errs.Stale},
	{"orders_pkey", "orders.id", errs.Repeated},
	{"orders_version", "", errs.Stale},
	{"inquiries_version", "", errs.Stale},
	{"challenges_version", "", errs.Stale},
	{"originals_pkey", "originals.case_id", errs.Stale},
	{"originals_version", "", errs.Stale},
	{"complaints_pkey", "complaints.id", errs.ComplaintOpen},
	{"complaints_once", "complaints.case_id, complaints.target, complaints.nth", errs.ComplaintOpen},
	{"complaints_version", "", errs.Stale},
	{"figure_cases_pkey", "figure_cases.case_id", errs.Stale},
	{"figure_cases_version", "", errs.Stale},
	{"seen_pkey", "seen.id", errs.Repeated},
	{"key_gens_one", "key_gens.state", errs.KeysMoving},
	{"share_answers_pkey", "share_answers.asker, share_answers.id", errs.Repeated},
	{"share_tables_pkey", "share_tables.resource, share_tables.version", errs.Stale},
	{"share_statements_pkey", "share_statements.by_node, share_statements.seq", errs.Stale},
}

// Open connects and brings the database to this binary's version. Errors: those of the address (errs.StoreAddress), of
// its settings (errs.StoreNotDurable), errs.TryLater, errs.MigrationFailed, errs.CorruptRow.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Vault == nil {
		return nil, errs.New(errs.Unexpected, "a store needs a vault")
	}
	o.constraints = broken
	e, err := open(ctx, o.Config)
	if err != nil {
		return nil, err
	}
	if err := e.migrate(ctx); err != nil {
		return nil, errors.Join(err, e.close())
	}
	s := &Store{
		ring: keyring{me: rand.Text()},
		e:    e, vault: o.Vault, me: o.Me, watch: o.Watch, open: map[string]opened{}, busy: map[string]chan struct{}{},
		serials: serials{size: int64(orDefault(o.SerialBlock, 1)), free: map[string]block{}},
	}
	if err := s.openKeys(ctx); err != nil {
		return nil, errors.Join(err, e.close())
	}
	e.before = s.freshKeys
	if err := s.fillLists(ctx); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return s, nil
}

// Close finishes what is under way; later calls give errs.StoreClosed. Twice is fine.
func (s *Store) Close() error { return s.e.close() }

// Commits counts the transactions so far; units that were committed together count once.
func (s *Store) Commits() int64 { return s.e.commits.Load() }

// turn waits until no other unit of this process changes the case, and refuses one that has lost already. The database
// would refuse it too, but with it all units that share its commit, which then have to be repeated.
func (s *Store) turn(ctx context.Context, id string, version int64) (done func(), err error) {
	for {
		s.mu.Lock()
		other := s.busy[id]
		if other == nil {
			if have, ok := s.open[id]; ok && have.version > version && version > 0 {
				s.mu.Unlock()
				return nil, errs.New(errs.Stale, "case %s is at %d, was read at %d", id, have.version, version)
			}
			mine := make(chan struct{})
			s.busy[id] = mine
			s.mu.Unlock()
			return func() {
				s.mu.Lock()
				delete(s.busy, id)
				s.mu.Unlock()
				close(mine)
			}, nil
		}
		s.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

const selectDataKey = `SELECT datakey FROM cases WHERE id = $1`

// keyOf gives the data key of a case; ok is false if the case is not here.
func (s *Store) keyOf(ctx context.Context, id string) (key proof.DataKey, ok bool, err error) {
	if o, known := s.remembered(id); known {
		return o.key, true, nil
	}
	var wrapped []byte
	err = s.e.queryRow(ctx, selectDataKey, id).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return proof.DataKey{}, false, nil
	}
	if err != nil {
		return proof.DataKey{}, false, err
	}
	if key, err = s.vault.DataKey(wrapped); err != nil {
		return proof.DataKey{}, false, corrupt("cases", id)
	}
	s.remember(id, opened{key: key})
	return key, true, nil
}

// found turns "no row" into errs.Missing.
func found(err error, what, id string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return missing(what, id)
	}
	return err
}

// corrupt names a row that is not what was written, and nothing of what it holds.
func corrupt(table, id string) error { return errs.New(errs.CorruptRow, "%s %s", table, id) }

func missing(what, id string) error { return errs.New(errs.Missing, "%s %s", what, id) }

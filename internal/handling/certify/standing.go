package certify

import (
	"context"
	"crypto/rand"
	"math/big"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Register is what the acts after issue need to read. What is not there is errs.Missing.
type Register interface {
	// Life tells how a licence of this node stands.
	Life(ctx context.Context, id string) (licence.Life, error)
	// LivesOver gives licences in force or suspended whose last day was before day, at most limit.
	LivesOver(ctx context.Context, day string, limit int) ([]licence.Life, error)
	// Licence gives the signed record as a paper of its case.
	Licence(ctx context.Context, id string) (unit.Paper, error)
	// StatusList gives the states of the places of a list that are not in force; errs.Missing if the list was never begun.
	StatusList(ctx context.Context, list int64) (map[int]licence.State, error)
	// FactAct gives the first fact of an act in a case.
	FactAct(ctx context.Context, caseID string, act casefile.Act) (casefile.Known, error)
}

// A status list has listSize places, of which listFill are given out, at random: from its licence's place nobody can tell when
// it was issued or how many there are, and a free one is found at once.
const (
	listSize = 1 << 17
	listFill = 1 << 16
	listBits = 2
)

// placeTries is how often a place that was just taken is drawn anew.
const placeTries = 8

// now is business time as it is stored.
func (s *Issuer) now() time.Time { return s.Kit.Now().UTC().Truncate(time.Microsecond) }

// place draws a place in the status lists.
func (s *Issuer) place(ctx context.Context) (list int64, idx int, err error) {
	n, err := s.Store.Serial(ctx, "status-list")
	if err != nil {
		return 0, 0, err
	}
	at, err := rand.Int(rand.Reader, big.NewInt(listSize))
	if err != nil {
		return 0, 0, errs.Wrap(errs.Unexpected, err, "status place")
	}
	return (n-1)/listFill + 1, int(at.Int64()), nil
}

// begin adds a new licence's first act to a unit.
func (s *Issuer) begin(ctx context.Context, u *unit.Unit, l licence.Licence, d licence.Doing) error {
	life := licence.Life{ID: l.ID, Type: l.TypeCode, Case: l.CaseID, Until: l.Until}
	var err error
	if life.List, life.Idx, err = s.place(ctx); err != nil {
		return err
	}
	return s.record(u, life, d)
}

// record does an act and adds it, signed, to a unit.
func (s *Issuer) record(u *unit.Unit, life licence.Life, d licence.Doing) error {
	life, fact, err := life.Do(d, u.At)
	if err != nil {
		return err
	}
	signed, err := proof.SignJSON(s.Kit.Signer, licence.TypFact, fact)
	if err != nil {
		return err
	}
	u.Licences = append(u.Licences, unit.Standing{Life: life, Signed: signed})
	return nil
}

// again commits what build makes, and builds it anew while the place in the status list was just taken.
func (s *Issuer) again(ctx context.Context, build func() (unit.Unit, error)) error {
	var err error
	for range placeTries {
		var u unit.Unit
		if u, err = build(); err != nil {
			return err
		}
		if err = s.Store.Commit(ctx, u); !errs.Is(err, errs.StatusTaken) {
			return err
		}
	}
	return err
}

// mayAct lets the deciding officers of the licence's own office act on it.
func (s *Issuer) mayAct(by casefile.Actor, id licence.Identifier) error {
	if by.Node != s.Kit.Me || by.Office != id.Issuer || (!by.Has(office.Decider) && !by.Has(office.Lead)) {
		return errs.New(errs.NotYours, "%s may not act on licences of %s", by.ID, id.Issuer)
	}
	return nil
}

// Do suspends, resumes, revokes, strikes, cancels or moves out a licence of the officer's own office. The status list tells of it
// with the same commit. row is the version that the officer saw, 0 takes it as it is. Changing and taking over have functions of
// their own. Errors: errs.Missing, errs.NotYours, errs.Stale, errs.LicenceMoveRefused.
func (s *Issuer) Do(ctx context.Context, by casefile.Actor, id string, row int64, d licence.Doing) (licence.Life, error) {
	parsed, err := licence.ParseIdentifier(id)
	if err != nil {
		return licence.Life{}, err
	}
	if err := s.mayAct(by, parsed); err != nil {
		return licence.Life{}, err
	}
	if d.Act == licence.ActChange || d.Act == licence.ActMoveIn || d.Act == licence.ActIssue || d.Act == licence.ActExpire {
		return licence.Life{}, errs.New(errs.LicenceMoveRefused, "%s is no act on its own", d.Act)
	}
	life, err := s.Register.Life(ctx, id)
	if err != nil {
		return licence.Life{}, err
	}
	if row != 0 && life.Row != row {
		return licence.Life{}, errs.New(errs.Stale, "%s was read at %d, is at %d", id, row, life.Row)
	}
	d.By, d.Office = s.Kit.Me, by.Office
	u := unit.Unit{At: s.now()}
	if err := s.record(&u, life, d); err != nil {
		return licence.Life{}, err
	}
	u.Log = s.logged(u, life.Case, by.ID)
	if err := s.Store.Commit(ctx, u); err != nil {
		return licence.Life{}, err
	}
	done := u.Licences[0].Life
	done.Row++
	return done, nil
}

// logged is a log entry for each act of a unit.
func (s *Issuer) logged(u unit.Unit, caseID, who string) []accesslog.Entry {
	out := u.Log
	for _, x := range u.Licences {
		out = append(out, accesslog.Entry{
			Kind: accesslog.Act, At: u.At, Case: caseID, Who: who, What: "licence." + string(x.Life.State), Fact: x.Signed.Hash(),
		})
	}
	return out
}

// Expire ends licences whose last day is over, at most limit, and reports how many. It is the clock's act: nobody's decision.
func (s *Issuer) Expire(ctx context.Context, limit int) (int, error) {
	now := s.now()
	list, err := s.Register.LivesOver(ctx, workday.DateOf(now).String(), limit)
	if err != nil {
		return 0, err
	}
	for i, life := range list {
		u := unit.Unit{At: now}
		id, err := licence.ParseIdentifier(life.ID)
		if err != nil {
			return i, err
		}
		if err := s.record(&u, life, licence.Doing{Act: licence.ActExpire, By: s.Kit.Me, Office: id.Issuer}); err != nil {
			return i, err
		}
		u.Log = s.logged(u, life.Case, string(s.Kit.Me))
		if err := s.Store.Commit(ctx, u); err != nil && !errs.Is(err, errs.Stale) { // an officer was first: the next round looks again
			return i, err
		}
	}
	return len(list), nil
}

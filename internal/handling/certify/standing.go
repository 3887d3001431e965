package certify

import (
	"context"
	"crypto/rand"
	"math/big"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/party"
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
	// LicenceFacts gives the signed acts on a licence, the oldest first.
	LicenceFacts(ctx context.Context, id string) ([]proof.Signed, error)
	// FindLicences gives licences of this node under one of the forms, or of a case under one of them, the newest first.
	FindLicences(ctx context.Context, by []party.Lookup, limit int) ([]licence.Life, error)
	// LicenceWish gives the act that waits for a second person.
	LicenceWish(ctx context.Context, id string) (unit.Wish, error)
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

// begin draws a place in the status lists for a new licence, signs it with that place, and adds its first act to a unit. The
// record names its place, so it is signed anew when the place was just taken.
func (s *Issuer) begin(ctx context.Context, u *unit.Unit, l *licence.Licence, d licence.Doing) (proof.Signed, error) {
	life := licence.Life{ID: l.ID, Type: l.TypeCode, Case: l.CaseID, Until: l.Until}
	var err error
	if life.List, life.Idx, err = s.place(ctx); err != nil {
		return proof.Signed{}, err
	}
	n, err := s.me()
	if err != nil {
		return proof.Signed{}, err
	}
	l.Status = &statuslist.Ref{URI: listURI(n, life.List), Idx: life.Idx}
	signed, err := licence.Issue(s.Kit.Signer, *l)
	if err != nil {
		return proof.Signed{}, err
	}
	if err := s.record(u, life, d); err != nil {
		return proof.Signed{}, err
	}
	u.Licences[len(u.Licences)-1].Lookups = unit.LicenceForms(*l)
	return signed, nil
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

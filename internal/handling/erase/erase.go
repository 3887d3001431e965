// Package erase deletes what other provinces told this one for a case once its time is over, and gives each of them a signed receipt
// (政务数据共享条例 第27条). What remains are facts and digests.
package erase

import (
	"context"
	"slices"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/challenge"
	"tongban/internal/domain/complaint"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/question"
	"tongban/internal/domain/retention"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Store is what is read to delete. FoundOf gives the newest answers of a case, as many as one look deals with. Commit fails with
// errs.Stale if something that the unit deletes is gone already. Safe for concurrent use.
type Store interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	FoundOf(ctx context.Context, caseID string) ([]unit.Found, error)
	Complaints(ctx context.Context, caseID string) ([]complaint.Complaint, error)
	Challenges(ctx context.Context, caseID string) ([]challenge.Challenge, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Eraser deletes at one node. Safe for concurrent use.
type Eraser struct {
	Kit   *unit.Kit
	Store Store
	// Days is for how long after the case signed terms let an answer about a resource be kept; false if they are not known.
	Days func(terms proof.Hash, provider office.NodeID, resource string) (int, bool)
}

// again is when a case is looked at once more of which nobody knows yet when it ends.
const again = 24 * time.Hour

// Settle deletes what a case's time is over for, with a receipt for each province that told it, and sets the next look. Nothing is lost
// if it is done twice or late. errs.Stale if another replica did it meanwhile.
func (e *Eraser) Settle(ctx context.Context, caseID string) error {
	c, err := e.Store.Case(ctx, caseID)
	if err != nil {
		return err
	}
	list, err := e.Store.FoundOf(ctx, caseID)
	if err != nil {
		return err
	}
	terms, err := e.Terms(ctx, c, list)
	if err != nil {
		return err
	}
	u := unit.Unit{At: e.Kit.Now().UTC().Truncate(time.Microsecond)}
	today := workday.DateOf(u.At)
	next := unit.Due{Case: caseID, Kind: unit.DueKeep} // a zero time ends it
	gone := map[office.NodeID][]retention.Gone{}
	for i, f := range list {
		if !terms[i].Over(today) {
			at := u.At.Add(again)
			if !terms[i].Until.IsZero() {
				at = terms[i].Until.End()
			}
			if next.At.IsZero() || at.Before(next.At) {
				next.At = at
			}
			continue
		}
		u.Erased = append(u.Erased, unit.Erased{ID: f.ID, Case: caseID})
		if told(f) {
			gone[f.Provider] = append(gone[f.Provider], retention.Gone{
				ID: f.ID, Question: f.Query.Hash(), Answer: f.Answer.Hash(), Resource: f.Resource, Until: terms[i].Until, Why: terms[i].Why,
			})
		}
	}
	if len(list) >= retention.Most && len(u.Erased) > 0 { // there may be older ones
		next.At = u.At
	}
	u.Due = append(u.Due, next)
	for to, list := range gone {
		if err := e.receipt(&u, c, to, list); err != nil {
			return err
		}
	}
	if err := e.Store.Commit(ctx, u); err != nil {
		return err
	}
	if len(u.Out) > 0 {
		e.Kit.Woken()
	}
	return nil
}

// told reports whether an answer told anything; a refusal needs no receipt.
func told(f unit.Found) bool {
	var a question.Answer
	return f.Answer.Into(&a) == nil && a.Refused == 0
}

// receipt signs what was deleted and posts it, in the unit that deletes it.
func (e *Eraser) receipt(u *unit.Unit, c casefile.Case, to office.NodeID, list []retention.Gone) error {
	basis := retention.Default().On(workday.DateOf(c.Closed)).Basis
	signed, err := e.Kit.Sign(retention.Typ, retention.Receipt{Case: c.ID, From: e.Kit.Me, To: to, At: u.At, Basis: basis, Gone: list})
	if err != nil {
		return err
	}
	for _, g := range list {
		i := slices.IndexFunc(u.Erased, func(x unit.Erased) bool { return x.ID == g.ID })
		u.Erased[i].Receipt = signed
		u.Log = append(u.Log, accesslog.Entry{
			Kind: accesslog.Act, At: u.At, Case: c.ID, Who: "clock", What: unit.ShareDeleted, Reason: workday.DateOf(u.At).String(), Fact: g.Question, Basis: basis,
		})
	}
	body, err := proof.Marshal(signed)
	if err != nil {
		return err
	}
	leg, ok := c.LegOf(item.Decide)
	if !ok {
		return errs.New(errs.BadEnvelope, "%s has no leg that asked", c.No)
	}
	return e.Kit.Post(u, exchange.Envelope{ID: unit.NewID(), To: to, Kind: exchange.Deletion, Case: c.ID, Leg: leg.Key, At: u.At, Private: body})
}

// Terms says of each answer until when it may be kept, and why.
func (e *Eraser) Terms(ctx context.Context, c casefile.Case, list []unit.Found) ([]retention.Term, error) {
	if len(list) == 0 {
		return nil, nil
	}
	made, err := e.Store.Complaints(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	said, err := e.Store.Challenges(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	held := Held(made, said)
	out := make([]retention.Term, len(list))
	for i, f := range list {
		var q question.Query
		days, known := 0, false
		if f.Query.Into(&q) == nil {
			days, known = e.Days(q.Terms, f.Provider, f.Resource)
		}
		out[i] = retention.Of(c, days, known, held, retention.Default())
	}
	return out, nil
}

// Held is what else holds deletion back, by the complaints and objections about a case; "" for nothing.
func Held(made []complaint.Complaint, said []challenge.Challenge) retention.Why {
	switch {
	case slices.ContainsFunc(made, func(x complaint.Complaint) bool { return x.Care.State != complaint.Closed }):
		return retention.Contested
	case slices.ContainsFunc(said, challenge.Challenge.Open):
		return retention.Objected
	}
	return ""
}

package handover

import (
	"context"
	"slices"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/challenge"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/retention"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// mostChallenges bounds what other nodes can say about one case.
const mostChallenges = 50

// takeChallenge takes in an objection to a value that this node told, or the answer to one, or the correction of a value that it was
// told. What the sender may not say, or what is about nothing that was told, is refused for good.
func (p *Post) takeChallenge(ctx context.Context, u *unit.Unit, known casefile.Case, e exchange.Envelope, hash proof.Hash) (proof.Signed, error) {
	var w challenge.Word
	if proof.Unmarshal(e.Private, &w) != nil {
		return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
	}
	have, err := p.Store.Challenge(ctx, w.Challenge.ID)
	if err != nil && !errs.Is(err, errs.Missing) {
		return proof.Signed{}, err
	}
	o, changed, err := w.Arrived(have, e.From, p.Kit.Me, e.Case)
	if err == nil && changed && have.ID == "" {
		o, err = p.challenged(ctx, o, known, u)
	}
	switch {
	case err != nil && !errs.Is(err, errs.BadEnvelope):
		return proof.Signed{}, err
	case err != nil:
		return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
	case !changed:
		return p.receipt(e, hash, exchange.Noted, "", u.At)
	}
	what := "objection.raised"
	if !o.Open() {
		what = "objection." + string(o.Answer.Kind)
	}
	u.Challenges = append(u.Challenges, o)
	u.Log = append(u.Log, accesslog.Entry{
		Kind: accesslog.Act, At: u.At, Case: e.Case, Who: string(e.From), What: what, Fact: o.Told.Question, Fields: []string{o.Field},
	})
	return p.receipt(e, hash, exchange.Noted, "", u.At)
}

// challenged completes an objection that is new here, if it is about something that was told: errs.BadEnvelope if not.
func (p *Post) challenged(ctx context.Context, o challenge.Challenge, known casefile.Case, u *unit.Unit) (challenge.Challenge, error) {
	list, err := p.Store.Challenges(ctx, o.Told.Case)
	if err != nil {
		return o, err
	}
	twice := slices.ContainsFunc(list, func(x challenge.Challenge) bool { return x.Told.ID == o.Told.ID && x.Field == o.Field && x.Open() })
	if len(list) >= mostChallenges || twice && o.Open() {
		return o, errs.New(errs.BadEnvelope, "%d challenges about %s", len(list), o.Told.Case)
	}
	if o.Owner == p.Kit.Me {
		a, err := p.Store.Answered(ctx, o.Asker, o.Told.ID)
		if err != nil && !errs.Is(err, errs.Missing) {
			return o, err
		}
		if err != nil || a.About() != o.Told || !slices.Contains(a.Fields, o.Field) {
			return o, errs.New(errs.BadEnvelope, "%s is about nothing that was told", o.ID)
		}
		o.Due = sharing.DefaultClocks().VerifyBy(p.Kit.Calendar, workday.DateOf(u.At))
		return o, nil
	}
	leg, ok := known.LegOf(item.Decide)
	if !ok || string(known.No) != o.Told.No || known.Item != o.Told.Item {
		return o, errs.New(errs.BadEnvelope, "case %s did not ask", o.Told.Case)
	}
	o.Office = leg.Office
	asked, err := p.asked(ctx, o)
	if err == nil && !asked {
		err = errs.New(errs.BadEnvelope, "%s is about nothing that was told", o.ID)
	}
	return o, err
}

// asked reports whether the owner told this node what an objection is about; it may be deleted since.
func (p *Post) asked(ctx context.Context, o challenge.Challenge) (bool, error) {
	found, err := p.Store.FoundOf(ctx, o.Told.Case)
	if err != nil {
		return false, err
	}
	for _, f := range found {
		if f.ID == o.Told.ID {
			return f.Provider == o.Owner && f.Resource == o.Told.Resource && f.Query.Hash() == o.Told.Question, nil
		}
	}
	gone, err := p.Store.DeletedOf(ctx, o.Told.Case)
	if err != nil {
		return false, err
	}
	for _, x := range gone {
		var r retention.Receipt
		if x.ID == o.Told.ID && x.Receipt.Into(&r) == nil && r.To == o.Owner {
			return slices.ContainsFunc(r.Gone, func(g retention.Gone) bool {
				return g.ID == o.Told.ID && g.Question == o.Told.Question && g.Resource == o.Told.Resource
			}), nil
		}
	}
	return false, nil
}

package handover

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/message"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/domain/rating"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// After a loss the post room does again what it did before (handling/rebuild): from its own envelopes and receipts, which others
// kept. Nobody hears of it, the log has it already, and the receipts are those that were signed then.

// Known reports whether an envelope was dealt with here: taken, or, if it is an own one, answered with its receipt.
func (p *Post) Known(ctx context.Context, from office.NodeID, id string) (bool, error) {
	if from != p.Kit.Me {
		_, ok, err := p.Store.Arrival(ctx, from, id)
		return ok, err
	}
	_, settled, err := p.Store.Sent(ctx, id)
	if errs.Is(err, errs.Missing) {
		return false, nil
	}
	return settled != nil, err
}

// OpenOwn opens an envelope that this node sent, with the addressee's receipt, or that it took, with its own. Both signatures are
// checked; the time is that at which it was sent or taken by this node's clock.
func (p *Post) OpenOwn(s, receipt proof.Signed) (exchange.Envelope, exchange.Receipt, time.Time, error) {
	var named exchange.Envelope
	if err := s.Into(&named); err != nil {
		return named, exchange.Receipt{}, time.Time{}, err
	}
	e, err := exchange.OpenEnvelope(s, p.Kit.Trust(), named.To)
	if err != nil {
		return e, exchange.Receipt{}, time.Time{}, err
	}
	if (e.From == p.Kit.Me) == (e.To == p.Kit.Me) {
		return e, exchange.Receipt{}, time.Time{}, errs.New(errs.WrongAddressee, "envelope %s of %s for %s", e.ID, e.From, e.To)
	}
	r, err := exchange.OpenReceipt(receipt, p.Kit.Trust(), parcelOf(e, s))
	if err == nil && r.To != e.From {
		err = errs.New(errs.BadReceipt, "receipt for %s is for %s", e.ID, r.To)
	}
	if e.From == p.Kit.Me {
		return e, r, e.At, err
	}
	return e, r, r.At, err
}

func parcelOf(e exchange.Envelope, s proof.Signed) exchange.Parcel {
	return exchange.Parcel{ID: e.ID, To: e.To, Case: e.Case, Leg: e.Leg, Kind: e.Kind, Signed: s, Files: e.Files, At: e.At}
}

// quiet is the kit as it was at a time, whose notices stand on the page and go nowhere: they went out then.
func (p *Post) quiet(at time.Time) *unit.Kit {
	k := *p.Kit
	k.Now, k.Outlets = func() time.Time { return at }, false
	return &k
}

// here reads a case; a zero one if it is not here.
func (p *Post) here(ctx context.Context, id string) (casefile.Case, error) {
	c, err := p.Store.Case(ctx, id)
	if errs.Is(err, errs.Missing) {
		return casefile.Case{}, nil
	}
	return c, err
}

// Retook takes an envelope in once more, under the receipt that this node gave for it. logged says that the log has it: what it
// does not have came in the last moments, which nobody else saw, and is entered anew.
func (p *Post) Retook(ctx context.Context, s, receipt proof.Signed, logged bool) error {
	e, r, at, err := p.OpenOwn(s, receipt)
	if err != nil {
		return err
	}
	known, ok, err := p.Store.Arrival(ctx, e.From, e.ID)
	if err != nil {
		return err
	}
	if ok {
		if known.Hash != s.Hash() {
			return errs.New(errs.ReusedID, "envelope %s of %s", e.ID, e.From)
		}
		return nil
	}
	c, err := p.here(ctx, e.Case)
	if err != nil {
		return err
	}
	u := unit.Unit{At: at, In: &exchange.Arrival{
		From: e.From, ID: e.ID, Case: e.Case, Kind: e.Kind, Signed: s, Hash: s.Hash(), Receipt: receipt, Status: r.Status, At: at,
	}}
	if !logged {
		u.Log = append(u.Log, accesslog.Entry{Kind: accesslog.Took, At: at, Case: e.Case, Who: string(e.From), What: e.ID})
	}
	if r.Status != exchange.Refused {
		switch e.Kind {
		case exchange.Offer:
			err = p.retakeOffer(&u, c, e, r)
		case exchange.Notice:
			err = p.retakeNotice(&u, c, e)
		case exchange.Message:
			err = p.retakeMessage(&u, c, e)
		case exchange.Rating:
			err = p.retakeRating(ctx, &u, c, e)
		case exchange.Recall:
			err = p.tombstone(ctx, e, r, receipt)
		case exchange.Inquiry, exchange.Complaint, exchange.Order, exchange.Deletion, exchange.Papers, exchange.Challenge: // their rows do not come back; the envelope counts as received
		}
	}
	if err != nil {
		return err
	}
	return p.Store.Commit(ctx, u)
}

// tombstone leaves what keeps a recalled offer from being taken.
func (p *Post) tombstone(ctx context.Context, e exchange.Envelope, r exchange.Receipt, receipt proof.Signed) error {
	if r.Status != exchange.Recalled {
		return nil
	}
	_, ok, err := p.Store.Arrival(ctx, e.From, e.Recalls)
	if err != nil || ok {
		return err
	}
	return p.Store.Commit(ctx, unit.Unit{At: r.At, In: &exchange.Arrival{
		From: e.From, ID: e.Recalls, Case: e.Case, Kind: exchange.Recall, Hash: r.Hash, Receipt: receipt, Status: r.Status, At: r.At,
	}})
}

func (p *Post) retakeOffer(u *unit.Unit, known casefile.Case, e exchange.Envelope, r exchange.Receipt) error {
	if r.Status != exchange.Held {
		return nil
	}
	facts, err := p.facts(e)
	if err != nil {
		return err
	}
	in, err := p.payload(e)
	if err != nil {
		return err
	}
	kit := p.quiet(r.At)
	law, err := kit.Law(in.Case, known.Day(r.At))
	if err != nil {
		return err
	}
	c, at, err := casefile.Take(known, e, in, facts, p.Kit.Me, law, r.At)
	if err != nil {
		return err
	}
	if !at.Equal(r.At) {
		return errs.New(errs.BadReceipt, "%s was taken at %s, not at %s", e.ID, r.At, at)
	}
	u.Facts, u.Case = facts, &c
	if err := p.papers(u, c.ID, e.From, in.Papers); err != nil {
		return err
	}
	if in.Case.Licence != "" {
		c.Licence = in.Case.Licence
	}
	if known.ID == "" {
		u.Lookups = unit.CaseForms(c)
	}
	for _, f := range facts {
		kit.Told(u, c, f.Fact, f.Hash)
	}
	p.silence(u, c)
	return nil
}

// silence puts the day on which silence has its meaning on the list of due work, or takes it off.
func (p *Post) silence(u *unit.Unit, c casefile.Case) {
	d := unit.Due{Case: c.ID, Kind: unit.DueSilence}
	if until, ok := c.SilenceAt(); ok {
		d.At = until
	}
	u.Due = append(u.Due, d)
}

func (p *Post) retakeNotice(u *unit.Unit, c casefile.Case, e exchange.Envelope) error {
	if c.ID == "" {
		return errs.New(errs.NotInOrder, "case %s is not here", e.Case)
	}
	facts, err := p.facts(e)
	if err != nil {
		return err
	}
	in, err := p.payload(e)
	if err != nil {
		return err
	}
	kit := p.quiet(u.At)
	for _, f := range facts {
		c = c.Learn(f.Fact, f.Hash)
	}
	if err := p.papers(u, c.ID, e.From, in.Papers); err != nil {
		return err
	}
	for _, f := range facts {
		kit.Told(u, c, f.Fact, f.Hash)
	}
	if _, shared := c.LegOf(item.Verify); shared && c.Coordinator == p.Kit.Me { // what it brought about is in the offers that follow
		law, err := kit.Law(c, c.Day(u.At))
		if err != nil {
			return err
		}
		c = casefile.React(c, p.Kit.Me, e.From, in.Verified, law, unit.NewID, u.At)
	}
	u.Facts, u.Case = facts, &c
	return nil
}

func (p *Post) retakeMessage(u *unit.Unit, c casefile.Case, e exchange.Envelope) error {
	var m message.Message
	if err := proof.Unmarshal(e.Private, &m); err != nil || c.ID == "" {
		return errs.New(errs.NotInOrder, "message %s: its case is not here", e.ID)
	}
	m.At, m.Open = u.At, m.From == message.Applicant
	u.Messages = append(u.Messages, m)
	if m.From == message.Office {
		p.quiet(u.At).Notify(u, notice.Spoken(c, m.ID, m.Office, u.At))
	}
	return nil
}

func (p *Post) retakeRating(ctx context.Context, u *unit.Unit, c casefile.Case, e exchange.Envelope) error {
	have, err := p.Store.Ratings(ctx, e.Case)
	if err != nil {
		return err
	}
	var w rating.Word
	if err := proof.Unmarshal(e.Private, &w); err != nil {
		return err
	}
	r, err := w.Arrived(c, e.From, p.Kit.Me, have, p.Kit.Ratings, p.Kit.Calendar, u.At)
	if err != nil {
		return err
	}
	u.Ratings = append(u.Ratings, r)
	return nil
}

// Resent puts an own envelope back that its addressee has, and settles it with the receipt. logged is that of Retook; by names
// the officer of an own fact, false if the log does not have it.
func (p *Post) Resent(ctx context.Context, s, receipt proof.Signed, logged bool, by func(proof.Hash) (string, bool)) error {
	e, r, _, err := p.OpenOwn(s, receipt)
	if err != nil {
		return err
	}
	known, settled, err := p.Store.Sent(ctx, e.ID)
	switch {
	case errs.Is(err, errs.Missing):
		if err := p.repost(ctx, e, s, logged, by); err != nil {
			return err
		}
	case err != nil:
		return err
	case known.Signed.Hash() != s.Hash():
		return errs.New(errs.ReusedID, "envelope %s", e.ID)
	case settled != nil:
		return nil
	}
	if still(e.Kind) {
		return p.Store.Commit(ctx, unit.Unit{At: e.At, Settled: []exchange.Settlement{{Parcel: e.ID, Receipt: receipt, Status: r.Status, At: r.At}}})
	}
	return p.store(ctx, parcelOf(e, s), receipt, r)
}

// repost is the unit that first posted an own envelope, as far as the envelope tells.
func (p *Post) repost(ctx context.Context, e exchange.Envelope, s proof.Signed, logged bool, by func(proof.Hash) (string, bool)) error {
	c, err := p.here(ctx, e.Case)
	if err != nil {
		return err
	}
	u := unit.Unit{At: e.At, Out: []exchange.Parcel{parcelOf(e, s)}}
	if !logged {
		u.Log = append(u.Log, accesslog.Entry{Kind: accesslog.Sent, At: e.At, Case: e.Case, Who: string(p.Kit.Me), What: e.ID})
	}
	switch e.Kind {
	case exchange.Offer, exchange.Notice:
		err = p.bring(&u, c, e, by)
	case exchange.Recall:
		c, err = recalled(c, e)
		u.Case = &c
	case exchange.Message:
		var m message.Message
		if err = proof.Unmarshal(e.Private, &m); err == nil {
			m.At = e.At
			u.Messages = append(u.Messages, m)
		}
	case exchange.Rating, exchange.Inquiry, exchange.Complaint, exchange.Order, exchange.Deletion, exchange.Papers, exchange.Challenge: // what it was about stood here alone
	}
	if err != nil {
		return err
	}
	return p.Store.Commit(ctx, u)
}

// recalled notes that an offer was asked back.
func recalled(c casefile.Case, e exchange.Envelope) (casefile.Case, error) {
	if c.ID == "" {
		return c, errs.New(errs.NotInOrder, "case %s is not here", e.Case)
	}
	c.Legs = slices.Clone(c.Legs)
	for i, l := range c.Legs {
		if l.Transit != nil && l.Transit.Envelope == e.Recalls {
			t := *l.Transit
			t.Recall = e.ID
			c.Legs[i].Transit = &t
		}
	}
	return c, nil
}

// bring brings back what an own offer or notice says of the case: an offer brings the whole case as it stood, a notice the acts.
func (p *Post) bring(u *unit.Unit, c casefile.Case, e exchange.Envelope, by func(proof.Hash) (string, bool)) error {
	facts, err := p.facts(e)
	if err != nil {
		return err
	}
	in, err := p.payload(e)
	if err != nil {
		return err
	}
	kit := p.quiet(e.At)
	if c.ID == "" && e.Kind == exchange.Notice {
		return errs.New(errs.NotInOrder, "case %s is not here", e.Case)
	}
	if c.ID == "" {
		u.Lookups = unit.CaseForms(casefile.Case{Private: in.Private})
	}
	if e.Kind == exchange.Offer {
		row := c.Row
		c = in.Case
		c.Private, c.Row = in.Private, row
	}
	for _, f := range facts {
		who, logged := by(f.Hash)
		if f.Fact.By == p.Kit.Me && !logged {
			u.Log = append(u.Log, accesslog.Entry{
				Kind: accesslog.Act, At: f.Fact.At, Case: c.ID, Who: string(p.Kit.Me), Office: f.Fact.Office, What: string(f.Fact.Act), Fact: f.Hash,
			})
		}
		if f.Fact.By == p.Kit.Me && e.Kind == exchange.Notice {
			v, err := p.Kit.Catalogue.Pinned(f.Fact.Rule, f.Fact.Pins)
			if err != nil {
				return err
			}
			c = casefile.Redo(c, f.Fact, f.Hash, who, casefile.Law{Version: v, Calendar: p.Kit.Calendar})
		}
		kit.Told(u, c, f.Fact, f.Hash)
	}
	for _, v := range in.Verified {
		c = c.Answered(v)
	}
	if err := p.ownPapers(u, &c, e, in.Papers); err != nil {
		return err
	}
	p.silence(u, c)
	u.Facts, u.Case = facts, &c
	return nil
}

// ownPapers keeps the papers that an own envelope carried, and puts an own licence back into the register.
func (p *Post) ownPapers(u *unit.Unit, c *casefile.Case, e exchange.Envelope, list []proof.Signed) error {
	if err := p.papers(u, c.ID, p.Kit.Me, list); err != nil {
		return err
	}
	for _, s := range list {
		if s.Typ != licence.Typ {
			continue
		}
		l, err := licence.Verify(s, p.Kit.Trust())
		if err != nil {
			return err
		}
		c.Licence = l.ID
		if err := p.relist(u, l, e.At); err != nil {
			return err
		}
	}
	return nil
}

// relist puts a licence back under its place in the status list. Its first act is signed again: the same words about the same
// instant, so that it is the same fact.
func (p *Post) relist(u *unit.Unit, l licence.Licence, at time.Time) error {
	if l.Status == nil {
		return nil
	}
	life := licence.Life{ID: l.ID, Type: l.TypeCode, Case: l.CaseID, Until: l.Until, Idx: l.Status.Idx}
	_, list, _ := strings.Cut(l.Status.URI, "/status/")
	if _, err := fmt.Sscanf(list, "%d", &life.List); err != nil {
		return errs.Wrap(errs.StatusMissing, err, "%s", l.ID)
	}
	life, fact, err := life.Do(licence.Doing{Act: licence.ActIssue, By: p.Kit.Me, Office: l.Issuer.Code}, at)
	if err != nil {
		return err
	}
	signed, err := proof.SignJSON(p.Kit.Signer, licence.TypFact, fact)
	if err != nil {
		return err
	}
	u.Licences = append(u.Licences, unit.Standing{Life: life, Signed: signed, Lookups: unit.LicenceForms(l)})
	return nil
}

// Mend posts the offers that a case says are on their way and that no outbox has: what was offered when others had answered, if
// the offer itself was lost.
func (p *Post) Mend(ctx context.Context, caseID string) error {
	c, err := p.here(ctx, caseID)
	if err != nil || c.ID == "" {
		return err
	}
	facts, err := p.ownFacts(ctx, c)
	if err != nil {
		return err
	}
	u := unit.Unit{At: c.Last}
	for _, l := range c.Legs {
		if l.Transit == nil || l.Holder != p.Kit.Me {
			continue
		}
		_, _, err := p.Store.Sent(ctx, l.Transit.Envelope)
		if err == nil {
			continue
		}
		if !errs.Is(err, errs.Missing) {
			return err
		}
		if err := p.Kit.Offer(&u, c, l.Key, facts, nil); err != nil {
			return err
		}
	}
	if len(u.Out) == 0 {
		return nil
	}
	return p.Store.Commit(ctx, u)
}

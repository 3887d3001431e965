package handover

import (
	"context"
	"errors"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/consent"
	"tongban/internal/domain/document"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

func (p *Post) takeOffer(u *unit.Unit, known casefile.Case, e exchange.Envelope, hash proof.Hash, facts []casefile.Known) (proof.Signed, error) {
	in, err := p.payload(e)
	if err != nil {
		return proof.Signed{}, err
	}
	if err := errors.Join(p.timely(in.Case.Last), p.timely(in.Case.Lodged)); err != nil && known.ID == "" {
		return proof.Signed{}, err
	}
	on := known.Day(p.Kit.Now())
	if sent := known.Day(e.At); on.Before(sent) {
		on = sent
	}
	law, err := p.Kit.Law(in.Case, on)
	if err != nil {
		return p.receipt(e, hash, exchange.Refused, "rule-changed", u.At)
	}
	sealing := false
	if l, ok := in.Case.Leg(e.Leg); ok && l.Kind == item.Seal && l.Node == p.Kit.Me {
		sealing = true
		if why := p.unsealable(in, e, facts); why != "" && known.ID == "" {
			return p.receipt(e, hash, exchange.Refused, why, u.At)
		}
	}
	if changes := p.moved(in, e, law); len(changes) > 0 {
		return p.refusal(e, hash, "rules-moved", changes, u.At)
	}
	if err := p.consented(known, in, law); err != nil {
		return p.receipt(e, hash, exchange.Refused, "consent-unproven", u.At)
	}
	c, at, err := casefile.Take(known, e, in, facts, p.Kit.Me, law, p.Kit.Now())
	if err != nil {
		if reason, final := refusals[errs.CodeOf(err)]; final {
			return p.receipt(e, hash, exchange.Refused, reason, u.At)
		}
		return proof.Signed{}, err
	}
	if l, _ := c.Leg(e.Leg); l.Node == p.Kit.Me && !p.ours(l.Office) {
		return p.receipt(e, hash, exchange.Refused, "wrong-office", u.At)
	}
	if err := p.papers(u, c.ID, e.From, in.Papers); err != nil {
		return proof.Signed{}, err
	}
	if in.Case.Licence != "" {
		c.Licence = in.Case.Licence
	}
	if known.ID == "" {
		u.Lookups = unit.CaseForms(c)
	}
	u.At, u.Case = at, &c
	if c, err = p.told(u, c, facts); err != nil {
		return proof.Signed{}, err
	}
	if sealing {
		u.Due = append(u.Due, unit.Due{Case: c.ID, Kind: unit.DueSeal, At: at})
	}
	if until, ok := c.SilenceAt(); ok {
		u.Due = append(u.Due, unit.Due{Case: c.ID, Kind: unit.DueSilence, At: until})
	}
	if l, _ := c.Leg(e.Leg); l.Kind == item.Decide {
		p.Kit.ToSystem(u, c)
	}
	return p.receipt(e, hash, exchange.Held, "", at)
}

// moved lists what the rules here ask of an offered case that is not in, if it goes by other ones.
func (p *Post) moved(in casefile.Offered, e exchange.Envelope, law casefile.Law) []item.Change {
	c := in.Case
	if l, ok := c.Leg(e.Leg); !ok || l.Kind != item.Decide || l.Node != p.Kit.Me {
		return nil
	}
	c.Private = in.Private
	return p.Kit.Moved(c, law)
}

// consented judges the consent with which a case comes here for the first time. When it comes again nobody else applies, and by no
// other right.
func (p *Post) consented(known casefile.Case, in casefile.Offered, law casefile.Law) error {
	if known.ID != "" {
		if p.Kit.Me != known.Coordinator && !known.Private.SameParties(in.Private) {
			return errs.New(errs.ConsentForOther, "%s comes again for somebody else", known.No)
		}
		return nil
	}
	c := in.Case
	c.Private = in.Private
	now := p.Kit.Now
	if p.Secure != nil {
		now = p.Secure
	}
	if a := c.Private.Acting; a != nil && a.Agent != nil && !law.Version.ByAgent() {
		return errs.New(errs.NotByAgent, "%s", c.Item)
	}
	if err := mandate.Check(c, p.Kit.Trust()); err != nil {
		return err
	}
	return consent.Check(c, consent.Terms{Trust: p.Kit.Trust(), Level: law.Version.Assurance.Consent, Now: now(), Age: consent.Carried})
}

// ours reports whether an office is one of this node: a leg for any other would wait in no queue.
func (p *Post) ours(code string) bool {
	o, ok := p.Kit.Office(code)
	return ok && o.Node == p.Kit.Me
}

// refusals are the errors that no repeat can mend: the sender keeps the leg and is told why, by a code of
// catalogue/items/reasons.toml.
var refusals = map[errs.Code]string{
	errs.WrongAddressee: "wrong-office",
	errs.NotAllowedNow:  "duplicate",
	errs.BadEnvelope:    "unreadable",
}

func (p *Post) takeNotice(ctx context.Context, u *unit.Unit, known casefile.Case, e exchange.Envelope, hash proof.Hash, facts []casefile.Known) (proof.Signed, error) {
	if known.ID == "" {
		return proof.Signed{}, errs.New(errs.NotInOrder, "case %s is not here", e.Case)
	}
	if !known.Knows(e.From) {
		return proof.Signed{}, errs.New(errs.WrongSender, "%s has no part in %s", e.From, known.No)
	}
	for _, l := range known.Legs {
		if l.Transit != nil && l.Transit.To == e.From {
			return proof.Signed{}, errs.New(errs.NotInOrder, "%s %s is on its way", known.No, l.Key)
		}
	}
	in, err := p.payload(e)
	if err != nil {
		return proof.Signed{}, err
	}
	c := known
	for _, f := range facts {
		c = c.Learn(f.Fact, f.Hash)
	}
	if err := p.papers(u, c.ID, e.From, in.Papers); err != nil {
		return proof.Signed{}, err
	}
	u.Case = &c
	if c, err = p.told(u, c, facts); err != nil {
		return proof.Signed{}, err
	}
	if c, err = p.heard(ctx, u, c, e.From, in.Verified, facts); err != nil {
		return proof.Signed{}, err
	}
	if !c.Closed.IsZero() && known.Closed.IsZero() {
		p.Kit.LookAtMoney(u, c, u.At)
	}
	if n := len(facts); n > 0 && facts[n-1].Fact.Act == casefile.ActAskWithdraw && facts[n-1].Fact.By == c.Coordinator {
		if err := p.stop(u, c, e); err != nil {
			return proof.Signed{}, err
		}
	}
	return p.receipt(e, hash, exchange.Noted, "", u.At)
}

// told adds what the applicant and the places with a part are told of the facts that came, in the unit that takes them in, and
// what has to be undone here because of them.
func (p *Post) told(u *unit.Unit, c casefile.Case, facts []casefile.Known) (casefile.Case, error) {
	for _, f := range facts {
		p.Kit.Told(u, c, f.Fact, f.Hash)
		if err := p.Kit.Share(u, c, f.Fact, f.Signed); err != nil {
			return c, err
		}
	}
	return p.Kit.Unwind(u, c)
}

// heard goes on with a case after a place spoke of its part.
func (p *Post) heard(ctx context.Context, u *unit.Unit, c casefile.Case, from office.NodeID, said []casefile.Verified, facts []casefile.Known) (casefile.Case, error) {
	part := false
	for _, f := range facts {
		l, _ := c.Leg(f.Fact.Leg)
		part = part || l.Kind == item.Verify
	}
	if !part || c.Coordinator != p.Kit.Me {
		return c, nil
	}
	own, err := p.ownFacts(ctx, c)
	if err != nil {
		return c, err
	}
	for _, f := range facts {
		own = append(own, f.Signed)
	}
	return p.react(u, c, from, said, own)
}

// stop answers the applicant's wish to withdraw with a notice of the leg's end, if it is not too late.
func (p *Post) stop(u *unit.Unit, c casefile.Case, e exchange.Envelope) error {
	stopped, step, ok := casefile.Stop(c, p.Kit.Me, p.Kit.Now())
	if !ok {
		return nil
	}
	u.Due = append(u.Due, unit.Due{Case: c.ID, Kind: unit.DueSilence})
	stopped, fact, err := p.Kit.Record(u, stopped, step, "applicant")
	if err != nil {
		return err
	}
	return p.Kit.Tell(u, stopped, e.From, step.Leg, []proof.Signed{fact}, nil)
}

// takeRecall answers "never held, never will be" and leaves a tombstone under the recalled envelope's id, or "held
// since". Tombstone and answer commit together, so an offer that arrives meanwhile is either before or after.
func (p *Post) takeRecall(ctx context.Context, s proof.Signed, e exchange.Envelope, hash proof.Hash, now time.Time) (proof.Signed, error) {
	held, ok, err := p.Store.Arrival(ctx, e.From, e.Recalls)
	if err != nil {
		return proof.Signed{}, err
	}
	what, at := exchange.Recalled, now
	if ok && held.Status == exchange.Held {
		what, at = exchange.Since, held.At
	}
	r, err := p.receipt(e, hash, what, "", at)
	if err != nil {
		return proof.Signed{}, err
	}
	if what == exchange.Recalled && !ok {
		grave := exchange.Arrival{From: e.From, ID: e.Recalls, Case: e.Case, Kind: exchange.Recall, Hash: hash, Receipt: r, Status: what, At: now}
		if err := p.Store.Commit(ctx, unit.Unit{At: now, In: &grave}); err != nil {
			if errs.Is(err, errs.Repeated) {
				return proof.Signed{}, errs.New(errs.Stale, "an offer came first")
			}
			return proof.Signed{}, err
		}
	}
	in := exchange.Arrival{From: e.From, ID: e.ID, Case: e.Case, Kind: e.Kind, Signed: s, Hash: hash, Receipt: r, Status: what, At: now}
	return r, p.Store.Commit(ctx, unit.Unit{At: now, In: &in})
}

func (p *Post) payload(e exchange.Envelope) (casefile.Offered, error) {
	var in casefile.Offered
	if err := proof.Unmarshal(e.Private, &in); err != nil {
		return in, err
	}
	if in.Case.ID != "" && in.Case.ID != e.Case {
		return in, errs.New(errs.BadEnvelope, "payload of %s in an envelope of %s", in.Case.ID, e.Case)
	}
	return in, nil
}

// papers keeps the applicant's copies; each must be signed by the node that sent it.
func (p *Post) papers(u *unit.Unit, caseID string, from office.NodeID, list []proof.Signed) error {
	for _, s := range list {
		var paper unit.Paper
		var signer office.NodeID
		switch s.Typ {
		case document.Typ:
			n, err := p.Kit.Trust().Check(s, s.Typ)
			if err != nil {
				return err
			}
			doc, err := document.Read(s)
			if err != nil {
				return err
			}
			signer, paper = n.ID, unit.PaperOf(caseID, doc, s, u.At)
		case licence.Typ:
			l, err := licence.Verify(s, p.Kit.Trust())
			if err != nil {
				return err
			}
			signer, paper = l.Issuer.Node, unit.Paper{
				ID: s.Hash().String(), Case: caseID, Kind: licence.Typ, Title: l.TypeName, Number: l.ID, Signed: s, At: u.At,
			}
		default:
			return errs.New(errs.WrongType, "paper of type %q", s.Typ)
		}
		if signer != from {
			return errs.New(errs.WrongSender, "paper signed by %s came from %s", signer, from)
		}
		u.Papers = append(u.Papers, paper)
	}
	return nil
}

// refusal is a receipt that says what is asked for.
func (p *Post) refusal(e exchange.Envelope, hash proof.Hash, reason string, changes []item.Change, at time.Time) (proof.Signed, error) {
	return p.Kit.Sign(exchange.TypReceipt, exchange.Receipt{
		Envelope: e.ID, Hash: hash, From: p.Kit.Me, To: e.From, Case: e.Case, Leg: e.Leg, Kind: e.Kind,
		Status: exchange.Refused, Reason: reason, At: at, Changes: changes,
	})
}

func (p *Post) receipt(e exchange.Envelope, hash proof.Hash, what exchange.Status, reason string, at time.Time) (proof.Signed, error) {
	return p.Kit.Sign(exchange.TypReceipt, exchange.Receipt{
		Envelope: e.ID, Hash: hash, From: p.Kit.Me, To: e.From, Case: e.Case, Leg: e.Leg, Kind: e.Kind,
		Status: what, Reason: reason, At: at,
	})
}

func status(s proof.Signed) exchange.Status {
	var r exchange.Receipt
	if err := s.Into(&r); err != nil {
		return ""
	}
	return r.Status
}

package share

import (
	"context"
	"slices"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/caseproof"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/domain/question"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Cases is what an asking node reads of its own cases.
type Cases interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	ArrivalsOf(ctx context.Context, caseID string) ([]exchange.Arrival, error)
	FoundOf(ctx context.Context, caseID string) ([]unit.Found, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Asker asks other provinces about the parties to a case that this node holds.
type Asker struct {
	Ledger      *Ledger
	Store       Cases
	Key         gm.DecryptKey
	Coordinator *Coordinator // of the own cases
	Standing    Channel      // asks other coordinators
	Channel     Channel      // asks providers
	Now         func() time.Time

	road   road
	proofs proofs
}

// Offer is something that may be asked for in a matter, by an agreement in force.
type Offer struct {
	Provider office.NodeID
	Grant    sharing.Grant
	Text     sharing.Text
	Fields   []string // of the grant, those that the rules of the case name
}

// Offers lists what the node that holds a case may ask other provinces for, with the fields that the case's own rule names.
func (l *Ledger) Offers(c casefile.Case, asker office.NodeID) []Offer {
	v, err := l.Kit.Catalogue.Pinned(c.Rule.Digest, c.Rule.Pins)
	if err != nil {
		return nil
	}
	day := l.today()
	var out []Offer
	l.Look(func(b *sharing.Book) {
		for _, r := range b.Resources("") {
			if r.Owner == asker || !r.Offered(day) {
				continue
			}
			g, x, ok := b.GrantFor(r.Owner, asker, r.Key, c.Item, day)
			if !ok {
				continue
			}
			o := Offer{Provider: r.Owner, Grant: g, Text: x}
			for _, e := range l.Kit.Catalogue.Evidence() {
				if e.Key == r.Source {
					for _, name := range sharing.Named(v, e) {
						if slices.Contains(g.Fields, name) {
							o.Fields = append(o.Fields, name)
						}
					}
				}
			}
			if len(o.Fields) > 0 {
				out = append(out, o)
			}
		}
	})
	return out
}

// Request is what the applicant is asked to agree to, for an offer.
func (o Offer) Request(c casefile.Case, asker office.NodeID, text string) question.Request {
	return question.Request{
		Case: c.ID, Item: c.Item, Provider: o.Provider, Asker: asker, Resource: o.Grant.Resource, Fields: o.Fields, Purpose: o.Grant.Purpose,
		Basis: o.Grant.Basis, Text: text,
	}
}

// Want is what an officer asks for.
type Want struct {
	Provider office.NodeID
	Resource string
	Fields   []string
	Checks   map[string]string
}

// Ask puts one question and keeps the answer with the case. The officer must hold the case's matter; there is no other way to
// ask. Errors: office.Officer.May, errs.NoAgreement, errs.NotConsented while the applicant has not agreed, errs.NoCaseProof,
// errs.ProviderAway, errs.AnswerWrong, and the code of the provider's refusal.
func (a *Asker) Ask(ctx context.Context, by casefile.Actor, caseID string, w Want) (question.Answer, error) {
	c, err := a.Store.Case(ctx, caseID)
	if err != nil {
		return question.Answer{}, err
	}
	matter := c.Matter(a.Ledger.Kit.Now())
	matter.Offices = nil
	for _, l := range c.Legs {
		if l.Node == a.Ledger.Kit.Me && l.Holder == a.Ledger.Kit.Me {
			matter.Offices = append(matter.Offices, l.Office)
		}
	}
	if err := by.Officer().May(office.AskData, matter); err != nil {
		return question.Answer{}, err
	}
	q, err := a.Prepare(ctx, c, w)
	if err != nil {
		return question.Answer{}, err
	}
	q.Officer, q.Office = by.ID, by.Office
	return a.put(ctx, c, q)
}

// Prepare gathers the proof of a case and makes a question of it, without who asks.
func (a *Asker) Prepare(ctx context.Context, c casefile.Case, w Want) (question.Query, error) {
	kit := a.Ledger.Kit
	g, x, ok := sharing.Grant{}, sharing.Text{}, false
	a.Ledger.Look(func(b *sharing.Book) {
		g, x, ok = b.GrantFor(w.Provider, kit.Me, w.Resource, c.Item, workday.DateOf(kit.Now()))
	})
	if !ok {
		return question.Query{}, errs.New(errs.NoAgreement, "with %s about %.40q", w.Provider, w.Resource)
	}
	q := question.Query{
		From: kit.Me, To: w.Provider, Case: caseproof.Of(c), Terms: x.Hash, Resource: w.Resource, Fields: w.Fields,
		Checks: w.Checks, Purpose: g.Purpose, Basis: g.Basis, Subject: c.Private.Applicant,
	}
	q.Subject.Phone = ""
	v, known := a.proofs.good(c, a.Now())
	consent, agreed := v.consent(w.Provider, kit.Me, w.Resource)
	if !known || !agreed { // the applicant may have agreed since
		var err error
		if v, err = a.prove(ctx, c); err != nil {
			return q, err
		}
		if consent, agreed = v.consent(w.Provider, kit.Me, w.Resource); !agreed {
			return q, errs.New(errs.NotConsented, "%s: %s %s", c.No, w.Provider, w.Resource)
		}
	}
	q.Proof = question.CaseProof{Standing: v.Standing, Chain: v.chain, Request: consent.Request, Consent: consent.Signed}
	return q, nil
}

// consent is the applicant's last word on a resource.
func (v vouched) consent(provider, asker office.NodeID, resource string) (unit.ShareConsent, bool) {
	for _, k := range slices.Backward(v.Consents) {
		var r question.Request
		if proof.Unmarshal(k.Request, &r) == nil && r.Provider == provider && r.Asker == asker && r.Resource == resource {
			return k, true
		}
	}
	return unit.ShareConsent{}, false
}

// prove gathers the proof of a case anew, and remembers it.
func (a *Asker) prove(ctx context.Context, c casefile.Case) (proved, error) {
	x := proved{row: c.Row, at: a.Now()}
	var err error
	if x.vouched, err = a.standing(ctx, c); err != nil {
		return x, err
	}
	if x.chain, err = a.chain(ctx, c); err != nil {
		return x, err
	}
	a.proofs.keep(c.ID, x)
	return x, nil
}

// Prove gives what proves to another node that this one holds a case: how the coordinator says that it stands, and the receipts that
// lead here. errs.NoCaseProof while the case is too new to be witnessed, or if its coordinator does not say so.
func (a *Asker) Prove(ctx context.Context, c casefile.Case) (caseproof.Standing, []proof.Signed, error) {
	v, err := a.standing(ctx, c)
	if errs.Is(err, errs.Missing) {
		err = errs.Wrap(errs.NoCaseProof, err, "%s", c.No)
	}
	if err != nil {
		return v.Standing, nil, err
	}
	chain, err := a.chain(ctx, c)
	return v.Standing, chain, err
}

// standing asks the case's coordinator; it may be this node.
func (a *Asker) standing(ctx context.Context, c casefile.Case) (vouched, error) {
	me := a.Ledger.Kit.Me
	if c.Coordinator == me {
		return a.Coordinator.vouch(ctx, c.ID, me)
	}
	body, err := proof.Marshal(map[string]string{"case": c.ID})
	if err != nil {
		return vouched{}, err
	}
	raw, err := a.message(ctx, a.Standing, c.Coordinator, body)
	if err != nil {
		return vouched{}, err
	}
	box, aad, err := unhead(raw, c.Coordinator, me, maxBatch)
	if err != nil {
		return vouched{}, err
	}
	plain, err := proof.Unwrap(a.Key, box, aad)
	if err != nil {
		return vouched{}, err
	}
	var v vouched
	return v, proof.Unmarshal(plain, &v)
}

// chain is the own receipt by which this node holds the case; empty at the coordinator.
func (a *Asker) chain(ctx context.Context, c casefile.Case) ([]proof.Signed, error) {
	if c.Coordinator == a.Ledger.Kit.Me {
		return nil, nil
	}
	list, err := a.Store.ArrivalsOf(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	for _, x := range slices.Backward(list) {
		if x.From == c.Coordinator && x.Kind == exchange.Offer && x.Status == exchange.Held {
			return []proof.Signed{x.Receipt}, nil
		}
	}
	return nil, errs.New(errs.NotWithAsker, "%s", c.No)
}

// put signs a question, sends it, checks the answer and keeps both with the case.
func (a *Asker) put(ctx context.Context, c casefile.Case, q question.Query) (question.Answer, error) {
	s, err := a.Sign(&q)
	if err != nil {
		return question.Answer{}, err
	}
	answer, err := a.together(ctx, lane{q.To, q.Resource}, s)
	if err != nil {
		return question.Answer{}, err
	}
	got, err := question.OpenAnswer(answer, a.Ledger.Kit.Trust(), q, s.Hash())
	if errs.Is(err, errs.AnswerWrong) {
		return got, err
	}
	if got.Refused != 0 {
		a.proofs.drop(c.ID) // it may be the proof that does not hold any more
	}
	at := a.Ledger.now()
	e := accesslog.Entry{
		Kind: accesslog.View, At: at, Case: c.ID, Who: q.Officer, Office: q.Office, What: "desk.data", Reason: string(q.To) + "/" + q.Resource, Fact: s.Hash(),
		Fields: q.Asked(), Basis: q.Basis,
	}
	u := unit.Unit{At: at, Log: []accesslog.Entry{e}, Due: []unit.Due{{Case: c.ID, Kind: unit.DueKeep, At: at}}, Found: &unit.Found{
		ID: q.Number, Case: c.ID, At: at, Provider: q.To, Resource: q.Resource, Query: s, Answer: answer,
	}}
	if failed := a.Store.Commit(ctx, u); failed != nil {
		return question.Answer{}, failed
	}
	return got, err
}

// Sign gives a prepared question its number and time, and signs it.
func (a *Asker) Sign(q *question.Query) (proof.Signed, error) {
	now := a.Now().UTC().Truncate(time.Microsecond)
	q.Number, q.Salt, q.At, q.Until = unit.NewID(), caseproof.NewSalt(), now, now.Add(question.QueryLife)
	return a.Ledger.Kit.Sign(question.TypQuery, *q)
}

// Send gives signed questions to one provider in one envelope; the answers come in their order, an empty one for what it could not
// answer now. errs.ProviderAway.
func (a *Asker) Send(ctx context.Context, to office.NodeID, queries []proof.Signed) ([]proof.Signed, error) {
	me := a.Ledger.Kit.Me
	n, ok := a.Ledger.Kit.Trust().Node(to)
	if !ok {
		return nil, errs.New(errs.UnknownNode, "%.8q", to)
	}
	in := batch{Queries: queries, Key: caseproof.NewSalt()}
	plain, err := proof.Marshal(in)
	if err != nil {
		return nil, err
	}
	h := head(me, to)
	box, err := proof.Wrap(n.Encrypt, plain, h)
	if err != nil {
		return nil, err
	}
	raw, err := a.message(ctx, a.Channel, to, append(h, box...))
	if err != nil {
		return nil, err
	}
	box, aad, err := unhead(raw, to, me, mostBatch*question.MaxAnswer)
	if err != nil {
		return nil, errs.Wrap(errs.AnswerWrong, err, "of %s", to)
	}
	if plain, err = proof.DecryptWith(in.Key, box, aad); err != nil {
		return nil, errs.Wrap(errs.AnswerWrong, err, "of %s", to)
	}
	var out replies
	if err := proof.Unmarshal(plain, &out); err != nil || len(out.Answers) != len(queries) {
		return nil, errs.New(errs.AnswerWrong, "%d answers of %s to %d questions", len(out.Answers), to, len(queries))
	}
	return out.Answers, nil
}

// Supplied lists the kinds of evidence (item.Evidence.Key) that agreements in force let a node ask other provinces for in a matter.
func (l *Ledger) Supplied(matter string, asker office.NodeID) []string {
	day := l.today()
	var out []string
	l.Look(func(b *sharing.Book) {
		for _, r := range b.Resources("") {
			if r.Owner == asker || !r.Offered(day) || slices.Contains(out, r.Source) {
				continue
			}
			if _, _, ok := b.GrantFor(r.Owner, asker, r.Key, matter, day); ok {
				out = append(out, r.Source)
			}
		}
	})
	return out
}

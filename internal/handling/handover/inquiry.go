package handover

import (
	"context"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/assist"
	"tongban/internal/domain/caseproof"
	"tongban/internal/domain/document"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/inquiry"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// takeInquiry takes in a word of a 协查. The case need not be here: a question proves it (I4). What the sender may not say is refused
// for good, with a code of catalogue/items/reasons.toml.
func (p *Post) takeInquiry(ctx context.Context, u *unit.Unit, e exchange.Envelope, hash proof.Hash) (proof.Signed, error) {
	var w inquiry.Word
	if proof.Unmarshal(e.Private, &w) != nil || w.About() == "" {
		return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
	}
	have, err := p.Store.Inquiry(ctx, w.About())
	if err != nil && !errs.Is(err, errs.Missing) {
		return proof.Signed{}, err
	}
	if have.ID != "" && have.Of.ID != e.Case || w.Ask != nil && (w.Ask.ID != e.ID || w.Ask.Of.ID != e.Case) || w.Reply != nil && w.Reply.ID != e.ID {
		return p.receipt(e, hash, exchange.Refused, "unreadable", u.At)
	}
	q, changed, err := w.Arrived(have, e.From, p.terms(u.At))
	if errs.Is(err, errs.NotInOrder) {
		return proof.Signed{}, err
	}
	if err != nil {
		return p.receipt(e, hash, exchange.Refused, whyNot(err), u.At)
	}
	if !changed {
		return p.receipt(e, hash, exchange.Noted, "", u.At)
	}
	u.Inquiries = append(u.Inquiries, q)
	if w.Reply != nil {
		if err := p.keepAnswer(u, q); err != nil {
			return proof.Signed{}, err
		}
	}
	return p.receipt(e, hash, exchange.Noted, "", u.At)
}

// keepAnswer puts the letter of an answer with the papers of the case.
func (p *Post) keepAnswer(u *unit.Unit, q inquiry.Inquiry) error {
	doc, err := document.Read(q.Paper)
	if err != nil {
		return err
	}
	u.Papers = append(u.Papers, unit.PaperOf(q.Of.ID, doc, q.Paper, u.At))
	u.Log = append(u.Log, accesslog.Entry{Kind: accesslog.Act, At: u.At, Case: q.Of.ID, Who: string(q.To), Office: q.Desk, What: "inquiry.answered"})
	return nil
}

// whyNot is the shared reason for which a word is not taken.
func whyNot(err error) string {
	switch errs.CodeOf(err) { //nolint:exhaustive // all others
	case errs.NoCaseProof, errs.CaseStatusStale, errs.CaseShut, errs.NotWithAsker:
		return "case-unproven"
	}
	return "unreadable"
}

func (p *Post) terms(at time.Time) inquiry.Terms {
	trust, now := p.Kit.Trust(), p.Kit.Now
	if p.Secure != nil {
		now = p.Secure
	}
	return inquiry.Terms{
		Me: p.Kit.Me, Book: assist.Default(), Now: at, Ours: p.ours,
		Reason: func(key string) bool { _, ok := p.Kit.Catalogue.Reason(key); return ok },
		Proof: caseproof.Terms{Trust: trust, Now: now(), Witnessed: func(x accesslog.Extract) (accesslog.Head, error) {
			proved, err := x.Check(trust)
			return proved.Head, err
		}},
	}
}

// unasked ends an inquiry that the other node did not take; anything else that was refused about one changes nothing but the outbox.
func (p *Post) unasked(ctx context.Context, parcel exchange.Parcel, signed proof.Signed, r exchange.Receipt) error {
	return unit.Retry(ctx, func() error {
		now := p.Kit.Now().UTC().Truncate(time.Microsecond)
		u := unit.Unit{At: now, Settled: []exchange.Settlement{{Parcel: parcel.ID, Receipt: signed, Status: r.Status, At: now}}}
		q, err := p.Store.Inquiry(ctx, parcel.ID)
		switch {
		case errs.Is(err, errs.Missing):
		case err != nil:
			return err
		case q.State == inquiry.Open:
			q.State, q.Why, q.Ended = inquiry.Refused, r.Reason, now
			u.Inquiries = append(u.Inquiries, q)
		}
		return p.Store.Commit(ctx, u)
	})
}

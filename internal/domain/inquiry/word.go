package inquiry

import (
	"regexp"
	"slices"
	"time"

	"tongban/internal/domain/assist"
	"tongban/internal/domain/caseproof"
	"tongban/internal/domain/document"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Proof is why a node may show its officers a question about somebody (rule I4): the case exists, is open, is about that person,
// and was with the asker at At, in security time. An inquiry waits in an outbox for as long as the other node is away, so the
// standing is judged by that instant and not by the clock on the wall.
type Proof struct {
	caseproof.Standing

	Chain []proof.Signed `json:"chain,omitempty"`
	At    time.Time      `json:"at"`
}

// Word is what crosses nodes: exactly one of its parts.
type Word struct {
	Ask      *Ask          `json:"ask,omitempty"`
	Letter   *proof.Signed `json:"letter,omitempty"` // with Ask
	Proof    *Proof        `json:"proof,omitempty"`  // with Ask
	Reply    *Reply        `json:"reply,omitempty"`
	Paper    *proof.Signed `json:"paper,omitempty"`    // with Reply
	Reminded string        `json:"reminded,omitempty"` // id
	Back     string        `json:"back,omitempty"`     // id of what is taken back
	Why      string        `json:"why,omitempty"`      // with Back: code of reasons.toml
}

// Terms are how what comes is judged: Proof with the trust list, security time and how a log is held against its witnesses.
type Terms struct {
	Me     office.NodeID
	Book   *assist.Book
	Proof  caseproof.Terms
	Now    time.Time // business time
	Ours   func(office string) bool
	Reason func(key string) bool
}

// oldest is how old a proof may be when it comes: as long as a case may wait in an outbox.
const oldest = 60 * 24 * time.Hour

var id = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// Arrived takes in a word of another node: have is the inquiry that it is about as it is kept here, zero if there is none. changed is
// false for what was known already. Errors: errs.BadEnvelope for what the sender may not say, errs.NotInOrder for what came before
// the question itself, and those of caseproof.Standing.Check.
func (w Word) Arrived(have Inquiry, from office.NodeID, t Terms) (_ Inquiry, changed bool, _ error) {
	switch {
	case w.Ask != nil:
		q, err := w.asked(from, t)
		if err == nil && have.ID != "" {
			err = errs.New(errs.BadEnvelope, "%s was asked before", q.ID)
		}
		return q, true, err
	case have.ID == "":
		return have, false, errs.New(errs.NotInOrder, "inquiry is not here")
	case w.Reply != nil:
		return w.answered(have, from, t)
	case from != have.From || have.To != t.Me:
		return have, false, errs.New(errs.BadEnvelope, "%s speaks of %s", from, have.ID)
	case w.Reminded == have.ID:
		if have.State != Open {
			return have, false, nil
		}
		return have.Remind(t.Now), true, nil
	case w.Back == have.ID && t.Reason(w.Why):
		q, changed := have.Withdraw(w.Why, t.Now)
		return q, changed, nil
	}
	return have, false, errs.New(errs.BadEnvelope, "%s says nothing", from)
}

// About is the id of the inquiry that a word is about.
func (w Word) About() string {
	switch {
	case w.Ask != nil:
		return w.Ask.ID
	case w.Reply != nil:
		return w.Reply.Ask
	case w.Reminded != "":
		return w.Reminded
	}
	return w.Back
}

func (w Word) asked(from office.NodeID, t Terms) (Inquiry, error) {
	a := *w.Ask
	switch {
	case w.Letter == nil || w.Proof == nil || w.Reply != nil || w.Reminded != "" || w.Back != "":
		return Inquiry{}, errs.New(errs.BadEnvelope, "question without letter or proof")
	case a.From != from || a.To != t.Me || !id.MatchString(a.ID) || !t.Ours(a.Desk) || len(a.Office) > 32:
		return Inquiry{}, errs.New(errs.BadEnvelope, "%.40q of %s for %s", a.ID, from, a.To)
	case a.About.Name == "" || len(a.About.Name) > 200 || a.About.IDNo == "" || len(a.About.IDNo) > 40:
		return Inquiry{}, errs.New(errs.BadEnvelope, "%s is about nobody", a.ID)
	}
	clean, err := a.Make(t.Book)
	if err != nil || clean.Words != a.Words || !slices.Equal(clean.Fields, a.Fields) {
		return Inquiry{}, errs.New(errs.BadEnvelope, "%s: %v", a.ID, err)
	}
	if err := letter(*w.Letter, a, from, t.Proof.Trust); err != nil {
		return Inquiry{}, err
	}
	return Inquiry{Ask: a, State: Open, Letter: *w.Letter}, w.Proof.holds(a, from, t)
}

// holds is rule I4 for an inquiry.
func (p Proof) holds(a Ask, from office.NodeID, t Terms) error {
	now := t.Proof.Now
	if p.At.After(now.Add(caseproof.Skew)) || now.Sub(p.At) > oldest {
		return errs.New(errs.CaseStatusStale, "proof of %s", p.At.UTC().Format(time.RFC3339))
	}
	t.Proof.Now = p.At
	st, err := p.Check(a.Of, from, p.Chain, t.Proof)
	if err != nil {
		return err
	}
	if st.Subject != caseproof.SubjectHash(p.Salt, string(a.About.IDType), a.About.IDNo) {
		return errs.New(errs.NoCaseProof, "%s is not about that person", a.Of.No)
	}
	return nil
}

// letter checks that s is the P-09 of a node about exactly this question.
func letter(s proof.Signed, a Ask, by office.NodeID, trust *office.TrustList) error {
	d, err := read(s, by, trust)
	if err != nil {
		return err
	}
	if d.ID != a.ID || d.CaseNo != string(a.Of.No) || d.OfficeCode != a.Office {
		return errs.New(errs.BadEnvelope, "letter of %s", d.CaseNo)
	}
	return nil
}

func read(s proof.Signed, by office.NodeID, trust *office.TrustList) (document.Doc, error) {
	n, err := trust.Check(s, document.Typ)
	if err != nil {
		return document.Doc{}, err
	}
	d, err := document.Read(s)
	if err != nil || n.ID != by || d.Kind != document.Inquiry {
		return d, errs.New(errs.BadEnvelope, "letter of %s by %s: %v", d.Kind, n.ID, err)
	}
	return d, nil
}

// answered takes in a reply. One to a question that was taken back meanwhile is kept: it was given before that was known there.
func (w Word) answered(have Inquiry, from office.NodeID, t Terms) (Inquiry, bool, error) {
	r := *w.Reply
	switch {
	case w.Paper == nil || from != have.To || have.From != t.Me || r.Ask != have.ID || !id.MatchString(r.ID):
		return have, false, errs.New(errs.BadEnvelope, "%s answers %s", from, have.ID)
	case have.Reply != nil || have.State == Refused:
		return have, false, errs.New(errs.BadEnvelope, "%s is %s", have.ID, have.State)
	case r.Declined != "" && !t.Reason(r.Declined):
		return have, false, errs.New(errs.BadEnvelope, "no shared reason %.40q", r.Declined)
	}
	open := have
	open.State, open.Why, open.Ended = Open, "", time.Time{}
	q, err := open.Answer(t.Book, r)
	if err != nil || !same(*q.Reply, r) {
		return have, false, errs.New(errs.BadEnvelope, "%s: %v", have.ID, err)
	}
	q.Paper = *w.Paper
	return q, true, q.Proved(t.Proof.Trust)
}

// Proved checks the signatures of an inquiry: the letter is who asks', and what was answered is signed by who was asked, about the
// same case and after the same letter.
func (q Inquiry) Proved(trust *office.TrustList) error {
	if err := letter(q.Letter, q.Ask, q.From, trust); err != nil {
		return err
	}
	if q.Reply == nil {
		if q.State == Answered || q.State == Declined {
			return errs.New(errs.BadEnvelope, "%s is %s without an answer", q.ID, q.State)
		}
		return nil
	}
	d, err := read(q.Paper, q.To, trust)
	if err != nil {
		return err
	}
	asked, err := document.Read(q.Letter)
	if err != nil {
		return err
	}
	if d.ID != q.Reply.ID || d.CaseNo != string(q.Of.No) || d.OfficeCode != q.Desk || !d.Says(asked.Check) {
		return errs.New(errs.BadEnvelope, "answer of %s", d.CaseNo)
	}
	return nil
}

// Day is the civil day on which it was asked.
func (a Ask) Day() workday.Date { return workday.DateOf(a.At) }

// Whom is the person without what no office needs to answer.
func Whom(p party.Person) party.Person {
	p.Phone = ""
	return p
}

// Package caseproof is the 办件证明: how a case is proved to somebody who has never seen it (rule I4). The opening fact stands in
// its coordinator's log under a head that other provinces signed; the coordinator says, just now, who holds the case; receipts
// lead to that holder. Everything is signed by somebody else than who shows it, or by a province about itself.
package caseproof

import (
	"crypto/rand"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// TypStatus is the type of a signed Status.
const TypStatus = "case-status"

// How old a Status may be, and how far two clocks may differ, in security time.
const (
	StatusLife = 5 * time.Minute
	Skew       = time.Minute
)

// Case is what a proof is about, in the clear.
type Case struct {
	ID   string      `json:"case"`
	No   casefile.No `json:"no"`
	Item string      `json:"item"`
}

// Of is the case that a file is.
func Of(c casefile.Case) Case { return Case{c.ID, c.No, c.Item} }

// Standing is what the coordinator says of a case to who holds it: that it was opened, and how it stands just now.
type Standing struct {
	Opening proof.Signed      `json:"opening"` // the opening fact
	Log     accesslog.Extract `json:"log"`     // the one entry of the opening, under a head that others signed
	Status  proof.Signed      `json:"status"`
	Salt    []byte            `json:"salt"` // of Status.Subject
}

// Status is the coordinator's word on a case.
type Status struct {
	Case    string        `json:"case"`
	Node    office.NodeID `json:"node"`    // who says so
	Opening proof.Hash    `json:"opening"` // of the opening fact
	Holder  office.NodeID `json:"holder"`  // of the case or of a part; "" once it is closed
	Receipt proof.Hash    `json:"receipt,omitzero"`
	Rule    casefile.Rule `json:"rule"`    // that applies
	Subject proof.Hash    `json:"subject"` // salted: the applicant's document
	At      time.Time     `json:"at"`      // security time
}

// NewSalt makes 16 random bytes.
func NewSalt() []byte {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	return b
}

// SubjectHash is what Status.Subject is made of: kind and number of a document.
func SubjectHash(salt []byte, kind, number string) proof.Hash {
	var s [16]byte
	copy(s[:], salt)
	return proof.CommitWith(s, []byte(kind+"|"+number))
}

// Terms are how a proof is judged.
type Terms struct {
	Trust *office.TrustList
	Now   time.Time // security time
	// Witnessed is accesslog.Extract.Check; it may remember heads that held.
	Witnessed func(x accesslog.Extract) (accesslog.Head, error)
}

// Check decides whether a standing proves that the case exists, is open, and is with asker, to whom the receipts of chain lead.
// Errors: errs.CaseStatusStale, errs.NoCaseProof, errs.CaseShut, errs.NotWithAsker.
func (s Standing) Check(c Case, asker office.NodeID, chain []proof.Signed, t Terms) (Status, error) {
	n, err := t.Trust.Check(s.Status, TypStatus)
	if err != nil {
		return Status{}, errs.Wrap(errs.CaseStatusStale, err, "%s", c.ID)
	}
	var st Status
	if err := s.Status.Into(&st); err != nil {
		return st, errs.Wrap(errs.CaseStatusStale, err, "%s", c.ID)
	}
	if st.Node != n.ID || st.Case != c.ID || st.Opening != s.Opening.Hash() || st.At.After(t.Now.Add(Skew)) || t.Now.Sub(st.At) > StatusLife {
		return st, errs.New(errs.CaseStatusStale, "%s of %.8q by %s at %s", st.Case, st.Node, n.ID, st.At.UTC().Format(time.RFC3339))
	}
	if err := s.opened(c, st, t); err != nil {
		return st, err
	}
	switch {
	case st.Holder == "":
		return st, errs.New(errs.CaseShut, "%s", c.No)
	case st.Holder != asker:
		return st, errs.New(errs.NotWithAsker, "%s is with %s", c.No, st.Holder)
	}
	return st, leads(c, asker, chain, st, t)
}

// opened checks the opening fact: the coordinator's, of this case, and in its log under a head that enough others signed.
func (s Standing) opened(c Case, st Status, t Terms) error {
	n, err := t.Trust.Check(s.Opening, casefile.TypFact)
	if err != nil {
		return errs.Wrap(errs.NoCaseProof, err, "%s", c.ID)
	}
	var f casefile.Fact
	if err := s.Opening.Into(&f); err != nil {
		return errs.Wrap(errs.NoCaseProof, err, "%s", c.ID)
	}
	no, err := casefile.ParseNo(string(f.No))
	if err != nil || n.ID != st.Node || f.By != n.ID || string(no[:2]) != string(n.ID) || f.Act != casefile.ActLodge || !f.Prev.IsZero() ||
		f.Case != c.ID || f.No != c.No || f.Item != c.Item {
		return errs.New(errs.NoCaseProof, "fact of %.40q by %s", f.Case, n.ID)
	}
	h, err := t.Witnessed(s.Log)
	if err != nil {
		return errs.Wrap(errs.NoCaseProof, err, "%s", c.ID)
	}
	if h.Node != n.ID || len(s.Log.Lines) != 1 || s.Log.Lines[0].Index < 0 {
		return errs.New(errs.NoCaseProof, "log of %s", h.Node)
	}
	e, err := s.Log.Lines[0].Entry()
	if err != nil || e.Case != c.ID || e.Fact != s.Opening.Hash() {
		return errs.New(errs.NoCaseProof, "entry of %.40q", e.Case)
	}
	return nil
}

// leads checks the receipts from the coordinator to the asker: each "I hold it now", the first the one the coordinator names.
func leads(c Case, asker office.NodeID, chain []proof.Signed, st Status, t Terms) error {
	at := st.Node
	for i, s := range chain {
		n, err := t.Trust.Check(s, exchange.TypReceipt)
		if err != nil {
			return errs.Wrap(errs.NotWithAsker, err, "%s", c.No)
		}
		var r exchange.Receipt
		if err := s.Into(&r); err != nil {
			return errs.Wrap(errs.NotWithAsker, err, "%s", c.No)
		}
		if r.From != n.ID || r.To != at || r.Case != c.ID || r.Kind != exchange.Offer || r.Status != exchange.Held || i == 0 && s.Hash() != st.Receipt {
			return errs.New(errs.NotWithAsker, "receipt of %s for %s", r.From, r.To)
		}
		at = n.ID
	}
	if at != asker {
		return errs.New(errs.NotWithAsker, "%s: receipts lead to %s", c.No, at)
	}
	return nil
}

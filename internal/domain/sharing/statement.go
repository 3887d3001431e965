// Package sharing is what equals agree on about data and how they hold each other to it: every province's signed statements
// (resources it describes, terms it proposes, signs, suspends, ends, licences it recognises), and the agreement (共享协议) that
// follows from them. No statement binds anybody but who signed it, and there is no office above the parties
// that could override one (政务数据共享条例 第20–28条).
package sharing

import (
	"time"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/resource"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Typ is the type of a signed Statement.
const Typ = "sharing"

// Max bounds a statement's body in bytes.
const Max = 64 << 10

// Kind says what a statement says. Names cross nodes: append only.
type Kind string

// The kinds.
const (
	Describe Kind = "resource" // this is what an office of ours can tell
	Propose  Kind = "propose"  // terms; those of an agreement that is known already are a counter-proposal
	Sign     Kind = "sign"     // we stand by exactly these terms
	Suspend  Kind = "suspend"  // for now we neither ask nor answer
	Resume   Kind = "resume"
	End      Kind = "end" // for good

	Recognise Kind = "recognise" // we take others' licences instead of paper; binds once a second officer confirmed it
	Confirm   Kind = "confirm"   // the second officer's word on that
)

// Statement is one signed word of a province. Its statements are numbered and each names the one before, so that nobody can say
// different things to different others without being found out.
type Statement struct {
	By        office.NodeID      `json:"by"`
	Seq       int                `json:"seq"`  // from 1 on, without a hole
	Prev      proof.Hash         `json:"prev"` // of the statement before; zero for the first
	At        time.Time          `json:"at"`   // business time, UTC
	Officer   string             `json:"officer"`
	Kind      Kind               `json:"kind"`
	Resource  *resource.Resource `json:"resource,omitempty"`  // describe
	Terms     *Terms             `json:"terms,omitempty"`     // propose
	Agreement string             `json:"agreement,omitempty"` // sign, suspend, resume, end
	On        proof.Hash         `json:"on,omitzero"`         // sign: the terms
	Reason    string             `json:"reason,omitempty"`    // suspend, end (第27条: not without good reason)
	Demo      bool               `json:"demo,omitempty"`      // a demonstration's; no authority said it

	Recognition *licence.Recognition `json:"recognition,omitempty"` // recognise
	Confirms    int                  `json:"confirms,omitempty"`    // confirm: the number of the own statement
}

// mostReason bounds a reason, in bytes.
const mostReason = 600

// Open verifies who said a statement and that it has the form of its kind. It does not judge its place in the chain (Link.Next).
// Errors: those of office.TrustList.Check, errs.SharingUnreadable, errs.SharingNotTheirs, errs.ResourceIncomplete,
// errs.TermsIncomplete, errs.RecognitionWrong.
func Open(s proof.Signed, trust *office.TrustList) (Statement, error) {
	if len(s.Body) > Max {
		return Statement{}, errs.New(errs.SharingUnreadable, "%d bytes", len(s.Body))
	}
	n, err := trust.Check(s, Typ)
	if err != nil {
		return Statement{}, err
	}
	var st Statement
	if err := s.Into(&st); err != nil {
		return Statement{}, errs.Wrap(errs.SharingUnreadable, err, "of %s", n.ID)
	}
	if st.By != n.ID || !n.ID.Member() {
		return Statement{}, errs.New(errs.SharingNotTheirs, "of %.8q, signed by %s", st.By, n.ID)
	}
	return st, st.check()
}

func (st Statement) check() error {
	if st.Seq < 1 || st.At.IsZero() || len(st.Officer) > 64 || len(st.Reason) > mostReason {
		return errs.New(errs.SharingUnreadable, "%s %d", st.By, st.Seq)
	}
	switch st.Kind {
	case Describe:
		if st.Resource == nil || st.Resource.Owner != st.By {
			return errs.New(errs.SharingNotTheirs, "%s %d describes another's data", st.By, st.Seq)
		}
		return st.Resource.Check()
	case Propose:
		if st.Terms == nil {
			return errs.New(errs.TermsIncomplete, "%s %d", st.By, st.Seq)
		}
		if !st.Terms.Party(st.By) {
			return errs.New(errs.SharingNotTheirs, "%s %d proposes for others", st.By, st.Seq)
		}
		return st.Terms.Check()
	case Sign, Suspend, Resume, End:
		if !agreementID.MatchString(st.Agreement) || (st.Kind == Sign) == st.On.IsZero() || (st.Kind == Suspend || st.Kind == End) && st.Reason == "" {
			return errs.New(errs.SharingUnreadable, "%s %d: %s", st.By, st.Seq, st.Kind)
		}
		return nil
	case Recognise:
		if st.Recognition == nil {
			return errs.New(errs.RecognitionWrong, "%s %d", st.By, st.Seq)
		}
		return st.Recognition.Check(st.By)
	case Confirm:
		if st.Confirms < 1 || st.Confirms >= st.Seq {
			return errs.New(errs.SharingUnreadable, "%s %d confirms %d", st.By, st.Seq, st.Confirms)
		}
		return nil
	}
	return errs.New(errs.SharingUnreadable, "%s %d: %.16q", st.By, st.Seq, st.Kind)
}

// Link is how far a province's chain is known.
type Link struct {
	Seq  int
	Hash proof.Hash
}

// Next judges a statement's place behind what is known of its speaker: errs.SharingOld for a number that was here, or
// errs.SharingTwice if known is another statement of that number; errs.SharingGap.
func (l Link) Next(st Statement, hash, known proof.Hash) error {
	switch {
	case st.Seq <= l.Seq && !known.IsZero() && known != hash:
		return errs.New(errs.SharingTwice, "%s %d: %s and %s", st.By, st.Seq, known, hash)
	case st.Seq <= l.Seq:
		return errs.New(errs.SharingOld, "%s %d, is at %d", st.By, st.Seq, l.Seq)
	case st.Seq > l.Seq+1, st.Prev != l.Hash:
		return errs.New(errs.SharingGap, "%s %d, is at %d", st.By, st.Seq, l.Seq)
	}
	return nil
}

// Package bundle is the 规则包: what a province publishes about the matters it decides, approved by two of its stewards,
// signed by its node, numbered, each naming the one before it, in force from a day. Everybody verifies it by themselves;
// nobody publishes for an equal. The operator publishes the national layer in the same form.
package bundle

import (
	"slices"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// The types of signed object.
const (
	Typ         = "rules"
	TypApproval = "rules-approval"
)

// Max bounds a bundle's body in bytes: the rules of one matter are a few pages.
const Max = 256 << 10

// mostApprovals and mostTrials bound what a bundle may make its receivers check.
const (
	mostApprovals = 4
	mostTrials    = 64
)

// Kind says what a bundle changes. Names cross nodes: append only.
type Kind string

// The kinds.
const (
	Overlay    Kind = "overlay"    // a place's rules about an item, from a day on
	Withdrawal Kind = "withdrawal" // that place has none from a day on
	Agreement  Kind = "agreement"  // the province stands by the text of an agreement
	Departure  Kind = "departure"  // and from a day on no longer
	National   Kind = "national"   // the built-in catalogue with this digest is the national layer
)

// Content is what stewards approve.
type Content struct {
	Kind   Kind         `json:"kind"`
	Place  region.Code  `json:"place,omitempty"` // overlay, withdrawal
	Item   string       `json:"item,omitempty"`
	Name   string       `json:"name,omitempty"` // agreement, departure: its id; national: digest of the catalogue
	From   workday.Date `json:"from"`
	Until  workday.Date `json:"until,omitzero"` // agreement: last day on which the signature counts
	Text   string       `json:"text,omitempty"` // of the overlay or agreement, exactly the bytes that cases name
	Trials []item.Trial `json:"trials,omitempty"`
	Author string       `json:"author,omitempty"` // officer id at the publishing node
	Demo   bool         `json:"demo,omitempty"`   // a demonstration's; no authority published it
}

// Hash is what an approval names.
func (c Content) Hash() (proof.Hash, error) {
	b, err := proof.Marshal(c)
	if err != nil {
		return proof.Hash{}, err
	}
	return proof.Signed{Typ: Typ, Body: b}.Hash(), nil
}

// Approval is one steward's act, signed by their node: roles are the node's own to know.
type Approval struct {
	Content   proof.Hash    `json:"content"`
	Publisher office.NodeID `json:"publisher"`
	Officer   string        `json:"officer"` // id at that node
	Office    string        `json:"office"`  // code
	At        time.Time     `json:"at"`      // business time, UTC
}

// Bundle is one publication.
type Bundle struct {
	Publisher office.NodeID  `json:"publisher"`
	Seq       int            `json:"seq"`      // from 1 on, without a hole
	Previous  proof.Hash     `json:"previous"` // of the bundle before; zero for the first
	At        time.Time      `json:"at"`       // business time of publication, UTC
	Content   Content        `json:"content"`
	Approvals []proof.Signed `json:"approvals,omitempty"`
}

// Link is how far a publisher's chain is known.
type Link struct {
	Seq  int
	Hash proof.Hash
}

// Sign makes the next bundle of a publisher. The operator approves by signing; a province needs its approvals.
func Sign(by *proof.Signer, publisher office.NodeID, last Link, c Content, approvals []proof.Signed, at time.Time) (proof.Signed, error) {
	b := Bundle{
		Publisher: publisher, Seq: last.Seq + 1, Previous: last.Hash, At: at.UTC().Truncate(time.Microsecond), Content: c, Approvals: approvals,
	}
	s, err := proof.SignJSON(by, Typ, b)
	if err == nil && len(s.Body) > Max {
		err = errs.New(errs.RulesTooLarge, "%d bytes", len(s.Body))
	}
	return s, err
}

// Open verifies who published a bundle and who approved it. It judges neither its place in the chain (Link.Next) nor its
// rules (Read). Errors: RulesTooLarge, UnknownKey, WrongType, BadSignature, RulesUnreadable, RulesNotTheirs, RulesUnapproved,
// RulesBackdated.
func Open(s proof.Signed, trust *office.TrustList, operator []byte) (Bundle, error) {
	if len(s.Body) > Max {
		return Bundle{}, errs.New(errs.RulesTooLarge, "%d bytes", len(s.Body))
	}
	signer := office.Hub
	if s.Key == proof.KeyID(operator) {
		if err := proof.Check(s, Typ, operator); err != nil {
			return Bundle{}, err
		}
	} else {
		n, err := trust.Check(s, Typ)
		if err != nil {
			return Bundle{}, err
		}
		signer = n.ID
	}
	var b Bundle
	if err := s.Into(&b); err != nil {
		return Bundle{}, errs.Wrap(errs.RulesUnreadable, err, "of %s", signer)
	}
	if b.Publisher != signer || (b.Content.Kind == National) != (signer == office.Hub) || (signer != office.Hub && !signer.Member()) {
		return Bundle{}, errs.New(errs.RulesNotTheirs, "%s of %q signed by %s", b.Content.Kind, b.Publisher, signer)
	}
	if b.Seq < 1 || b.At.IsZero() || b.Content.From.IsZero() {
		return Bundle{}, errs.New(errs.RulesUnreadable, "%s %d has no number or day", signer, b.Seq)
	}
	if err := b.shape(); err != nil {
		return Bundle{}, err
	}
	if signer == office.Hub {
		return b, nil
	}
	return b, b.approved(trust)
}

// shape holds each kind to what belongs to it.
func (b Bundle) shape() error {
	c := b.Content
	ok := false
	switch c.Kind {
	case Overlay, Withdrawal:
		if c.Place.Province() != string(b.Publisher) {
			return errs.New(errs.RulesNotTheirs, "%s for %s", b.Publisher, c.Place)
		}
		if c.From.Before(workday.DateOf(b.At)) {
			return errs.New(errs.RulesBackdated, "from %s, published %s", c.From, workday.DateOf(b.At))
		}
		ok = c.Item != "" && (c.Text != "") == (c.Kind == Overlay) && len(c.Trials) <= mostTrials
	case Agreement, Departure:
		ok = c.Name != "" && (c.Text != "") == (c.Kind == Agreement) && (c.Until.IsZero() || !c.Until.Before(c.From))
	case National:
		ok = len(c.Name) == 64
	}
	if !ok {
		return errs.New(errs.RulesUnreadable, "%s %d: %q", b.Publisher, b.Seq, c.Kind)
	}
	return nil
}

// approved asks for two approvals of exactly this content, by two officers, the second not the author, both signed by the
// publishing node. What else stands there must be of the same kind.
func (b Bundle) approved(trust *office.TrustList) error {
	if len(b.Approvals) > mostApprovals {
		return errs.New(errs.RulesUnapproved, "%d approvals", len(b.Approvals))
	}
	var officers []string
	for _, s := range b.Approvals {
		a, err := OpenApproval(s, trust, b.Publisher, b.Content)
		if err != nil {
			return err
		}
		if err := Second(officers, b.Content.Author, a.Officer); err != nil {
			return errs.Wrap(errs.RulesUnapproved, err, "%s %d", b.Publisher, b.Seq)
		}
		officers = append(officers, a.Officer)
	}
	if len(officers) < 2 {
		return errs.New(errs.RulesUnapproved, "%d approvals", len(officers))
	}
	return nil
}

// Second says whether an officer may approve after others: nobody twice, and never the author after somebody else.
// errs.RulesSecondPerson.
func Second(before []string, author, officer string) error {
	if officer == "" || slices.Contains(before, officer) || (len(before) > 0 && officer == author) {
		return errs.New(errs.RulesSecondPerson, "%d approvals before", len(before))
	}
	return nil
}

// OpenApproval verifies one approval of a content. Errors: those of office.TrustList.Check, errs.RulesUnapproved.
func OpenApproval(s proof.Signed, trust *office.TrustList, publisher office.NodeID, c Content) (Approval, error) {
	n, err := trust.Check(s, TypApproval)
	if err != nil {
		return Approval{}, err
	}
	var a Approval
	if err := s.Into(&a); err != nil {
		return Approval{}, err
	}
	hash, err := c.Hash()
	if err != nil {
		return Approval{}, err
	}
	if n.ID != publisher || a.Publisher != publisher || a.Content != hash {
		return Approval{}, errs.New(errs.RulesUnapproved, "approval of %s for something else", n.ID)
	}
	return a, nil
}

// Next judges a bundle's place behind what is known of its publisher: errs.RulesOld for a number that was here, or
// errs.RulesTwice if known is another bundle of that number; errs.RulesGap, errs.RulesChainBroken. known is the hash that is
// here under the bundle's number, zero if none.
func (l Link) Next(b Bundle, hash, known proof.Hash) error {
	switch {
	case b.Seq <= l.Seq && !known.IsZero() && known != hash:
		return errs.New(errs.RulesTwice, "%s %d: %s and %s", b.Publisher, b.Seq, known, hash)
	case b.Seq <= l.Seq:
		return errs.New(errs.RulesOld, "%s %d, is at %d", b.Publisher, b.Seq, l.Seq)
	case b.Seq > l.Seq+1:
		return errs.New(errs.RulesGap, "%s %d, is at %d", b.Publisher, b.Seq, l.Seq)
	case b.Previous != l.Hash:
		return errs.New(errs.RulesChainBroken, "%s %d", b.Publisher, b.Seq)
	}
	return nil
}

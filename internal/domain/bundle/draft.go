package bundle

import (
	"slices"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Draft is a content on its way to be published. It names officers by their id and holds no other personal data.
type Draft struct {
	ID        string         `json:"id"` // UUIDv7
	Content   Content        `json:"content"`
	Approvals []proof.Signed `json:"approvals,omitempty"` // of exactly this content: a change removes them
	State     DraftState     `json:"state"`
	Seq       int            `json:"seq,omitempty"` // of the bundle it became
	Saved     time.Time      `json:"saved"`         // business time, UTC

	// Row is the store's guard: the version that was read, 0 for a new draft.
	Row int64 `json:"-"`
}

// DraftState is where a draft stands. It leaves Drafting once and for all.
type DraftState string

// The states.
const (
	Drafting DraftState = "open"
	Issued   DraftState = "published"
	Dropped  DraftState = "dropped"
)

// Change puts another content in. Author and kind stay, and what was approved is approved no longer. errs.RulesDraftClosed.
func (d Draft) Change(c Content, at time.Time) (Draft, error) {
	if d.State != Drafting {
		return d, errs.New(errs.RulesDraftClosed, "%s is %s", d.ID, d.State)
	}
	c.Author, c.Kind, c.Demo = d.Content.Author, d.Content.Kind, d.Content.Demo
	d.Content, d.Approvals, d.Saved = c, nil, at
	return d, nil
}

// Officers names who approved, in order.
func (d Draft) Officers() []string {
	var out []string
	for _, s := range d.Approvals {
		var a Approval
		if s.Into(&a) == nil {
			out = append(out, a.Officer)
		}
	}
	return out
}

// Approve adds an officer's approval, signed by the node. errs.RulesDraftClosed, errs.RulesSecondPerson.
func (d Draft) Approve(by *proof.Signer, publisher office.NodeID, officer, at string, now time.Time) (Draft, error) {
	if d.State != Drafting {
		return d, errs.New(errs.RulesDraftClosed, "%s is %s", d.ID, d.State)
	}
	if err := Second(d.Officers(), d.Content.Author, officer); err != nil {
		return d, err
	}
	hash, err := d.Content.Hash()
	if err != nil {
		return d, err
	}
	s, err := proof.SignJSON(by, TypApproval, Approval{Content: hash, Publisher: publisher, Officer: officer, Office: at, At: now})
	if err != nil {
		return d, err
	}
	d.Approvals = append(slices.Clip(d.Approvals), s)
	return d, nil
}

// Ready reports whether the draft has the approvals it needs.
func (d Draft) Ready() bool { return d.State == Drafting && len(d.Approvals) >= 2 }

package sharing

import (
	"regexp"
	"slices"
	"strings"

	"tongban/internal/domain/office"
	"tongban/internal/domain/resource"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Terms are the text of an agreement: whoever signs signs the hash of exactly this.
type Terms struct {
	Agreement string          `json:"agreement"` // UUIDv7, the same for all versions
	Version   int             `json:"version"`   // from 1; a counter-proposal is the next
	Prev      proof.Hash      `json:"prev"`      // of the terms that it changes; zero for the first
	Parties   []office.NodeID `json:"parties"`   // two or more, sorted
	From      workday.Date    `json:"from"`
	Until     workday.Date    `json:"until"` // last day
	Grants    []Grant         `json:"grants"`
	Cost      string          `json:"cost"` // who bears what
}

// Grant is what one party answers to some of the others (第20条: 使用依据、使用场景、使用范围、共享方式、使用时限).
type Grant struct {
	Provider   office.NodeID   `json:"provider"`
	Resource   string          `json:"resource"` // key of the provider's resource
	Askers     []office.NodeID `json:"askers"`
	Fields     []string        `json:"fields"`
	ChecksOnly bool            `json:"checks_only,omitempty"` // 只核验: yes or no to a value that the asker has, no values
	Items      []string        `json:"items"`                 // codes of the matters
	Purpose    string          `json:"purpose"`
	Basis      string          `json:"basis"`     // law and article
	PerDay     int             `json:"per_day"`   // questions of each asker
	WithinMS   int             `json:"within_ms"` // how fast the provider promises to answer
	KeepDays   int             `json:"keep_days"` // how long after the case the asker may keep answers
}

// Bounds of terms.
const (
	mostParties = 32
	mostGrants  = 16
	mostItems   = 200
	mostText    = 600 // bytes
	mostWithin  = 60_000
	mostKeep    = 36_500
)

var agreementID = regexp.MustCompile(`^[0-9a-f-]{8,36}$`)

// Hash is what a signature names.
func (t Terms) Hash() (proof.Hash, error) {
	b, err := proof.Marshal(t)
	if err != nil {
		return proof.Hash{}, err
	}
	return proof.Signed{Typ: "sharing-terms", Body: b}.Hash(), nil
}

// Party reports whether a node is a side of the agreement.
func (t Terms) Party(n office.NodeID) bool { return slices.Contains(t.Parties, n) }

// Check says what the terms lack: errs.TermsIncomplete.
func (t Terms) Check() error {
	bad := func(what string) error {
		return errs.New(errs.TermsIncomplete, "%.40q %d: %s", t.Agreement, t.Version, what)
	}
	switch {
	case !agreementID.MatchString(t.Agreement) || t.Version < 1 || (t.Version == 1) != t.Prev.IsZero():
		return bad("number")
	case len(t.Parties) < 2 || len(t.Parties) > mostParties || !members(t.Parties) || !slices.IsSorted(t.Parties):
		return bad("parties")
	case t.From.IsZero() || t.Until.IsZero() || t.Until.Before(t.From):
		return bad("days")
	case len(t.Grants) == 0 || len(t.Grants) > mostGrants:
		return bad("grants")
	case !said(t.Cost):
		return bad("cost")
	}
	for i, g := range t.Grants {
		if slices.ContainsFunc(t.Grants[:i], func(o Grant) bool { return o.Provider == g.Provider && o.Resource == g.Resource }) {
			return bad("a resource twice")
		}
		if what := g.lacks(t); what != "" {
			return bad(what)
		}
	}
	return nil
}

// members reports whether all are provinces, each once.
func members(list []office.NodeID) bool {
	for i, n := range list {
		if !n.Member() || slices.Contains(list[:i], n) {
			return false
		}
	}
	return true
}

func said(s string) bool { return strings.TrimSpace(s) != "" && len(s) <= mostText }

func (g Grant) lacks(t Terms) string {
	switch {
	case !t.Party(g.Provider) || len(g.Resource) < 2 || len(g.Resource) > 32:
		return "provider or resource"
	case len(g.Askers) == 0 || !members(g.Askers) || slices.Contains(g.Askers, g.Provider):
		return "askers"
	case slices.ContainsFunc(g.Askers, func(n office.NodeID) bool { return !t.Party(n) }):
		return "an asker is no party"
	case len(g.Fields) == 0 || len(g.Fields) > 32 || len(g.Items) == 0 || len(g.Items) > mostItems:
		return "fields or matters"
	case slices.ContainsFunc(slices.Concat(g.Fields, g.Items), func(s string) bool { return s == "" || len(s) > 64 }):
		return "fields or matters"
	case !said(g.Purpose) || !said(g.Basis):
		return "purpose or basis"
	case g.PerDay < 1 || g.WithinMS < 1 || g.WithinMS > mostWithin || g.KeepDays < 0 || g.KeepDays > mostKeep:
		return "limits"
	}
	return ""
}

// Fits holds a grant against the resource that it is about: errs.TermsIncomplete if it gives away what the owner does not offer.
func (g Grant) Fits(r resource.Resource, on workday.Date) error {
	switch {
	case r.Withdrawn || r.Attribute == resource.Denied:
		return errs.New(errs.TermsIncomplete, "%s is not offered", r.ID())
	case slices.ContainsFunc(g.Fields, func(f string) bool { return !slices.Contains(r.Fields, f) }):
		return errs.New(errs.TermsIncomplete, "%s does not give all of %v", r.ID(), g.Fields)
	case g.PerDay > r.PerDay:
		return errs.New(errs.TermsIncomplete, "%s allows %d a day", r.ID(), r.PerDay)
	case on.Before(r.From):
		return errs.New(errs.TermsIncomplete, "%s begins on %s", r.ID(), r.From)
	}
	return nil
}

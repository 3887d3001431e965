package depart

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tongban/internal/domain/casefile"
	"tongban/internal/kernel/errs"
)

// Answer is what a system says of work that it was given. ID is the system's own and never used for another answer.
type Answer struct {
	ID      string    `json:"id"`
	Work    string    `json:"work"`
	Code    string    `json:"code"`
	Officer Staff     `json:"officer"`           // who did it there and answers for it
	Checked *Staff    `json:"checked,omitempty"` // who looked the papers through, where that is somebody else
	At      time.Time `json:"at"`                // when it was done there; what counts here is when it came
	Reasons []string  `json:"reasons,omitempty"` // the system's reason codes
	Text    string    `json:"text,omitempty"`
	Gaps    []Gap     `json:"gaps,omitempty"`
}

// Staff is one of the office's staff as the system knows them.
type Staff struct {
	No   string `json:"no"` // staff number
	Name string `json:"name"`
}

// Gap is one thing that is missing, for the one-time notice.
type Gap struct {
	Material string `json:"material"` // key of a material of the task
	Problem  string `json:"problem"`
	Fix      string `json:"fix"`
	Basis    string `json:"basis,omitempty"`
}

// The bounds of an answer, in characters and lines.
const (
	mostID   = 64
	mostText = 1000
	mostList = 40
)

// Check refuses an answer that nobody could store or show: errs.AnswerUnread.
func (a Answer) Check() error {
	bad := func(what string) error { return errs.New(errs.AnswerUnread, "%s", what) }
	switch {
	case !plainID(a.ID) || !plainID(a.Work) || a.Code == "":
		return bad("id, work or code")
	case len(a.Reasons) > mostList || len(a.Gaps) > mostList:
		return bad("too many reasons or gaps")
	}
	texts := append([]string{a.Code, a.Officer.No, a.Officer.Name, a.Text}, a.Reasons...)
	if a.Checked != nil {
		texts = append(texts, a.Checked.No, a.Checked.Name)
	}
	for _, g := range a.Gaps {
		texts = append(texts, g.Material, g.Problem, g.Fix, g.Basis)
	}
	for i, s := range texts {
		most := mostText
		if i < 3 {
			most = mostID
		}
		if utf8.RuneCountInString(s) > most || !utf8.ValidString(s) || strings.ContainsFunc(s, hidden) {
			return bad("text")
		}
	}
	return nil
}

// plainID keeps ids to what may stand in an address, a file name and a log.
func plainID(s string) bool {
	return s != "" && len(s) <= mostID && s[0] != '.' && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
	})
}

func hidden(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }

// Deed is an answer as an act here.
type Deed struct {
	Act      casefile.Act
	Gaps     []casefile.Correction // of a correction
	Decision casefile.Decision     // of a decision or a refusal to accept
	Reason   string                // of a request for more time
}

// Read puts an answer into an act: errs.AnswerUnmapped for a code that the mapping does not know, errs.AnswerUnnamed without
// somebody who answers for it, errs.AnswerReason where reasons are missing or unknown. Then a person has to read it.
func (s System) Read(a Answer) (Deed, error) {
	var m Meaning
	for _, one := range s.Answers {
		if one.Code == a.Code {
			m = one
		}
	}
	if m.Code == "" {
		return Deed{}, errs.New(errs.AnswerUnmapped, "%s: code %q", s.Key, a.Code)
	}
	if !plainID(a.Officer.No) || a.Officer.Name == "" || a.Checked != nil && (!plainID(a.Checked.No) || a.Checked.Name == "") {
		return Deed{}, errs.New(errs.AnswerUnnamed, "%s: answer %s", s.Key, a.ID)
	}
	d := Deed{Act: m.Act}
	switch m.Act { //nolint:exhaustive // acts are all that a mapping may name
	case casefile.ActCorrect:
		for _, g := range a.Gaps {
			d.Gaps = append(d.Gaps, casefile.Correction{Check: g.Material, Material: g.Material, Problem: g.Problem, Fix: g.Fix, Basis: g.Basis})
		}
		if len(d.Gaps) == 0 {
			return Deed{}, errs.New(errs.AnswerReason, "%s: gaps are missing", s.Key)
		}
	case casefile.ActAskExtend:
		if d.Reason = a.Text; d.Reason == "" {
			return Deed{}, errs.New(errs.AnswerReason, "%s: more time without a reason", s.Key)
		}
	case casefile.ActDecide, casefile.ActDecline:
		d.Decision = casefile.Decision{Outcome: m.Outcome, Text: a.Text}
		for _, code := range a.Reasons {
			key, ok := s.reason(code)
			if !ok {
				return Deed{}, errs.New(errs.AnswerReason, "%s: reason %q", s.Key, code)
			}
			d.Decision.Reasons = append(d.Decision.Reasons, key)
		}
		if m.Outcome != casefile.Granted && len(d.Decision.Reasons) == 0 {
			return Deed{}, errs.New(errs.AnswerReason, "%s: a refusal without a reason", s.Key)
		}
	}
	return d, nil
}

func (s System) reason(code string) (string, bool) {
	for _, r := range s.Reasons {
		if r.Code == code {
			return r.Key, true
		}
	}
	return "", false
}

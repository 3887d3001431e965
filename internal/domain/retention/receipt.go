package retention

import (
	"regexp"
	"slices"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Typ is the type of signed object.
const Typ = "deletion-receipt"

// Most is how many answers one receipt names.
const Most = 200

// Receipt is the signed word of who asked that answers are deleted (删除回执). It holds digests and no data of anybody.
type Receipt struct {
	Case  string        `json:"case"`
	From  office.NodeID `json:"from"` // who asked, and deleted
	To    office.NodeID `json:"to"`   // who had answered
	At    time.Time     `json:"at"`   // business time of the deletion, UTC
	Basis string        `json:"basis"`
	Gone  []Gone        `json:"gone"`
}

// Gone is one answer that is deleted.
type Gone struct {
	ID       string       `json:"id"` // of the question
	Question proof.Hash   `json:"question"`
	Answer   proof.Hash   `json:"answer"`
	Resource string       `json:"resource"`
	Until    workday.Date `json:"until"` // its last day
	Why      Why          `json:"why"`
}

var id = regexp.MustCompile(`^[0-9a-f-]{36}$`)

// Open checks that s is the word of a node to another one about a case: errs.DeletionWrong, and those of office.TrustList.Check.
func Open(s proof.Signed, trust *office.TrustList, from, to office.NodeID, caseID string) (Receipt, error) {
	n, err := trust.Check(s, Typ)
	if err != nil {
		return Receipt{}, err
	}
	var r Receipt
	if err := s.Into(&r); err != nil {
		return r, errs.Wrap(errs.DeletionWrong, err, "of %s", from)
	}
	if n.ID != from || r.From != from || r.To != to || r.Case != caseID || r.At.IsZero() || len(r.Gone) == 0 || len(r.Gone) > Most {
		return r, errs.New(errs.DeletionWrong, "of %.8q for %.8q about %.40q, signed by %s", r.From, r.To, r.Case, n.ID)
	}
	day := workday.DateOf(r.At)
	for i, g := range r.Gone {
		twice := slices.ContainsFunc(r.Gone[:i], func(o Gone) bool { return o.ID == g.ID })
		if twice || !id.MatchString(g.ID) || g.Question.IsZero() || g.Answer.IsZero() || !day.After(g.Until) {
			return r, errs.New(errs.DeletionWrong, "%.40q of %s", g.ID, from)
		}
	}
	return r, nil
}

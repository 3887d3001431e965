package licence

import (
	"regexp"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Recognition is what a place says publicly when it takes licences of a type instead of paper (互认): from one place or from all,
// for one matter or for all, from a day on. Who says it stands in the statement that carries it (sharing.Statement).
type Recognition struct {
	Of       office.NodeID `json:"of,omitempty"`   // "" for every other province
	Type     string        `json:"type"`           // 证照类型代码
	Item     string        `json:"item,omitempty"` // "" for every matter that the place decides
	From     workday.Date  `json:"from"`
	Until    workday.Date  `json:"until,omitzero"`     // last day; zero for no end
	Withdraw bool          `json:"withdraw,omitempty"` // from that day on no longer
	Basis    string        `json:"basis"`              // the agreement or rule it rests on
}

var itemCode = regexp.MustCompile(`^[0-9A-Za-z.-]{1,40}$`)

// mostBasis bounds a basis, in bytes.
const mostBasis = 600

// Check refuses with errs.RecognitionWrong what place by cannot mean.
func (r Recognition) Check(by office.NodeID) error {
	switch {
	case r.Of != "" && !r.Of.Member(), r.Of == by, !typeForm.MatchString(r.Type), r.Item != "" && !itemCode.MatchString(r.Item),
		r.Basis == "" || len(r.Basis) > mostBasis, r.From.IsZero(), !r.Until.IsZero() && (r.Withdraw || r.Until.Before(r.From)):
		return errs.New(errs.RecognitionWrong, "%s of %.8q: type %.24q, item %.40q, %s to %s", by, r.Of, r.Type, r.Item, r.From, r.Until)
	}
	return nil
}

// Same reports whether both speak of the same licences and matters, so that the later takes the place of the earlier.
func (r Recognition) Same(o Recognition) bool {
	return r.Of == o.Of && r.Type == o.Type && r.Item == o.Item
}

// Covers reports whether it speaks of a licence of a type from a place, for a matter, on a day; for that it may have ended.
func (r Recognition) Covers(of office.NodeID, typeCode, item string, on workday.Date) bool {
	return (r.Of == "" || r.Of == of) && r.Type == typeCode && (r.Item == "" || r.Item == item) && !r.From.After(on)
}

// Takes reports whether it says yes on a day that it covers.
func (r Recognition) Takes(on workday.Date) bool {
	return !r.Withdraw && (r.Until.IsZero() || !on.After(r.Until))
}

// Outranks reports whether it counts before another that covers the same licence: the one for the matter before the one for all
// matters, then the one for the place before the one for all places. Of equals the later said counts, which is for the caller.
func (r Recognition) Outranks(o Recognition) bool {
	if (r.Item == "") != (o.Item == "") {
		return r.Item != ""
	}
	return r.Of != "" && o.Of == ""
}

// Shown is a licence that stands for a paper in an application: the record as its issuer signed it, how it stood when it was
// looked at, and by whose word it is taken. It is kept with the case, so that nobody asks for the paper again.
type Shown struct {
	Record proof.Signed  `json:"record"`
	ID     string        `json:"id"` // 证照标识
	By     office.NodeID `json:"by"` // the issuer's node
	Looked time.Time     `json:"looked"`
	// Known is when the issuer's list was signed that the standing was read from; zero for a record of the deciding place's own
	// register, and for one that names no list. Late: the issuer could not be reached, the list is the last that was known.
	Known time.Time `json:"known,omitzero"`
	Late  bool      `json:"late,omitempty"`
	// Ground is the deciding place's statement of recognition, as NODE/NUMBER; "" for its own licences.
	Ground string `json:"ground,omitempty"`
}

// Good checks a shown licence again, as anybody can who holds it: signature, issuer, face and days. It returns the errors of
// Verify and Licence.ValidOn, and errs.LicenceMismatch if the record is another than the one named.
func (s Shown) Good(trust *office.TrustList, on workday.Date) (Licence, error) {
	l, err := Verify(s.Record, trust)
	if err != nil {
		return Licence{}, err
	}
	if l.ID != s.ID || l.Issuer.Node != s.By {
		return Licence{}, errs.New(errs.LicenceMismatch, "shown as %.80q of %.8q", s.ID, s.By)
	}
	return l, l.ValidOn(on.String())
}

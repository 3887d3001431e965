// Package licence is the electronic licence 电子证照: its identifier (GB/T 36904-2018), the record that its issuer signs,
// and the checks that another province makes before it relies on one. The signed record is the authority; prints and
// selective credentials are made from it.
package licence

import (
	"time"

	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Typ is the type under which a licence is signed.
const Typ = "licence"

// Licence is the record. Dates are YYYY-MM-DD in Asia/Shanghai.
type Licence struct {
	ID       string  `json:"id"`        // 电子证照标识
	TypeCode string  `json:"type_code"` // 证照类型代码
	TypeName string  `json:"type_name"` // 证照类型名称
	No       string  `json:"no"`        // 证照编号
	Version  int     `json:"version"`   // from 1, as in ID
	Holder   Holder  `json:"holder"`
	Issuer   Issuer  `json:"issuer"`
	Issued   string  `json:"issued"`
	From     string  `json:"from"`
	Until    string  `json:"until,omitempty"` // last day in force; "" for no end
	Fields   []Field `json:"fields"`          // 照面
	CaseID   string  `json:"case_id,omitempty"`
	// Replaces is the 证照标识 of the version before, or of another province's licence that this one takes over (转入).
	Replaces string `json:"replaces,omitempty"`
	// Status is the record's place in its issuer's status list; nil for records from before there was one.
	Status *statuslist.Ref `json:"status,omitempty"`
}

// Holder is the 持证主体.
type Holder struct {
	Name     string `json:"name"`
	Code     string `json:"code"`
	CodeType string `json:"code_type"` // GA/T 2000.156, or 001 for a 统一社会信用代码
}

// Issuer is the 颁发机构 and the node that signs for it.
type Issuer struct {
	Name string        `json:"name"`
	Code string        `json:"code"` // 统一社会信用代码
	Node office.NodeID `json:"node"`
}

// Field is one item on the licence's face.
type Field struct {
	Key   string `json:"key"`
	Label string `json:"label"`
	Value string `json:"value"`
}

// Issue signs a licence as the issuer's node. It refuses with errs.LicenceMismatch or errs.BadIdentifier what Verify would.
func Issue(signer *proof.Signer, l Licence) (proof.Signed, error) {
	id, err := l.check()
	if err != nil {
		return proof.Signed{}, err
	}
	if id.Legacy || !office.CodeValid(l.Issuer.Code) {
		return proof.Signed{}, errs.New(errs.BadIdentifier, "licence of issuer %s", l.Issuer.Code)
	}
	return proof.SignJSON(signer, Typ, l)
}

// Verify checks that a node on the trust list signed the licence for an issuer of its own, and that the record agrees with
// itself. Whether it is in force on a day says ValidOn; whether it was revoked since, only the issuer's status. Errors:
// errs.UnknownKey, errs.WrongType, errs.BadSignature, errs.UnreadableBody, errs.BadIdentifier, errs.LicenceMismatch,
// errs.NameUnsafe.
func Verify(s proof.Signed, trust *office.TrustList) (Licence, error) {
	node, err := trust.Check(s, Typ)
	if err != nil {
		return Licence{}, err
	}
	var l Licence
	if err := s.Into(&l); err != nil {
		return Licence{}, err
	}
	if _, err := l.check(); err != nil {
		return Licence{}, err
	}
	if l.Issuer.Node != node.ID || !node.ID.Member() {
		return Licence{}, errs.New(errs.LicenceMismatch, "issuer's node %q, signed by %s", l.Issuer.Node, node.ID)
	}
	return l, nil
}

// place is what stands in an office's code after its first two characters. The Corps lies in Xinjiang.
func place(id office.NodeID) string {
	if id == "66" {
		return "65"
	}
	return string(id)
}

// check holds the record against itself and gives its identifier.
func (l Licence) check() (Identifier, error) {
	id, err := ParseIdentifier(l.ID)
	if err != nil {
		return Identifier{}, err
	}
	switch {
	case id.Issuer != l.Issuer.Code:
		return Identifier{}, errs.New(errs.LicenceMismatch, "identifier names issuer %s, record %s", id.Issuer, l.Issuer.Code)
	case len(id.Issuer) == 18 && id.Issuer[2:4] != place(l.Issuer.Node): // a province speaks for its own offices only
		return Identifier{}, errs.New(errs.LicenceMismatch, "issuer %s is no office of %s", id.Issuer, l.Issuer.Node)
	case id.TypeCode != l.TypeCode || id.Version != l.Version:
		return Identifier{}, errs.New(errs.LicenceMismatch, "identifier names type %s version %d", id.TypeCode, id.Version)
	case l.Status != nil && (l.Status.URI == "" || l.Status.Idx < 0):
		return Identifier{}, errs.New(errs.LicenceMismatch, "status list %q", l.Status.URI)
	case l.No == "" || l.TypeName == "" || l.Holder.Name == "" || l.Holder.Code == "" || l.Issuer.Name == "":
		return Identifier{}, errs.New(errs.LicenceMismatch, "number, type, holder or issuer is empty")
	}
	for _, d := range []string{l.Issued, l.From, l.Until} {
		if _, err := time.Parse(time.DateOnly, d); err != nil && d != "" {
			return Identifier{}, errs.New(errs.LicenceMismatch, "date %q", d)
		}
	}
	if err := l.clean(); err != nil {
		return Identifier{}, err
	}
	if l.Issued == "" || l.From == "" || (l.Until != "" && l.Until < l.From) {
		return Identifier{}, errs.New(errs.LicenceMismatch, "issued %q, in force from %q until %q", l.Issued, l.From, l.Until)
	}
	return id, nil
}

// Standing holds the record against its issuer's status list, as Checked.Standing does. A record that names no list gives the
// zero Seen.
func (l Licence) Standing(token string, trust *office.TrustList, now time.Time) (statuslist.Seen, error) {
	if l.Status == nil {
		return statuslist.Seen{}, nil
	}
	seen, err := ReadStatus(token, l.Status.URI, l.Issuer.Node, trust, now)
	if err != nil {
		return statuslist.Seen{}, err
	}
	return seen, seen.Judge(l.Status.Idx)
}

// ValidOn returns errs.LicenceNotInForce unless day (YYYY-MM-DD, Asia/Shanghai) lies between From and Until, both included.
func (l Licence) ValidOn(day string) error {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return errs.Wrap(errs.BadRequest, err, "day")
	}
	if day < l.From || (l.Until != "" && day > l.Until) {
		return errs.New(errs.LicenceNotInForce, "in force from %s until %q, asked for %s", l.From, l.Until, day)
	}
	return nil
}

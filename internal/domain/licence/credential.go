package licence

import (
	"encoding/json"
	"strings"
	"time"

	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/licence/sdjwt"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// VCT is the credential type of a licence type.
func VCT(typeCode string) string { return vctPrefix + typeCode }

const vctPrefix = "urn:cn:elicence:"

// The claims that stand openly in every credential: what a reader needs to find issuer and status, nothing of the holder.
const (
	ClaimID         = "licence_id" // 证照标识
	ClaimTypeName   = "type_name"
	ClaimIssuerName = "issuer_name"
	ClaimIssuerCode = "issuer_code"
	ClaimFrom       = "from"  // YYYY-MM-DD, Asia/Shanghai
	ClaimUntil      = "until" // last day in force
)

// The claims of every licence that its holder shows or not. The face adds its own, by the keys of the record.
const (
	ClaimNo             = "no"
	ClaimHolderName     = "holder_name"
	ClaimHolderCode     = "holder_code"
	ClaimHolderCodeType = "holder_code_type"
)

// The claims of a credential that is bound to somebody's key: whose key it is. That is the holder, or for a company's licence the
// person from whose application it came.
const (
	ClaimBearerCode     = "bearer_code"
	ClaimBearerCodeType = "bearer_code_type"
)

// Open are the claims that nobody can hide, Disclosable those beside the face that the holder shows or not.
var (
	Open = []string{
		"iss", "vct", "iat", "nbf", "exp", "cnf", "status", ClaimID, ClaimTypeName, ClaimIssuerName, ClaimIssuerCode, ClaimFrom, ClaimUntil,
	}
	Disclosable = []string{ClaimNo, ClaimHolderName, ClaimHolderCode, ClaimHolderCodeType, ClaimBearerCode, ClaimBearerCodeType}
)

// Binding is what a credential adds to the record.
type Binding struct {
	Holder *jws.Key        // who can present it; nil leaves it unbound
	Bearer Holder          // whose key that is; only with a key
	Status *statuslist.Ref // its place in the issuer's list; nil for none
	At     time.Time       // of signing
}

// IssuerID is how a credential names its node: the address, at which /.well-known/jwt-vc-issuer gives its keys, or a name.
// What counts is the key: the trust list says whose it is.
func IssuerID(n office.Node) string {
	if n.Address != "" {
		return n.Address
	}
	return "urn:tongban:node:" + string(n.ID)
}

// Credential makes the licence's record into a credential in which each item can be shown on its own (SD-JWT VC). The signed
// record stays the authority. It refuses what Issue refuses.
func Credential(s *jws.Signer, l Licence, issuer office.Node, b Binding) (string, error) {
	if _, err := l.check(); err != nil {
		return "", err
	}
	from, err := dayStart(l.From)
	if err != nil {
		return "", err
	}
	shown := map[string]any{
		"iss": IssuerID(issuer), "vct": VCT(l.TypeCode), "iat": b.At.Unix(), "nbf": from.Unix(),
		ClaimID: l.ID, ClaimTypeName: l.TypeName, ClaimIssuerName: l.Issuer.Name, ClaimIssuerCode: l.Issuer.Code, ClaimFrom: l.From,
	}
	if l.Until != "" {
		last, err := dayStart(l.Until)
		if err != nil {
			return "", err
		}
		shown[ClaimUntil], shown["exp"] = l.Until, last.Add(24*time.Hour).Unix()
	}
	if b.Holder != nil {
		shown["cnf"] = map[string]any{"jwk": b.Holder.JWK()}
	}
	if b.Status != nil {
		shown["status"] = b.Status.Claim()
	}
	hidden := []sdjwt.Claim{
		{Name: ClaimNo, Value: l.No},
		{Name: ClaimHolderName, Value: l.Holder.Name},
		{Name: ClaimHolderCode, Value: l.Holder.Code},
		{Name: ClaimHolderCodeType, Value: l.Holder.CodeType},
	}
	if b.Holder != nil && b.Bearer.Code != "" {
		hidden = append(hidden, sdjwt.Claim{Name: ClaimBearerCode, Value: b.Bearer.Code}, sdjwt.Claim{Name: ClaimBearerCodeType, Value: b.Bearer.CodeType})
	}
	for _, f := range l.Fields {
		hidden = append(hidden, sdjwt.Claim{Name: f.Key, Value: f.Value})
	}
	return sdjwt.Issue(s, shown, hidden)
}

// dayStart is the first moment of a legal day.
func dayStart(day string) (time.Time, error) {
	d, err := workday.ParseDate(day)
	if err != nil {
		return time.Time{}, err
	}
	return d.Start(), nil
}

// Checked is a credential whose issuer is proved.
type Checked struct {
	sdjwt.Presented
	ID     Identifier
	Node   office.Node // whose key signed
	Status *statuslist.Ref
}

// CheckCredential checks a presentation of a licence: a key on the trust list for one of the signing province's own offices,
// disclosures, the holder's proof if there is one, and the dates at now. Holding the proof against an occasion (For) and the
// status against a list (Standing) is the caller's. The algorithm is the key's: ES256 from the node's es256 key, the SM2
// profile from its evidence key. Errors: errs.IssuerUnknown, those of sdjwt.Verify, errs.BadIdentifier, errs.LicenceMismatch,
// errs.NameUnsafe, errs.LicenceFromFuture, errs.LicenceNotInForce.
func CheckCredential(compact string, trust *office.TrustList, now time.Time) (Checked, error) {
	var c Checked
	find := func(h jws.Header, _ map[string]json.RawMessage) (key jws.Key, err error) {
		c.Node, key, err = keyOf(trust, h)
		return key, err
	}
	var err error
	if c.Presented, err = sdjwt.Verify(compact, find); err != nil {
		return Checked{}, err
	}
	if c.ID, err = ParseIdentifier(c.Text(ClaimID)); err != nil {
		return Checked{}, err
	}
	code := c.Text(ClaimIssuerCode)
	switch {
	case !c.Node.ID.Member():
		return Checked{}, errs.New(errs.LicenceMismatch, "signed by %s", c.Node.ID)
	case code != c.ID.Issuer || len(code) == 18 && code[2:4] != place(c.Node.ID):
		return Checked{}, errs.New(errs.LicenceMismatch, "issuer %q is no office of %s", code, c.Node.ID)
	case c.Text("vct") != VCT(c.ID.TypeCode):
		return Checked{}, errs.New(errs.LicenceMismatch, "type %q, identifier names %s", c.Text("vct"), c.ID.TypeCode)
	}
	for name, v := range c.Claims {
		if s, ok := v.(string); ok && name != "iss" {
			for line := range strings.SplitSeq(s, "\n") {
				if err := cleanText(strings.TrimSpace(line)); err != nil {
					return Checked{}, err
				}
			}
		}
	}
	ref, ok, err := statuslist.RefOf(c.Claims)
	if err != nil {
		return Checked{}, err
	}
	if ok {
		c.Status = &ref
	}
	return c, c.dated(now)
}

// dated holds iat, nbf and exp against the moment.
func (c Checked) dated(now time.Time) error {
	iat, err := c.Time("iat")
	if err != nil {
		return err
	}
	nbf, err := c.Time("nbf")
	if err != nil {
		return err
	}
	exp, err := c.Time("exp")
	switch {
	case err != nil:
		return err
	case iat.After(now.Add(sdjwt.Leeway)):
		return errs.New(errs.LicenceFromFuture, "signed at %s", iat)
	case now.Before(nbf), !exp.IsZero() && !now.Before(exp):
		return errs.New(errs.LicenceNotInForce, "from %s until %s", nbf, exp)
	}
	return nil
}

// Standing holds a checked credential against its issuer's status list, which must be that list and by the same node. Errors:
// errs.StatusMissing without a token, those of statuslist.Read, errs.LicenceSuspended, errs.LicenceRevoked,
// errs.StatusOutOfRange. The returned list tells of when it speaks, also beside an error of Judge.
func (c Checked) Standing(token string, trust *office.TrustList, now time.Time) (statuslist.Seen, error) {
	if c.Status == nil {
		return statuslist.Seen{}, nil
	}
	seen, err := ReadStatus(token, c.Status.URI, c.Node.ID, trust, now)
	if err != nil {
		return statuslist.Seen{}, err
	}
	return seen, seen.Judge(c.Status.Idx)
}

// ReadStatus checks a status list token of a node; see Standing.
func ReadStatus(token, uri string, by office.NodeID, trust *office.TrustList, now time.Time) (statuslist.Seen, error) {
	if token == "" {
		return statuslist.Seen{}, errs.New(errs.StatusMissing, "list %s", uri)
	}
	return statuslist.Read(token, uri, func(h jws.Header) (jws.Key, error) {
		node, key, err := keyOf(trust, h)
		if err == nil && node.ID != by {
			err = errs.New(errs.StatusUnreadable, "list of %s, licence of %s", node.ID, by)
		}
		return key, err
	}, now)
}

// keyOf finds the node whose key a header names, and gives the key with the algorithm that it is for.
func keyOf(trust *office.TrustList, h jws.Header) (office.Node, jws.Key, error) {
	if h.Kid != "" && h.Alg == jws.SM2 {
		if n, pub, ok := trust.Signer(h.Kid); ok {
			return n, jws.Key{Alg: jws.SM2, Pub: pub}, nil
		}
	}
	for _, n := range trust.Nodes {
		if h.Alg == jws.ES256 && len(n.ES256) > 0 && proof.KeyID(n.ES256) == h.Kid {
			return n, jws.Key{Alg: jws.ES256, Pub: n.ES256}, nil
		}
	}
	return office.Node{}, jws.Key{}, errs.New(errs.IssuerUnknown, "%s key %q, trust list %d", h.Alg, h.Kid, trust.Version)
}

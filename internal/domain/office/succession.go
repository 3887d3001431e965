package office

import (
	"bytes"
	"slices"

	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// The types of the two signatures by which a member's signing key is followed by another.
const (
	TypNewKey     = "key-new"        // by the new key: who proposes it has it
	TypSuccession = "key-succession" // by the key in force, over the new key's word
)

// Succession says that a member's signing key is followed by another from a version of the trust list on. It is signed by the new key,
// and that by the key in force: nobody else, the operator included, can follow a member.
type Succession struct {
	Node    NodeID `json:"node"`
	Version int    `json:"version"` // of the list that brings it into force
	Sign    []byte `json:"sign"`    // the new public key
}

// SignSuccession makes the word of both keys.
func SignSuccession(s Succession, now, next *proof.Signer) (proof.Signed, error) {
	inner, err := proof.SignJSON(next, TypNewKey, s)
	if err != nil {
		return proof.Signed{}, err
	}
	return proof.SignJSON(now, TypSuccession, inner)
}

// OpenSuccession reads what SignSuccession made against the list in force. Errors: errs.UnknownKey, errs.WrongType, errs.BadSignature, and
// errs.BadTrustList if it is not the member's own key in force that speaks, the new key has been another's, or the list is not the next.
func OpenSuccession(by proof.Signed, have *TrustList) (Succession, error) {
	var s Succession
	n, err := have.Check(by, TypSuccession)
	if err != nil {
		return s, err
	}
	var inner proof.Signed
	if err := by.Into(&inner); err != nil {
		return s, err
	}
	if err := inner.Into(&s); err != nil {
		return s, err
	}
	if err := proof.Check(inner, TypNewKey, s.Sign); err != nil {
		return s, err
	}
	_, _, used := have.Signer(proof.KeyID(s.Sign))
	if s.Node != n.ID || !n.ID.Member() || by.Key != proof.KeyID(n.Sign) || used || s.Version != have.Version+1 {
		return s, errs.New(errs.BadTrustList, "key of %s in version %d", s.Node, s.Version)
	}
	return s, nil
}

// Succeeded is a member's entry after a succession: the key before goes on to be believed of what it signed.
func (n Node) Succeeded(s Succession) Node {
	n.OldSign = append(slices.Clone(n.OldSign), n.Sign)
	n.Sign = s.Sign
	return n
}

// SameKeys compares everything that lets somebody speak or read in the node's name. Old keys count: they still sign.
func (n Node) SameKeys(o Node) bool {
	return bytes.Equal(n.Sign, o.Sign) && bytes.Equal(n.Encrypt, o.Encrypt) && bytes.Equal(n.ES256, o.ES256) &&
		n.NKey == o.NKey && slices.EqualFunc(n.OldSign, o.OldSign, bytes.Equal)
}

package office

import (
	"bytes"
	"sync"
	"time"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/proof"
)

// Node is a node's entry in the trust list: how to reach it and what to believe from it.
type Node struct {
	ID       NodeID      `json:"id"`
	Name     string      `json:"name"`
	NameEn   string      `json:"name_en"`
	Region   region.Code `json:"region,omitempty"` // none for the hub and the identity provider
	Protocol int         `json:"protocol"`         // the highest wire protocol it speaks; it speaks one lower too
	Sign     []byte      `json:"sign"`             // SM2 public key in force for signatures, 65 bytes
	Encrypt  []byte      `json:"encrypt"`          // SM2 public key to encrypt for it, 65 bytes
	OldSign  [][]byte    `json:"old_sign,omitempty"`
	ES256    []byte      `json:"es256,omitempty"` // P-256 public key for credentials and log heads
	TLS      []byte      `json:"tls,omitempty"`   // SHA-256 of its TLS certificate
	NKey     string      `json:"nkey,omitempty"`  // its name in the channel
	Address  string      `json:"address"`         // base URL of its entrance
}

// TrustList says which keys speak for which node. It is immutable once used; all methods are safe for concurrent use.
type TrustList struct {
	Version int       `json:"version"` // grows by one with each list
	Issued  time.Time `json:"issued"`
	Nodes   []Node    `json:"nodes"`

	once  sync.Once // guards the building of the indexes
	byID  map[NodeID]int
	byKey map[string]signer
	low   int
}

type signer struct {
	node int
	pub  []byte
}

func (t *TrustList) index() {
	t.once.Do(func() {
		t.byID = make(map[NodeID]int, len(t.Nodes))
		t.byKey = make(map[string]signer, len(t.Nodes))
		for i, n := range t.Nodes {
			t.byID[n.ID] = i
			if n.ID.Member() && (t.low == 0 || n.Protocol < t.low) {
				t.low = n.Protocol
			}
			for _, old := range n.OldSign {
				t.byKey[proof.KeyID(old)] = signer{i, old}
			}
			t.byKey[proof.KeyID(n.Sign)] = signer{i, n.Sign}
		}
	})
}

// Node finds a node by its id.
func (t *TrustList) Node(id NodeID) (Node, bool) {
	t.index()
	i, ok := t.byID[id]
	if !ok {
		return Node{}, false
	}
	return t.Nodes[i], true
}

// Signer finds the node whose signing key, in force or old, has that id.
func (t *TrustList) Signer(keyID string) (Node, []byte, bool) {
	t.index()
	s, ok := t.byKey[keyID]
	if !ok {
		return Node{}, nil, false
	}
	return t.Nodes[s.node], s.pub, true
}

// Check verifies s as an object of that type by any node, and names the node. Errors: errs.UnknownKey, errs.WrongType,
// errs.BadSignature. Whether that node may say such a thing is for the caller to judge.
func (t *TrustList) Check(s proof.Signed, typ string) (Node, error) {
	n, pub, ok := t.Signer(s.Key)
	if !ok {
		return Node{}, errs.New(errs.UnknownKey, "%q, trust list %d", s.Key, t.Version)
	}
	if err := proof.Check(s, typ, pub); err != nil {
		return Node{}, err
	}
	return n, nil
}

// Lowest is the newest wire protocol that every member speaks; 0 if there is no member.
func (t *TrustList) Lowest() int {
	t.index()
	return t.low
}

// Members counts the provinces and the Corps.
func (t *TrustList) Members() int {
	n := 0
	for _, node := range t.Nodes {
		if node.ID.Member() {
			n++
		}
	}
	return n
}

// validate refuses a list that contradicts itself: ids and keys stand once and keys are points on the curve. Encryption
// and signing keys may not be the same pair (GB/T 20518).
func (t *TrustList) validate() error {
	if t.Version < 1 || t.Issued.IsZero() {
		return errs.New(errs.BadTrustList, "version %d has no date or number", t.Version)
	}
	ids, keys := map[NodeID]bool{}, map[string]bool{}
	for _, n := range t.Nodes {
		if !n.ID.Known() || ids[n.ID] {
			return errs.New(errs.BadTrustList, "node %q", n.ID)
		}
		ids[n.ID] = true
		for _, pub := range append([][]byte{n.Sign, n.Encrypt}, n.OldSign...) {
			if err := gm.CheckPublic(pub); err != nil {
				return errs.Wrap(errs.BadTrustList, err, "node %s", n.ID)
			}
			if id := proof.KeyID(pub); keys[id] {
				return errs.New(errs.BadTrustList, "node %s: key %s stands twice", n.ID, id)
			}
			keys[proof.KeyID(pub)] = true
		}
	}
	return nil
}

// The types of signed object by which a list comes into force.
const (
	TypTrust  = "trustlist"        // the list, signed by the operator
	TypCoSign = "trustlist-cosign" // a member's signature over the list's hash
)

// SignedTrust is a trust list with the signatures that put it in force: the operator's, and those of more than half of the
// members of the list before it, so that neither the operator nor a new list can choose its own electors.
type SignedTrust struct {
	List     proof.Signed   `json:"list"`
	CoSigned []proof.Signed `json:"co_signed"`
}

// coSignature is the body of a member's signature.
type coSignature struct {
	List proof.Hash `json:"list"`
}

// SignTrust makes the operator's half of a SignedTrust.
func SignTrust(operator *proof.Signer, list *TrustList) (SignedTrust, error) {
	if err := list.validate(); err != nil {
		return SignedTrust{}, err
	}
	s, err := proof.SignJSON(operator, TypTrust, list)
	return SignedTrust{List: s}, err
}

// CoSign adds a member's signature.
func (s *SignedTrust) CoSign(member *proof.Signer) error {
	c, err := proof.SignJSON(member, TypCoSign, coSignature{s.List.Hash()})
	if err != nil {
		return err
	}
	s.CoSigned = append(s.CoSigned, c)
	return nil
}

// Open checks s against the list in force (nil for the first list, which its own members found) and gives the new list.
// Errors: errs.BadSignature or errs.UnknownKey (operator), errs.TrustOutdated, errs.BadTrustList, errs.TrustTooFew.
// On any error the caller keeps the previous list.
func (s SignedTrust) Open(previous *TrustList, operatorPub []byte) (*TrustList, error) {
	if err := proof.Check(s.List, TypTrust, operatorPub); err != nil {
		return nil, err
	}
	list := new(TrustList)
	if err := s.List.Into(list); err != nil {
		return nil, err
	}
	electors := previous
	if previous == nil {
		electors = list
	} else if list.Version <= previous.Version {
		return nil, errs.New(errs.TrustOutdated, "version %d, in force %d", list.Version, previous.Version)
	}
	if err := list.validate(); err != nil {
		return nil, err
	}
	got, all := s.votes(electors), electors.Members()
	if 2*got <= all {
		return nil, errs.New(errs.TrustTooFew, "%d of %d members", got, all)
	}
	return list, nil
}

// votes counts the members among the electors whose key in force signed this list; each counts once, and an unreadable or
// foreign signature counts for nothing.
func (s SignedTrust) votes(electors *TrustList) int {
	hash, voted := s.List.Hash(), map[NodeID]bool{}
	for _, c := range s.CoSigned {
		n, err := electors.Check(c, TypCoSign)
		if err != nil || !n.ID.Member() || c.Key != proof.KeyID(n.Sign) {
			continue
		}
		var body coSignature
		if c.Into(&body) == nil && bytes.Equal(body.List[:], hash[:]) {
			voted[n.ID] = true
		}
	}
	return len(voted)
}

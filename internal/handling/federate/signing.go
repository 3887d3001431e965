package federate

import (
	"bytes"
	"strconv"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// SuccessionKind is the kind of message with which the hub asks a member to sign a list that changes another member's signing key.
const SuccessionKind = "trust-succession"

// Changing is its body: the proposed list, and the word of both keys.
type Changing struct {
	Trust office.SignedTrust `json:"trust"`
	By    proof.Signed       `json:"by"`
}

// SignName is the name of a node's n-th signing key, from 1.
func SignName(n int) string {
	if n == 1 {
		return "sign"
	}
	return "sign-" + strconv.Itoa(n)
}

// OwnKey is the signing key of a node that a list names, and which of its keys that is; the first where the list names none that is here: what
// it signs is then refused by others.
func OwnKey(keys gm.KeyProvider, list *office.TrustList, id office.NodeID) (gm.SignKey, int, error) {
	me, ok := list.Node(id)
	for n := 1; ; n++ {
		if n > 1 && !keys.Held(SignName(n)) {
			break
		}
		k, err := keys.SignKey(SignName(n))
		if err != nil || !ok || bytes.Equal(k.Public(), me.Sign) {
			return k, n, err
		}
	}
	k, err := keys.SignKey(SignName(1))
	return k, 1, err
}

// CoSignSuccession is a member's answer to a list that changes one member's signing key: its signature, if that is all that changes, and both
// keys say so.
func (t *Trust) CoSignSuccession(c Changing, member *proof.Signer) (proof.Signed, error) {
	have := t.List()
	s, err := office.OpenSuccession(c.By, have)
	if err != nil {
		return proof.Signed{}, err
	}
	return t.coSign(c.Trust, member, func(n office.Node) office.Node {
		if n.ID == s.Node {
			return n.Succeeded(s)
		}
		return n
	})
}

// Succeed is the list that follows on the one in force by a succession, not signed yet.
func (t *Trust) Succeed(by proof.Signed) (*office.TrustList, office.Succession, error) {
	have := t.List()
	s, err := office.OpenSuccession(by, have)
	if err != nil {
		return nil, s, err
	}
	next := &office.TrustList{Version: s.Version}
	for _, n := range have.Nodes {
		if n.ID == s.Node {
			n = n.Succeeded(s)
		}
		next.Nodes = append(next.Nodes, n)
	}
	return next, s, nil
}

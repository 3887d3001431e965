// Package federate keeps the trust list: which keys speak for which node, and how a new list comes into force.
package federate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"sync/atomic"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// settingTrust is the setting under which the last good trust list is kept.
const settingTrust = "trust"

// Settings is where a node keeps its few settings. Setting gives errs.Missing for one that was never set.
type Settings interface {
	Setting(ctx context.Context, name string) ([]byte, error)
	SetSetting(ctx context.Context, name string, value []byte) error
}

// Trust is the trust list in force at this node. A new list replaces it only with the operator's signature and those of
// more than half of the members that the present list names; otherwise the last good one stays. Safe for concurrent use.
type Trust struct {
	operator []byte
	mu       sync.Mutex // one list comes into force at a time, so that an older one never follows a newer
	now      atomic.Pointer[office.TrustList]
	signed   atomic.Pointer[office.SignedTrust]
}

// NewTrust starts from a signed list (nil: none yet).
func NewTrust(operator []byte, first *office.SignedTrust) (*Trust, error) {
	t := &Trust{operator: operator}
	t.now.Store(&office.TrustList{})
	if first != nil {
		if err := t.open(*first, nil); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Operator is the public key whose signature every list needs.
func (t *Trust) Operator() []byte { return t.operator }

// List is the list in force.
func (t *Trust) List() *office.TrustList { return t.now.Load() }

// Signed is the list in force as it was signed; nil if there is none.
func (t *Trust) Signed() *office.SignedTrust { return t.signed.Load() }

// Install takes a new list over, and keeps it in settings.
func (t *Trust) Install(ctx context.Context, s office.SignedTrust, keep Settings) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	previous := t.now.Load()
	if previous.Version == 0 {
		previous = nil
	}
	if err := t.open(s, previous); err != nil {
		return err
	}
	b, err := proof.Marshal(s)
	if err != nil {
		return err
	}
	return keep.SetSetting(ctx, settingTrust, b)
}

func (t *Trust) open(s office.SignedTrust, previous *office.TrustList) error {
	list, err := s.Open(previous, t.operator)
	if err != nil {
		return err
	}
	t.now.Store(list)
	t.signed.Store(&s)
	return nil
}

// Load takes over what settings kept, if it is newer than what the configuration brought.
func (t *Trust) Load(ctx context.Context, keep Settings) error {
	b, err := keep.Setting(ctx, settingTrust)
	if errs.Is(err, errs.Missing) {
		return nil
	}
	if err != nil {
		return err
	}
	var s office.SignedTrust
	if err := proof.Unmarshal(b, &s); err != nil {
		return err
	}
	previous := t.now.Load()
	if previous.Version == 0 {
		previous = nil
	}
	if err := t.open(s, previous); err != nil && !errs.Is(err, errs.TrustOutdated) {
		return err
	}
	return nil
}

// CoSign is a member's answer to a proposed list: its signature, if the list only adds nodes. A list that changes or drops
// a key in force needs more (CoSignSuccession) and is refused here.
func (t *Trust) CoSign(proposal office.SignedTrust, member *proof.Signer) (proof.Signed, error) {
	return t.coSign(proposal, member, func(n office.Node) office.Node { return n })
}

// coSign signs a proposed list in which each node of the list in force stands as want says, beside new ones.
func (t *Trust) coSign(proposal office.SignedTrust, member *proof.Signer, want func(office.Node) office.Node) (proof.Signed, error) {
	if err := proof.Check(proposal.List, office.TypTrust, t.operator); err != nil {
		return proof.Signed{}, err
	}
	var next office.TrustList
	if err := proposal.List.Into(&next); err != nil {
		return proof.Signed{}, err
	}
	have := t.List()
	if next.Version != have.Version+1 {
		return proof.Signed{}, errs.New(errs.TrustOutdated, "version %d after %d", next.Version, have.Version)
	}
	for _, n := range have.Nodes {
		i := slices.IndexFunc(next.Nodes, func(o office.Node) bool { return o.ID == n.ID })
		if i < 0 || !next.Nodes[i].SameKeys(want(n)) {
			return proof.Signed{}, errs.New(errs.BadTrustList, "version %d changes %s", next.Version, n.ID)
		}
	}
	if err := proposal.CoSign(member); err != nil {
		return proof.Signed{}, err
	}
	return proposal.CoSigned[len(proposal.CoSigned)-1], nil
}

// File is the trust list as a file that `tongban verify` reads: the signed list, and the operator's public key that the
// reader has compared by another way.
type File struct {
	Operator []byte             `json:"operator"`
	Trust    office.SignedTrust `json:"trust"`
}

// Fingerprint is how people compare a key over the telephone: the first 16 hex characters of its SHA-256.
func Fingerprint(public []byte) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:8])
}

package accesslog

import (
	"slices"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// TypWitness is the type of a signed Witness.
const TypWitness = "loghead-witness"

// Quorum is how many other provinces must have signed a head before anybody should rely on it (rule I4): one could be in
// league with the log's owner.
const Quorum = 2

// Witness is another province's word on a head: this is what I was shown, and it continues all that I was shown before.
type Witness struct {
	Head proof.Hash    `json:"head"` // of the signed head
	Node office.NodeID `json:"node"` // whose log
	Size int64         `json:"size"`
	By   office.NodeID `json:"by"`
	At   time.Time     `json:"at"` // business time of the witness
}

// OpenHead checks a signed head: a member's, about its own log. Errors: those of office.TrustList.Check, errs.LogNotShown.
func OpenHead(s proof.Signed, trust *office.TrustList) (Head, error) {
	n, err := trust.Check(s, TypHead)
	if err != nil {
		return Head{}, err
	}
	var h Head
	if err := s.Into(&h); err != nil {
		return Head{}, err
	}
	if h.Node != n.ID || !n.ID.Member() {
		return Head{}, errs.New(errs.LogNotShown, "a head of %.8q, signed by %s", h.Node, n.ID)
	}
	_, err = h.root()
	return h, err
}

// Witnesses gives the other members that signed this head, each once, in order. A signature that says anything else, or is
// by the log's owner, counts for nothing.
func Witnesses(head proof.Signed, h Head, signed []proof.Signed, trust *office.TrustList) []office.NodeID {
	var by []office.NodeID
	hash := head.Hash()
	for _, s := range signed {
		n, err := trust.Check(s, TypWitness)
		if err != nil || !n.ID.Member() || n.ID == h.Node || slices.Contains(by, n.ID) {
			continue
		}
		var w Witness
		if s.Into(&w) == nil && w.Head == hash && w.Node == h.Node && w.Size == h.Size && w.By == n.ID {
			by = append(by, n.ID)
		}
	}
	slices.Sort(by)
	return by
}

// Forks reports whether two signed heads of one node tell two histories: the same number of entries and another root.
func (h Head) Forks(other Head) bool {
	return h.Node == other.Node && h.Size == other.Size && h.Root != other.Root
}

// Choose gives up to n members that witness the log of me: for each node others, so that work and trust spread evenly, and
// always the same as long as the members are.
func Choose(me office.NodeID, members []office.NodeID, n int) []office.NodeID {
	var others []office.NodeID
	for _, m := range members {
		if m.Member() && m != me {
			others = append(others, m)
		}
	}
	slices.SortFunc(others, func(x, y office.NodeID) int {
		hx, hy := proof.HashOf([]byte(string(me)+" "+string(x))), proof.HashOf([]byte(string(me)+" "+string(y)))
		return slices.Compare(hx[:], hy[:])
	})
	return others[:min(n, len(others))]
}

package accesslog

import (
	"encoding/json"
	"slices"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// ExtractKind marks an Extract among other files.
const ExtractKind = "log-extract"

// Extract is what a person takes home of one node's log: the entries about their cases with all that proves them. Nobody
// needs to ask the node again to check it.
type Extract struct {
	Kind      string         `json:"kind"` // ExtractKind
	Head      proof.Signed   `json:"head,omitzero"`
	ES256     []byte         `json:"es256,omitempty"` // over the head's body, 64 bytes r ‖ s, for browsers
	Witnesses []proof.Signed `json:"witnesses,omitempty"`
	Lines     []Line         `json:"lines"`
}

// Line is one entry of an Extract.
type Line struct {
	Index int64  `json:"index"` // place in the tree; -1: not in the tree of the head yet, nothing proves it
	Leaf  string `json:"leaf"`  // the canonical form that was hashed, letter for letter
	Path  Path   `json:"path,omitempty"`
}

// Entry reads the line; errs.LogNotShown if it is no entry.
func (l Line) Entry() (Entry, error) {
	var e Entry
	if err := json.Unmarshal([]byte(l.Leaf), &e); err != nil {
		return Entry{}, errs.Wrap(errs.LogNotShown, err, "entry %d", l.Index)
	}
	return e, nil
}

// Bytes is the file that people keep.
func (x Extract) Bytes() ([]byte, error) {
	b, err := json.MarshalIndent(x, "", " ")
	return append(b, '\n'), err
}

// ReadExtract reads an Extract and nothing after it; errs.WrongType if b is some other file. It checks nothing.
func ReadExtract(b []byte) (Extract, error) {
	var x Extract
	if err := proof.Unmarshal(b, &x); err != nil {
		return Extract{}, err
	}
	if x.Kind != ExtractKind {
		return Extract{}, errs.New(errs.WrongType, "%.32q", x.Kind)
	}
	return x, nil
}

// Proved is what an Extract showed.
type Proved struct {
	Head      Head
	Witnesses []office.NodeID
	Lines     int // proved
	Pending   int // of entries that were too new to be in the tree; their node promised nothing about them
}

// Check holds an extract against the trust list. Errors: those of OpenHead, errs.LogNotShown,
// and errs.LogUnwitnessed if fewer than Quorum other members signed the head.
func (x Extract) Check(trust *office.TrustList) (Proved, error) {
	h, err := OpenHead(x.Head, trust)
	if err != nil {
		return Proved{}, err
	}
	p := Proved{Head: h, Witnesses: Witnesses(x.Head, h, x.Witnesses, trust)}
	var seen []int64
	for _, l := range x.Lines {
		if _, err := l.Entry(); err != nil {
			return p, err
		}
		if l.Index < 0 {
			p.Pending++
			continue
		}
		if slices.Contains(seen, l.Index) {
			return p, errs.New(errs.LogNotShown, "entry %d twice", l.Index)
		}
		if err := h.CheckEntry(l.Index, []byte(l.Leaf), l.Path); err != nil {
			return p, err
		}
		seen = append(seen, l.Index)
		p.Lines++
	}
	if len(p.Witnesses) < Quorum {
		return p, errs.New(errs.LogUnwitnessed, "%d of %d", len(p.Witnesses), Quorum)
	}
	return p, nil
}

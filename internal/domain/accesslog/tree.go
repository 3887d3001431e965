package accesslog

import (
	"context"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"tongban/internal/domain/office"
	"tongban/internal/proof"
)

// TypHead is the type of a signed tree head.
const TypHead = "loghead"

// Head is a node's statement of what its log holds: Size entries whose RFC 6962 root (SHA-256) is Root.
type Head struct {
	Node office.NodeID `json:"node"`
	Size int64         `json:"size"`
	Root string        `json:"root"` // base64, as sumdb notes write it
	At   time.Time     `json:"at"`
}

// Growth is what a batch adds to a tree: hashes to store at consecutive positions from Pos, and the root afterwards.
type Growth struct {
	Pos    int64
	Hashes [][32]byte
	Size   int64
	Root   [32]byte
}

// Hashes reads stored hashes of the tree by position (tlog numbering).
type Hashes func(ctx context.Context, positions []int64) ([][32]byte, error)

// Grow hashes leaves into a tree of size entries.
func Grow(ctx context.Context, size int64, stored Hashes, leaves [][]byte) (Growth, error) {
	g := Growth{Pos: tlog.StoredHashCount(size), Size: size}
	reader := tlog.HashReaderFunc(func(positions []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(positions))
		var old []int64
		for i, p := range positions {
			if p >= g.Pos {
				out[i] = g.Hashes[p-g.Pos]
			} else {
				old = append(old, p)
			}
		}
		if len(old) == 0 {
			return out, nil
		}
		had, err := stored(ctx, old)
		if err != nil {
			return nil, err
		}
		for i, p := range positions {
			if p < g.Pos {
				out[i], had = had[0], had[1:]
			}
		}
		return out, nil
	})
	for _, leaf := range leaves {
		more, err := tlog.StoredHashes(g.Size, leaf, reader)
		if err != nil {
			return Growth{}, err
		}
		for _, h := range more {
			g.Hashes = append(g.Hashes, h)
		}
		g.Size++
	}
	root, err := tlog.TreeHash(g.Size, reader)
	if err != nil {
		return Growth{}, err
	}
	g.Root = root
	return g, nil
}

// Sign makes a signed head of a grown tree.
func (g Growth) Sign(s *proof.Signer, node office.NodeID, at time.Time) (proof.Signed, error) {
	return proof.SignJSON(s, TypHead, Head{Node: node, Size: g.Size, Root: tlog.Hash(g.Root).String(), At: at})
}

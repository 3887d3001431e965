package accesslog

import (
	"context"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"tongban/internal/kernel/errs"
)

// Path is the list of hashes by which one entry, or one earlier tree, is shown to be part of a tree (RFC 6962 §2.1).
type Path []tlog.Hash

// reader reads stored hashes for tlog.
func reader(ctx context.Context, stored Hashes) tlog.HashReader {
	return tlog.HashReaderFunc(func(positions []int64) ([]tlog.Hash, error) {
		if len(positions) == 0 {
			return nil, nil
		}
		had, err := stored(ctx, positions)
		if err != nil {
			return nil, err
		}
		out := make([]tlog.Hash, len(had))
		for i, h := range had {
			out[i] = h
		}
		return out, nil
	})
}

// ProveEntries shows for each index that the entry there stands in the tree of size entries. It reads the hashes of all paths
// at once.
func ProveEntries(ctx context.Context, size int64, indexes []int64, stored Hashes) ([]Path, error) {
	// Which hashes a path is made of does not depend on them: the first pass only notes their positions.
	needed := map[int64]tlog.Hash{}
	note := tlog.HashReaderFunc(func(positions []int64) ([]tlog.Hash, error) {
		for _, p := range positions {
			needed[p] = tlog.Hash{}
		}
		return make([]tlog.Hash, len(positions)), nil
	})
	for _, i := range indexes {
		if i < 0 || i >= size {
			return nil, errs.New(errs.LogTooShort, "entry %d of %d", i, size)
		}
		if _, err := tlog.ProveRecord(size, i, note); err != nil {
			return nil, err
		}
	}
	positions := slices.Sorted(maps.Keys(needed))
	had, err := reader(ctx, stored).ReadHashes(positions)
	if err != nil {
		return nil, err
	}
	for i, p := range positions {
		needed[p] = had[i]
	}
	read := tlog.HashReaderFunc(func(positions []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(positions))
		for i, p := range positions {
			out[i] = needed[p]
		}
		return out, nil
	})
	paths := make([]Path, len(indexes))
	for n, i := range indexes {
		p, err := tlog.ProveRecord(size, i, read)
		if err != nil {
			return nil, err
		}
		paths[n] = Path(p)
	}
	return paths, nil
}

// ProveGrowth shows that the tree of size entries begins with the tree of its first old entries; 1 ≤ old ≤ size.
func ProveGrowth(ctx context.Context, size, old int64, stored Hashes) (Path, error) {
	if old < 1 || old > size {
		return nil, errs.New(errs.LogTooShort, "%d of %d", old, size)
	}
	p, err := tlog.ProveTree(size, old, reader(ctx, stored))
	return Path(p), err
}

// root is the head's root as a hash; errs.LogNotShown if it is none.
func (h Head) root() (tlog.Hash, error) {
	r, err := tlog.ParseHash(h.Root)
	if err != nil || h.Size < 1 {
		return tlog.Hash{}, errs.New(errs.LogNotShown, "head of %d", h.Size)
	}
	return r, nil
}

// CheckEntry holds a path against a head: the entry with this canonical form stands at index. errs.LogNotShown if not.
func (h Head) CheckEntry(index int64, leaf []byte, p Path) error {
	root, err := h.root()
	if err != nil {
		return err
	}
	if index < 0 || index >= h.Size {
		return errs.New(errs.LogNotShown, "entry %d of %d", index, h.Size)
	}
	if err := tlog.CheckRecord(tlog.RecordProof(p), h.Size, root, index, tlog.RecordHash(leaf)); err != nil {
		return errs.Wrap(errs.LogNotShown, err, "entry %d of %d", index, h.Size)
	}
	return nil
}

// CheckGrowth holds a path against two heads of one node: the later tree begins with the earlier one. errs.LogNotShown if
// not; that alone is no proof of two histories, since anybody can send a wrong path.
func (h Head) CheckGrowth(old Head, p Path) error {
	root, err := h.root()
	if err != nil {
		return err
	}
	before, err := old.root()
	if err != nil {
		return err
	}
	if h.Node != old.Node || h.Size < old.Size {
		return errs.New(errs.LogNotShown, "%s %d after %s %d", h.Node, h.Size, old.Node, old.Size)
	}
	if err := tlog.CheckTree(tlog.TreeProof(p), h.Size, root, old.Size, before); err != nil {
		return errs.Wrap(errs.LogNotShown, err, "%d after %d", h.Size, old.Size)
	}
	return nil
}

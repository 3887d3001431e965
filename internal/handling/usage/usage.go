// Package usage is 谁看过我的资料: what the access log of a node says about somebody's cases, with what proves it.
package usage

import (
	"context"
	"slices"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/party"
	"tongban/internal/proof"
)

// Store is what an extract is made from. LogLines gives the entries of cases, the newest first, with their place in the
// tree (-1: not in it yet). Witnessed is the size of the newest tree that quorum others signed, 0 if there is none.
type Store interface {
	Find(ctx context.Context, by []party.Lookup, limit int) ([]casefile.Case, error)
	// Asked gives the cases of other provinces for which this node was asked about somebody, by their ids.
	Asked(ctx context.Context, who party.Person, limit int) (map[string]Ref, error)
	LogLines(ctx context.Context, cases []string, limit int) ([]accesslog.Line, error)
	Witnessed(ctx context.Context, quorum int) (int64, error)
	WitnessesOf(ctx context.Context, size int64) ([]proof.Signed, error)
	TreeSize(ctx context.Context) (int64, error)
	HeadAt(ctx context.Context, size int64) (head proof.Signed, es []byte, err error)
	Hashes(ctx context.Context, positions []int64) ([][32]byte, error)
}

const (
	// Most is how many entries an extract names, the newest first.
	Most = 100
	// mostCases is how many of a person's cases are looked through, the newest first.
	mostCases = 50
)

// Told is an extract in words that people know: entries name cases by their ids.
type Told struct {
	Extract accesslog.Extract `json:"extract"`
	Cases   map[string]Ref    `json:"cases"`
}

// Ref is what people know a case by.
type Ref struct {
	No   casefile.No `json:"no"`
	Item string      `json:"item"` // code
}

// Of tells what the log says about the person's own cases here, about cases elsewhere for which this node was asked about the person,
// and about what those looked at whom they let act; and the ids of all of them. The caller logs that it was told, before it is shown (I5).
func Of(ctx context.Context, s Store, who party.Person) (Told, []string, error) {
	found, err := s.Find(ctx, []party.Lookup{{Kind: party.ByNumber, Value: who.IDNo}}, mostCases)
	if err != nil {
		return Told{}, nil, err
	}
	found = slices.DeleteFunc(found, func(c casefile.Case) bool { return !c.Own(who) })
	t := Told{Cases: map[string]Ref{}}
	var ids []string
	for _, c := range found {
		ids = append(ids, c.ID)
		t.Cases[c.ID] = Ref{c.No, c.Item}
	}
	asked, err := s.Asked(ctx, who, mostCases)
	if err != nil {
		return Told{}, nil, err
	}
	for id, ref := range asked {
		if _, own := t.Cases[id]; !own {
			ids = append(ids, id)
			t.Cases[id] = ref
		}
	}
	slices.Sort(ids)
	t.Extract, err = Extract(ctx, s, ids)
	return t, ids, err
}

// Extract makes the extract of the entries about these cases. It stands on the newest head that enough others signed, or, if
// there is none yet, on the newest head; entries after that head come without a place.
func Extract(ctx context.Context, s Store, cases []string) (accesslog.Extract, error) {
	x := accesslog.Extract{Kind: accesslog.ExtractKind, Lines: []accesslog.Line{}}
	if len(cases) == 0 {
		return x, nil
	}
	lines, err := s.LogLines(ctx, cases, Most)
	if err != nil || len(lines) == 0 {
		return x, err
	}
	size, err := s.Witnessed(ctx, accesslog.Quorum)
	if err == nil && size == 0 {
		size, err = s.TreeSize(ctx)
	}
	if err != nil {
		return x, err
	}
	if size > 0 {
		if x.Head, x.ES256, err = s.HeadAt(ctx, size); err != nil {
			return x, err
		}
		if x.Witnesses, err = s.WitnessesOf(ctx, size); err != nil {
			return x, err
		}
	}
	var places []int64
	for i := range lines {
		if lines[i].Index >= size {
			lines[i].Index = -1
		}
		if lines[i].Index >= 0 {
			places = append(places, lines[i].Index)
		}
	}
	paths, err := accesslog.ProveEntries(ctx, size, places, s.Hashes)
	if err != nil {
		return x, err
	}
	for i := range lines {
		if lines[i].Index >= 0 {
			lines[i].Path, paths = paths[0], paths[1:]
		}
	}
	x.Lines = lines
	return x, nil
}

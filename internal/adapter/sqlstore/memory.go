package sqlstore

import (
	"bytes"
	"cmp"
	"reflect"
	"slices"
	"strings"

	"tongban/internal/domain/casefile"
	"tongban/internal/handling/unit"
	"tongban/internal/proof"
)

// opened is what is remembered of a case that was read or written lately.
type opened struct {
	key     proof.DataKey
	version int64
	last    *casefile.Case // as it stands in that version, never changed; nil if only the key is known

	own   []casefile.Known // the facts that this node made up to that version, the oldest first
	whole bool             // own is all of them
}

// openedMax bounds the cases remembered; a full memory is emptied.
const openedMax = 4096

func (s *Store) remember(id string, o opened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if have, ok := s.open[id]; ok && have.version > o.version { // a slow reader
		return
	}
	if have, ok := s.open[id]; ok && have.version == o.version && have.whole && !o.whole { // read again
		o.own, o.whole = have.own, true
	}
	if len(s.open) >= openedMax {
		clear(s.open)
	}
	s.open[id] = o
}

func (s *Store) remembered(id string) (opened, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	o, ok := s.open[id]
	return o, ok
}

// forget drops what is remembered of how a case stands, after a commit that did not come about: another replica may have
// changed it. Its key stays.
func (s *Store) forget(id string, version int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o, ok := s.open[id]; ok && o.version <= version {
		o.last = nil
		s.open[id] = o
	}
}

// Recent gives a case as this process knew it last, without asking the database; ok is false if it does not remember it.
// Another replica may have changed it since: then Commit refuses what builds on it with errs.Stale.
func (s *Store) Recent(id string) (c casefile.Case, ok bool) {
	o, known := s.remembered(id)
	if !known || o.last == nil {
		return casefile.Case{}, false
	}
	return *o.last, true
}

// RecentFacts gives the facts that this node made of a case up to a version, the oldest first; ok is false if the process does
// not remember all of them.
func (s *Store) RecentFacts(id string, version int64) (own []casefile.Known, ok bool) {
	o, known := s.remembered(id)
	return o.own, known && o.whole && o.version == version
}

// afterwards is what is remembered of a case once it is stored as c, with what was known of it before. Of a closed case the key
// is enough.
func (s *Store) afterwards(u unit.Unit, key proof.DataKey, was opened) opened {
	c := *u.Case
	c.Row++
	if !c.Closed.IsZero() {
		return opened{key: key, version: c.Row}
	}
	o := opened{key: key, version: c.Row, last: &c, whole: u.Case.Row == 0 || was.whole && was.version == u.Case.Row}
	if o.whole {
		o.own = slices.Clip(was.own)
		for _, k := range u.Facts {
			if k.Fact.By == s.me && !slices.ContainsFunc(o.own, func(x casefile.Known) bool { return x.Hash == k.Hash }) {
				o.own = append(o.own, k)
			}
		}
		slices.SortFunc(o.own, asStored)
	}
	return o
}

// asStored is the order in which selectFacts gives facts: clocks that are held back give several the same time.
func asStored(a, b casefile.Known) int {
	return cmp.Or(
		cmp.Compare(micros(a.Fact.At), micros(b.Fact.At)), strings.Compare(a.Fact.Leg, b.Fact.Leg), cmp.Compare(a.Fact.Step, b.Fact.Step),
		bytes.Compare(a.Hash[:], b.Hash[:]),
	)
}

// samePrivate reports whether the private part of c is what is stored already, so that it need not be written again.
func (o opened) samePrivate(c casefile.Case) bool {
	return o.last != nil && o.version == c.Row && reflect.DeepEqual(o.last.Private, c.Private)
}

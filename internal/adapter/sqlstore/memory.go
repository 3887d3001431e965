package sqlstore

import (
	"reflect"

	"tongban/internal/domain/casefile"
	"tongban/internal/proof"
)

// opened is what is remembered of a case that was read or written lately.
type opened struct {
	key     proof.DataKey
	version int64
	last    *casefile.Case // as it stands in that version, never changed; nil if only the key is known
}

// openedMax bounds the cases remembered; a full memory is emptied.
const openedMax = 4096

func (s *Store) remember(id string, o opened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if have, ok := s.open[id]; ok && have.version > o.version { // a slow reader
		return
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

// afterwards is what is remembered of a case once it is stored as c. Of a closed case the key is enough.
func afterwards(c casefile.Case, key proof.DataKey) opened {
	c.Row++
	if !c.Closed.IsZero() {
		return opened{key: key, version: c.Row}
	}
	return opened{key: key, version: c.Row, last: &c}
}

// samePrivate reports whether the private part of c is what is stored already, so that it need not be written again.
func (o opened) samePrivate(c casefile.Case) bool {
	return o.last != nil && o.version == c.Row && reflect.DeepEqual(o.last.Private, c.Private)
}

// Package share brings data from one province to another: provinces describe what they can tell, agree on terms as equals, ask
// with the proof of a case, and answer only what they have checked by themselves (rule I4: no case, no data). Every answer
// and refusal is in the provider's log before it leaves (I5).
package share

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Statements is where a node keeps what provinces said. Commit stores them durably with their log entries or fails with
// errs.Stale if another replica took the number. Safe for concurrent use.
type Statements interface {
	Statements(ctx context.Context, by office.NodeID, after, limit int) ([]unit.Said, error)
	Speakers(ctx context.Context) (map[office.NodeID]int, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Ledger is a node's book of what provinces said about sharing. Safe for concurrent use.
type Ledger struct {
	Kit   *unit.Kit
	Store Statements
	Log   *slog.Logger
	Types []licence.Type // that may be recognised
	// Woken is called after this node said something, so that it can travel; it must not block. May be nil.
	Woken func()

	mu      sync.Mutex // guards what follows; one statement is taken in at a time
	chains  map[office.NodeID][]proof.Hash
	signed  map[office.NodeID][]proof.Signed
	book    *sharing.Book
	refused map[proof.Hash]bool // that were logged, so that a repeat fills no log
}

// page is how many statements are read at once, refusedMax how many refusals are remembered; farAhead is how far a
// counterpart's clock may be ahead of ours.
const (
	page       = 256
	refusedMax = 1024
	farAhead   = 48 * time.Hour
)

// Reload takes in what the store holds and this process does not: at the start, and what another replica took in. It
// reports whether there was anything.
func (l *Ledger) Reload(ctx context.Context) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reload(ctx)
}

func (l *Ledger) reload(ctx context.Context) (bool, error) {
	if l.book == nil {
		l.book, l.chains, l.signed = sharing.NewBook(), map[office.NodeID][]proof.Hash{}, map[office.NodeID][]proof.Signed{}
	}
	last, err := l.Store.Speakers(ctx)
	if err != nil {
		return false, err
	}
	changed := false
	for who, seq := range last {
		for len(l.chains[who]) < seq {
			list, err := l.Store.Statements(ctx, who, len(l.chains[who]), page)
			if err != nil {
				return changed, err
			}
			if len(list) == 0 {
				return changed, errs.New(errs.CorruptRow, "statements of %s end at %d, not %d", who, len(l.chains[who]), seq)
			}
			for _, row := range list {
				var st sharing.Statement
				if err := row.Signed.Into(&st); err != nil || row.Seq != len(l.chains[who])+1 {
					return changed, errs.New(errs.CorruptRow, "statements of %s, number %d", who, row.Seq)
				}
				l.absorb(st, row.Signed)
				changed = true
			}
		}
	}
	return changed, nil
}

func (l *Ledger) absorb(st sharing.Statement, s proof.Signed) {
	l.chains[st.By] = append(l.chains[st.By], s.Hash())
	l.signed[st.By] = append(l.signed[st.By], s)
	l.book.Add(st)
}

// Look lets f read the book; f may keep nothing of it.
func (l *Ledger) Look(f func(b *sharing.Book)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l.book)
}

func (l *Ledger) link(who office.NodeID) sharing.Link {
	chain := l.chains[who]
	if len(chain) == 0 {
		return sharing.Link{}
	}
	return sharing.Link{Seq: len(chain), Hash: chain[len(chain)-1]}
}

// say numbers, signs and commits a statement of this node; make gives it from the book as it is now, under the lock, so that
// two officers cannot both be first.
func (l *Ledger) say(ctx context.Context, by office.Officer, make func(b *sharing.Book) (sharing.Statement, error)) (sharing.Statement, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.reload(ctx); err != nil {
		return sharing.Statement{}, err
	}
	st, err := make(l.book)
	if err != nil {
		return st, err
	}
	me := l.Kit.Me
	last := l.link(me)
	st.By, st.Seq, st.Prev, st.At, st.Officer = me, last.Seq+1, last.Hash, l.now(), by.ID
	s, err := proof.SignJSON(l.Kit.Signer, sharing.Typ, st)
	if err != nil {
		return st, err
	}
	if st, err = l.judge(s, s.Hash()); err != nil { // as everybody else will
		return st, err
	}
	err = l.store(ctx, st, s, accesslog.Entry{
		Kind: accesslog.Term, At: st.At, Who: by.ID, Office: by.Office, What: string(st.Kind) + " " + name(st), Fact: s.Hash(),
	})
	if err == nil && l.Woken != nil {
		l.Woken()
	}
	return st, err
}

// Take verifies a statement that came from another node and puts it in the book. A refusal is logged with its code. A
// statement that is here already is errs.SharingOld and nothing to log.
func (l *Ledger) Take(ctx context.Context, from office.NodeID, s proof.Signed) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	hash := s.Hash()
	st, err := l.judge(s, hash)
	if errs.Is(err, errs.SharingGap) || errs.Is(err, errs.SharingOld) {
		return err
	}
	if err == nil {
		err = l.store(ctx, st, s, accesslog.Entry{Kind: accesslog.Term, At: l.now(), Who: string(from), What: "take " + name(st), Fact: hash})
	}
	if code := errs.CodeOf(err); err != nil && code.Kind() != errs.Unavailable && !l.refused[hash] {
		if logged := l.refuse(ctx, from, hash, st, err); logged != nil {
			return logged
		}
	}
	return err
}

// refuse leaves a record of a statement that was not taken.
func (l *Ledger) refuse(ctx context.Context, from office.NodeID, hash proof.Hash, st sharing.Statement, why error) error {
	if l.refused == nil || len(l.refused) >= refusedMax {
		l.refused = map[proof.Hash]bool{}
	}
	l.refused[hash] = true
	if l.Log != nil {
		l.Log.LogAttrs(ctx, slog.LevelWarn, "sharing statement refused", slog.String("from", string(from)), slog.String("hash", hash.String()), slog.String("error", why.Error()))
	}
	now := l.now()
	return l.Store.Commit(ctx, unit.Unit{At: now, Log: []accesslog.Entry{{
		Kind: accesslog.Term, At: now, Who: string(from), What: "refuse " + name(st), Reason: strconv.Itoa(int(errs.CodeOf(why))), Fact: hash,
	}}})
}

// name is how a log calls a statement: 63/4.
func name(st sharing.Statement) string { return string(st.By) + "/" + strconv.Itoa(st.Seq) }

func (l *Ledger) judge(s proof.Signed, hash proof.Hash) (sharing.Statement, error) {
	st, err := sharing.Open(s, l.Kit.Trust())
	if err != nil {
		return st, err
	}
	var known proof.Hash
	if chain := l.chains[st.By]; st.Seq <= len(chain) {
		known = chain[st.Seq-1]
	}
	if err := l.link(st.By).Next(st, hash, known); err != nil {
		return st, err
	}
	if st.At.After(l.Kit.Now().Add(farAhead)) {
		return st, errs.New(errs.ClockAhead, "statement of %s from %s", st.By, st.At.UTC().Format(time.RFC3339))
	}
	return st, nil
}

// store commits a statement and adds it to the book. If another replica was faster the caller is told what is here now.
func (l *Ledger) store(ctx context.Context, st sharing.Statement, s proof.Signed, e accesslog.Entry) error {
	hash := s.Hash()
	err := l.Store.Commit(ctx, unit.Unit{
		At: e.At, Said: []unit.Said{{By: st.By, Seq: st.Seq, Hash: hash, At: e.At, Signed: s}}, Log: []accesslog.Entry{e},
	})
	if errs.Is(err, errs.Stale) {
		if _, err := l.reload(ctx); err != nil {
			return err
		}
		if chain := l.chains[st.By]; st.Seq <= len(chain) {
			return l.link(st.By).Next(st, hash, chain[st.Seq-1])
		}
		return err
	}
	if err != nil {
		return err
	}
	l.absorb(st, s)
	return nil
}

func (l *Ledger) now() time.Time { return l.Kit.Now().UTC().Truncate(time.Microsecond) }

func (l *Ledger) today() workday.Date { return workday.DateOf(l.Kit.Now()) }

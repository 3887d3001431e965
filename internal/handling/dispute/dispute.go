// Package dispute is how provinces contest each other's figures (数字异议): an officer's word is signed and kept, the hub passes it on, and
// it stands beside the figure everywhere until who objected ends it.
package dispute

import (
	"context"
	"slices"
	"sync"

	"github.com/google/uuid"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/objection"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Store keeps words, durably. Commit is errs.Repeated if that side has a word under the same number.
type Store interface {
	Words(ctx context.Context) ([]unit.Objected, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Desk is a province's side. Safe for concurrent use, also by replicas.
type Desk struct {
	Kit   *unit.Kit
	Store Store
	Book  *figure.Book
	Ask   func(ctx context.Context, to office.NodeID, body []byte) ([]byte, error)
	Woken func() // called after an officer said something, so that it can travel; it must not block. May be nil

	mu  sync.Mutex // guards hub
	hub map[string]bool
}

// Wish is an objection as it stands in a form.
type Wish struct {
	ID     string // UUIDv7, made with the form
	Of     office.NodeID
	Month  int
	Figure string
	Text   string
}

func may(d *Desk, by casefile.Actor) error {
	return by.Officer().May(office.ContestFigure, office.Matter{On: workday.DateOf(d.Kit.Now())})
}

// Raise contests a figure of another province. A form that comes twice makes one. Errors: office.Officer.May's, errs.ContestFigure,
// errs.ContestWords.
func (d *Desk) Raise(ctx context.Context, by casefile.Actor, w Wish) error {
	if err := may(d, by); err != nil {
		return err
	}
	if id, err := uuid.Parse(w.ID); err != nil || id.Version() != 7 || id.String() != w.ID {
		return errs.New(errs.BadRequest, "form without its key")
	}
	if _, known := d.Kit.Trust().Node(w.Of); !known {
		return errs.New(errs.ContestFigure, "no province %.10q", w.Of)
	}
	word, err := objection.Raise(objection.About{ID: w.ID, From: d.Kit.Me, Of: w.Of, Month: w.Month, Figure: w.Figure}, w.Text, d.Book, d.Kit.Now())
	if err != nil {
		return err
	}
	if err := d.say(ctx, by, word); !errs.Is(err, errs.Repeated) {
		return err
	}
	return nil
}

// See reads an objection; errs.NoSuchContest.
func (d *Desk) See(ctx context.Context, id string) (objection.Objection, error) {
	list, err := d.Objections(ctx)
	if err != nil {
		return objection.Objection{}, err
	}
	i := slices.IndexFunc(list, func(o objection.Objection) bool { return o.ID == id })
	if i < 0 {
		return objection.Objection{}, errs.New(errs.NoSuchContest, "not here")
	}
	return list[i], nil
}

// Say answers, says more, or ends an objection; n is how many words it had when it was seen. Errors: office.Officer.May's, See's,
// objection.Objection.Say's, errs.Stale.
func (d *Desk) Say(ctx context.Context, by casefile.Actor, id string, n int, act objection.Act, text string) error {
	if err := may(d, by); err != nil {
		return err
	}
	o, err := d.See(ctx, id)
	if err != nil {
		return err
	}
	if len(o.Words) != n {
		return errs.New(errs.Stale, "objection %s had %d words, has %d", id, n, len(o.Words))
	}
	word, err := o.Say(d.Kit.Me, act, text, d.Kit.Now())
	if err != nil {
		return err
	}
	if err := d.say(ctx, by, word); errs.Is(err, errs.Repeated) {
		return errs.Wrap(errs.Stale, err, "objection %s", id)
	} else if err != nil {
		return err
	}
	return nil
}

func (d *Desk) say(ctx context.Context, by casefile.Actor, w objection.Word) error {
	s, err := d.Kit.Sign(objection.Typ, w)
	if err != nil {
		return err
	}
	err = d.Store.Commit(ctx, unit.Unit{At: w.At, Objected: []unit.Objected{{Word: w, Signed: s}}, Log: []accesslog.Entry{
		{Kind: accesslog.Term, At: w.At, Who: by.ID, Office: by.Office, What: "objection." + string(w.Act), Reason: w.ID, Fact: s.Hash()},
	}})
	if err == nil && d.Woken != nil {
		d.Woken()
	}
	return err
}

// Objections are all that are known here.
func (d *Desk) Objections(ctx context.Context) ([]objection.Objection, error) {
	return gathered(ctx, d.Store)
}

func gathered(ctx context.Context, store Store) ([]objection.Objection, error) {
	list, err := store.Words(ctx)
	words := make([]objection.Word, len(list))
	for i, x := range list {
		words[i] = x.Word
	}
	return objection.Gather(words), err
}

// Package carry moves paper originals between the window that took a case in and the office that decides it: asked for once the scans are
// checked, sent in a bag with a signed list, ticked at the other end, looked for if they do not arrive, and given back. Each step is one
// unit: the chain of the papers, the case that it guards, the signed P-10, the word to the other end, the log entry.
package carry

import (
	"context"
	"slices"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/original"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Store is where cases and chains are kept. Originals gives an empty chain of the case for one that has none. Commit is durable when it
// returns; it fails with errs.Stale if the case was changed since it was read. Safe for concurrent use.
type Store interface {
	unit.Cases
	Originals(ctx context.Context, caseID string) (original.Chain, error)
	Commit(ctx context.Context, u unit.Unit) error
}

// Desk carries.
type Desk struct {
	Kit   *unit.Kit
	Store Store
}

// Ref names a case in the version that the officer saw.
type Ref struct {
	Case string
	Row  int64
}

// Ends are the two ends of a case's papers, and at which of them the officer works. errs.NoBagHere for a case without two ends,
// errs.NotHolder for an officer of neither.
func (d *Desk) Ends(c casefile.Case, by casefile.Actor) (e original.Ends, own, other casefile.Leg, err error) {
	if e, err = original.EndsOf(c); err != nil {
		return e, own, other, err
	}
	own, other, ok := e.Of(d.Kit.Me, by.Office)
	if !ok {
		return e, own, other, errs.New(errs.NotHolder, "%s is no end of the papers of %s", by.Office, c.No)
	}
	return e, own, other, nil
}

// step is one act on a chain, before it is committed.
type step struct {
	u        *unit.Unit
	c        casefile.Case
	e        original.Ends
	own      casefile.Leg
	other    casefile.Leg
	ch       original.Chain
	w        original.Word // to the other end
	internal bool          // the other end is not told
}

// act does one: may is what the officer needs, what its name in the log, do the domain's part.
func (d *Desk) act(ctx context.Context, by casefile.Actor, ref Ref, may office.Act, what string, do func(s *step) error) error {
	_, err := unit.Act(ctx, d.Store, ref.Case, ref.Row, func(c casefile.Case) (casefile.Case, error) {
		at := d.Kit.Now().UTC().Truncate(time.Microsecond)
		if at.Before(c.Last) { // the other end's clock may be ahead
			at = c.Last
		}
		s := &step{u: &unit.Unit{At: at}, c: c, w: original.Word{ID: unit.NewID(), At: at}}
		var err error
		if s.e, s.own, s.other, err = d.Ends(c, by); err != nil {
			return c, err
		}
		m := c.Matter(at)
		m.Offices = []string{s.own.Office}
		if err := by.Officer().May(may, m); err != nil {
			return c, err
		}
		before, err := d.Store.Originals(ctx, c.ID)
		if err != nil {
			return c, err
		}
		s.ch = before
		if err := do(s); err != nil {
			return c, err
		}
		s.u.Log = append(s.u.Log, accesslog.Entry{Kind: accesslog.Act, At: at, Case: c.ID, Who: by.ID, Office: by.Office, What: "originals." + what})
		c = d.Kit.KeepOriginals(s.u, c, before, s.ch, s.w.ID)
		if s.other.Node != d.Kit.Me && !s.internal {
			body, err := proof.Marshal(s.w)
			if err != nil {
				return c, err
			}
			if err := d.Kit.Post(s.u, exchange.Envelope{ID: s.w.ID, To: s.other.Node, Kind: exchange.Papers, Case: c.ID, Leg: s.other.Key, At: at, Private: body}); err != nil {
				return c, err
			}
		}
		if err := d.Store.Commit(ctx, *s.u); err != nil {
			return c, err
		}
		d.Kit.Woken()
		return c, nil
	})
	return err
}

// Call asks for originals of materials, once every point on their scans is met. Errors: errs.NoBagHere unless the office works on the
// case, casefile.Case.ScansChecked, original.Chain.Ask.
func (d *Desk) Call(ctx context.Context, by casefile.Actor, ref Ref, materials []string, words string) error {
	return d.act(ctx, by, ref, office.CallOriginals, "call", func(s *step) (err error) {
		if err = d.MayCall(s.c, by); err != nil {
			return err
		}
		x := original.Call{ID: s.w.ID, Office: by.Office, Materials: materials, Words: words, At: s.u.At}
		if s.ch, err = s.ch.Ask(s.c, x); err == nil {
			s.w.Call = s.ch.Call
		}
		return err
	})
}

// MayCall reports whether an office could ask for originals now.
func (d *Desk) MayCall(c casefile.Case, by casefile.Actor) error {
	e, own, _, err := d.Ends(c, by)
	if err != nil {
		return err
	}
	if own.Key != e.Decider.Key || !c.Works(d.Kit.Me, own.Key) {
		return errs.New(errs.NoBagHere, "%s is not worked on by %s", c.No, by.Office)
	}
	law, err := d.Kit.Law(c, c.Day(d.Kit.Now()))
	if err != nil {
		return err
	}
	return c.ScansChecked(law.Version)
}

// Drop takes the call back. errs.Stale if it does not stand any more.
func (d *Desk) Drop(ctx context.Context, by casefile.Actor, ref Ref, id string) error {
	return d.act(ctx, by, ref, office.CallOriginals, "drop", func(s *step) error {
		var ok bool
		if s.ch, ok = s.ch.Drop(id); !ok || s.own.Key != s.e.Decider.Key {
			return errs.New(errs.Stale, "call %.40q", id)
		}
		s.w.Drop = id
		return nil
	})
}

// Let is the word of the window's lead that originals may go before anybody has checked the scans.
func (d *Desk) Let(ctx context.Context, by casefile.Actor, ref Ref, why string) error {
	return d.act(ctx, by, ref, office.EarlyPapers, "let", func(s *step) (err error) {
		if s.own.Key != s.e.Window.Key || !s.c.Ended.IsZero() {
			return errs.New(errs.NoBagHere, "%s", s.c.No)
		}
		s.internal = true
		s.ch, err = s.ch.Let(original.Leave{By: by.Name, Why: why, At: s.u.At})
		return err
	})
}

// Load is what goes into a bag.
type Load struct {
	Held  []string         // ids of papers that the office holds
	Fresh []original.Paper // Material, Pages and Form of what the applicant hands over now
	Way   string
	Ref   string
}

// Send makes up a bag for the other end, with its signed list (P-10), and gives its number. Errors: original.Chain.Pack.
func (d *Desk) Send(ctx context.Context, by casefile.Actor, ref Ref, l Load) (no original.No, err error) {
	return no, d.act(ctx, by, ref, office.SendOriginals, "send", func(s *step) (err error) {
		back := s.own.Key == s.e.Decider.Key
		if len(l.Fresh) > 0 && (back || !s.c.Ended.IsZero()) {
			return errs.New(errs.NoBagHere, "%s takes no papers for %s", by.Office, s.c.No)
		}
		if no, err = s.ch.Next(back); err != nil {
			return err
		}
		fresh := slices.Clone(l.Fresh)
		for i := range fresh {
			fresh[i].ID, fresh[i].Name = unit.NewID(), s.name(fresh[i].Material)
		}
		b := original.Bag{
			ID: s.w.ID, No: no, From: s.own.Office, Node: s.own.Node, To: s.other.Office, Papers: l.Held, Way: l.Way, Ref: l.Ref, By: by.Name, At: s.u.At,
			Due: d.Kit.Watch.Carried(workday.DateOf(s.u.At), d.Kit.Calendar),
		}
		if s.ch, b, err = s.ch.Pack(b, fresh); err != nil {
			return err
		}
		if b, err = d.sheet(s, b); err != nil {
			return err
		}
		s.w.Bag = &b
		for _, p := range s.ch.In(b) {
			if slices.ContainsFunc(fresh, func(f original.Paper) bool { return f.ID == p.ID }) {
				s.w.Fresh = append(s.w.Fresh, p)
			}
		}
		return nil
	})
}

// name is what the case calls a material.
func (s *step) name(key string) string {
	for _, m := range s.c.Private.Materials {
		if m.Key == key {
			return m.Name
		}
	}
	return ""
}

// sheet signs the P-10 of a bag as it is now.
func (d *Desk) sheet(s *step, b original.Bag) (original.Bag, error) {
	by, _ := d.Kit.Office(s.own.Office)
	data := s.ch.Sheet(d.Kit.DocData(s.c, by), b, stamp, func(code string) string {
		o, _ := d.Kit.Office(code)
		return o.Name
	})
	data.Bag.Back = b.To == s.e.Window.Office
	data.Date = workday.DateOf(s.u.At).String()
	signed, err := d.Kit.Issue(s.u, s.c, document.Manifest, data)
	if err != nil {
		return b, err
	}
	s.ch = s.ch.Sign(b.No, signed)
	b, _ = s.ch.Bag(b.No)
	return b, nil
}

// stamp is an instant as a sheet says it.
func stamp(at time.Time) string { return at.In(workday.Zone).Format("2006-01-02 15:04") }

// Find gives the case and the bag of a number that was scanned or typed, if it is for the officer's office or from it. Errors:
// errs.BagNumber, errs.UnknownBag, errs.WrongBag for a bag of two other offices.
func (d *Desk) Find(ctx context.Context, by casefile.Actor, typed string, byNo func(context.Context, casefile.No) (casefile.Case, error)) (casefile.Case, original.Bag, error) {
	no, of, err := original.ParseNo(typed)
	if err != nil {
		return casefile.Case{}, original.Bag{}, err
	}
	c, err := byNo(ctx, of)
	if err != nil {
		if errs.Is(err, errs.Missing) {
			err = errs.New(errs.UnknownBag, "%s", no)
		}
		return c, original.Bag{}, err
	}
	ch, err := d.Store.Originals(ctx, c.ID)
	if err != nil {
		return c, original.Bag{}, err
	}
	b, ok := ch.Bag(no)
	switch {
	case !ok:
		return c, b, errs.New(errs.UnknownBag, "%s", no)
	case b.To != by.Office && b.From != by.Office:
		return c, b, errs.New(errs.WrongBag, "%s is for %s", no, b.To)
	}
	return c, b, nil
}

// Receive ticks the lines of a bag for the office that it is for, and signs the receipt. Errors: errs.WrongBag, original.Chain.Open; a
// second scan is errs.BagReceived, whatever became of the case meanwhile.
func (d *Desk) Receive(ctx context.Context, by casefile.Actor, ref Ref, no original.No, marks map[string]original.Mark, note string) error {
	ch, err := d.Store.Originals(ctx, ref.Case)
	if err != nil {
		return err
	}
	if b, ok := ch.Bag(no); ok && b.Got != nil {
		return errs.New(errs.BagReceived, "%s", no)
	}
	return d.act(ctx, by, ref, office.TakeOriginals, "receive", func(s *step) (err error) {
		b, ok := s.ch.Bag(no)
		if ok && b.To != by.Office {
			return errs.New(errs.WrongBag, "%s is for %s", no, b.To)
		}
		g := original.Got{ID: s.w.ID, By: by.Name, Marks: marks, Note: note, At: s.u.At}
		if s.ch, err = s.ch.Open(s.e, no, g); err != nil {
			return err
		}
		b, _ = s.ch.Bag(no)
		if b, err = d.sheet(s, b); err != nil {
			return err
		}
		s.w.No, s.w.Got = no, b.Got
		return nil
	})
}

// Lose records that a bag which is late is lost: both ends and the applicant are told. errs.WrongBag for an office that neither sent it
// nor was to receive it; original.Chain.Lose.
func (d *Desk) Lose(ctx context.Context, by casefile.Actor, ref Ref, no original.No, why string) error {
	return d.act(ctx, by, ref, office.TracePapers, "lose", func(s *step) (err error) {
		if s.ch, err = s.ch.Lose(no, original.Loss{By: by.Name, Why: why, At: s.u.At}); err != nil {
			return err
		}
		b, _ := s.ch.Bag(no)
		s.w.No, s.w.Lost = no, b.Lost
		return nil
	})
}

// Trace ends the search for a paper. Errors: original.Chain.Find.
func (d *Desk) Trace(ctx context.Context, by casefile.Actor, ref Ref, paper string, how original.Ending, words string) error {
	return d.act(ctx, by, ref, office.TracePapers, "trace", func(s *step) (err error) {
		t := original.Trace{Paper: paper, Ending: how, Office: by.Office, By: by.Name, Words: words, At: s.u.At}
		if s.ch, err = s.ch.Find(s.e, t); err != nil {
			return err
		}
		t = s.ch.Traces[len(s.ch.Traces)-1]
		s.w.Trace = &t
		return nil
	})
}

// Give puts papers back into the applicant's hand, whom the window has before it. A case that only waited for this closes. Errors:
// original.Chain.Give.
func (d *Desk) Give(ctx context.Context, by casefile.Actor, ref Ref, papers []string) error {
	return d.act(ctx, by, ref, office.GiveOriginals, "give", func(s *step) (err error) {
		if s.ch, err = s.ch.Give(s.e, papers, s.u.At); err == nil {
			s.w.Given = papers
		}
		return err
	})
}

// Wanted are the materials whose rule asks for the original (item.Material.Form), of those that the case has as a scan.
func (d *Desk) Wanted(c casefile.Case) []string {
	law, err := d.Kit.Law(c, c.Day(d.Kit.Now()))
	if err != nil {
		return nil
	}
	var out []string
	for _, m := range c.Private.Materials {
		scan := m.Source == "upload" || len(m.Files) > 0
		if scan && slices.ContainsFunc(law.Version.Materials, func(r item.Material) bool { return r.Key == m.Key && r.Form == "original" }) {
			out = append(out, m.Key)
		}
	}
	return out
}

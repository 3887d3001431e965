package sim

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/fsck"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// nodes are the stores that can be read now.
func (w *world) nodes() []fsck.Node {
	var out []fsck.Node
	for _, p := range w.places {
		if p.node != nil {
			out = append(out, fsck.Node{ID: p.member.ID, Reader: p.node.Store, Trust: p.node.Trust.List()})
		}
	}
	return out
}

// checkTouched holds the cases that the step changed against the rules.
func (w *world) checkTouched() {
	if w.failed != nil {
		return
	}
	var touched []string
	for _, f := range w.files {
		if !w.touched[f.here.member.ID] && !w.touched[f.there.member.ID] {
			continue
		}
		for _, p := range []*place{f.here, f.there} {
			if p.node == nil {
				continue
			}
			recent, known := p.node.Store.Recent(f.id)
			c, err := p.node.Store.Case(w.ctx, f.id)
			switch {
			case err == nil && known && !sameCase(recent, c):
				w.fail("case %d at %s is remembered as %+v, stored as %+v", f.index, p.member.ID, recent, c)
			case errs.Is(err, errs.Missing):
				if f.acked && p == f.here {
					w.fail("case %d was acknowledged and is lost", f.index)
				}
			case err != nil:
				w.fail("case %d at %s: %v", f.index, p.member.ID, err)
			case f.rows[p] != c.Row:
				if err := w.sameFacts(p, c); err != nil {
					w.fail("case %d at %s: %v", f.index, p.member.ID, err)
				}
				f.rows[p] = c.Row
				w.note("case %d at %s is now %s", f.index, p.member.ID, states(c))
				if !slices.Contains(touched, f.id) {
					touched = append(touched, f.id)
				}
			}
		}
	}
	clear(w.touched)
	if len(touched) > 0 {
		w.fsck(fsck.Options{Cases: touched, Catalogue: w.rules})
	}
}

// sameFacts compares what a store remembers of the facts that its node made with what it holds.
func (w *world) sameFacts(p *place, c casefile.Case) error {
	own, ok := p.node.Store.RecentFacts(c.ID, c.Row)
	if !ok {
		return nil
	}
	known, err := p.node.Store.Facts(w.ctx, c.ID)
	if err != nil {
		return err
	}
	known = slices.DeleteFunc(known, func(k casefile.Known) bool { return k.Fact.By != p.member.ID })
	if len(known) != len(own) {
		return fmt.Errorf("%d facts are remembered, %d stored", len(own), len(known))
	}
	for i, k := range known {
		if k.Hash != own[i].Hash {
			return fmt.Errorf("fact %d is not the one that is remembered", i)
		}
	}
	return nil
}

// sameCase compares what a store remembers with what it holds.
func sameCase(a, b casefile.Case) bool {
	x, err1 := proof.Marshal([]any{a, a.Private, a.Row})
	y, err2 := proof.Marshal([]any{b, b.Private, b.Row})
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

// states is a case in a few words: its legs, and which of them is on its way.
func states(c casefile.Case) string {
	s := fmt.Sprintf("%d:", c.Row)
	for _, l := range c.Legs {
		s += " " + string(l.State)
		if l.Transit != nil {
			s += "→" + string(l.Transit.To)
		}
	}
	return s
}

func (w *world) fsck(opt fsck.Options) {
	if w.failed != nil {
		return
	}
	report, err := fsck.Check(w.ctx, w.nodes(), opt)
	if err != nil {
		w.fail("fsck: %v", err)
		return
	}
	for _, v := range report.Violations {
		w.note("%s at %s, case %d: %s", v.Rule, v.Node, w.indexOf(v.Case), v.Text)
	}
	if len(report.Violations) > 0 {
		w.fail("fsck: %d violations: %v", len(report.Violations), report.Err())
	}
}

func (w *world) indexOf(id string) int {
	return slices.IndexFunc(w.files, func(f *file) bool { return f.id == id })
}

// final is the last look: everything, on every node, with the bounds of time.
func (w *world) final() {
	w.fsck(fsck.Options{Catalogue: w.rules, Now: w.now, MaxWait: drainWithin, MaxUnhashed: time.Minute, Figures: true})
	licences := map[string]int{}
	for _, f := range w.files {
		if w.failed != nil {
			return
		}
		if !f.acked {
			continue
		}
		here, err := f.here.node.Store.Case(w.ctx, f.id)
		if err != nil {
			w.fail("case %d: %v", f.index, err)
			return
		}
		there, err := f.there.node.Store.Case(w.ctx, f.id)
		if err != nil && !errs.Is(err, errs.Missing) {
			w.fail("case %d: %v", f.index, err)
			return
		}
		w.agree(f, here, there, licences)
	}
}

// agree holds the two copies of a closed case against each other.
func (w *world) agree(f *file, here, there casefile.Case, licences map[string]int) {
	if here.Closed.IsZero() {
		w.fail("case %d is %s and not closed at its end", f.index, here.Status())
		return
	}
	facts, err := f.here.node.Store.Facts(w.ctx, f.id)
	if err != nil {
		w.fail("case %d: %v", f.index, err)
		return
	}
	acts := ""
	for _, k := range facts {
		acts += " " + string(k.Fact.Act)
	}
	w.note("case %d ends %s:%s", f.index, here.Status(), acts)
	same := there.Closed.Equal(here.Closed)
	if f.shared { // who has a part closes its own copy once nothing is left to do there
		same = !there.Closed.IsZero() && !there.Closed.After(here.Closed)
	}
	if there.ID != "" && (!same || there.Status() != here.Status() || there.Licence != here.Licence) {
		w.fail("case %d: %s %s %s at %s, %s %s %s at %s", f.index, here.Status(), here.Closed, here.Licence, f.here.member.ID,
			there.Status(), there.Closed, there.Licence, f.there.member.ID)
	}
	if there.ID == "" && here.Status() != casefile.StatusWithdrawn {
		w.fail("case %d is %s and %s never heard of it", f.index, here.Status(), f.there.member.ID)
	}
	decide, _ := here.LegOf(item.Decide)
	if f.shared {
		w.shared(f, here)
		return
	}
	if granted := decide.Outcome == casefile.Granted && here.Status() == casefile.StatusDone; granted != (here.Licence != "") {
		w.fail("case %d: outcome %q, licence %q", f.index, decide.Outcome, here.Licence)
	}
	if here.Licence == "" {
		return
	}
	if other, twice := licences[here.Licence]; twice {
		w.fail("I3: cases %d and %d have the same licence %s", other, f.index, here.Licence)
	}
	licences[here.Licence] = f.index
}

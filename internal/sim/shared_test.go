package sim

import (
	"slices"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/party"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/lodge"
	"tongban/internal/kernel/region"
)

// sharedItem is a matter in which the other place answers for its part, and undoes it if the case comes to nothing.
const sharedItem = "practice-008"

func sharedApplication(f *file, person party.Person) lodge.Application {
	a := lodge.Application{ID: f.id, Item: sharedItem, There: region.Must(f.there.seat), Applicant: person, Consent: "2026-1", Answers: map[string]string{}}
	for _, key := range []string{"identity", "application", "letter"} {
		a.Materials = append(a.Materials, casefile.Material{Key: key, Name: key, Source: "generated"})
	}
	return a
}

// sharedPossible are the deeds that the rules allow in a shared matter.
func (w *world) sharedPossible(f *file, p *place, c casefile.Case) []deed {
	out := []deed{{name: "nothing", weight: 1}}
	may := func(mood string, weight int, names ...string) {
		if mood != "" && !f.mood[mood] {
			return
		}
		for _, d := range w.sharedAll(f, p, c.Row) {
			if slices.Contains(names, d.name) {
				d.weight = weight
				out = append(out, d)
			}
		}
	}
	collect, _ := c.LegOf(item.Collect)
	part, _ := c.LegOf(item.Verify)
	dec, _ := c.LegOf(item.Decide)
	deliver, _ := c.LegOf(item.Deliver)
	if p == f.there {
		switch part.State { //nolint:exhaustive // in the others there is nothing to do here
		case casefile.Received:
			may("", 4, "verify")
			may("refuse", 2, "differ")
			may("return", 2, "give back")
		case casefile.Undoing:
			may("", 5, "undo")
		}
		return out
	}
	switch {
	case !c.Ended.IsZero():
	case part.Transit != nil && part.Transit.Recall == "":
		may("recall", 4, "recall")
	case part.Transit != nil:
	case deliver.State == casefile.Received:
		may("", 6, "deliver")
	case collect.State == casefile.Received && c.Corrections > 0 && f.mood["twice"]:
		may("", 2, "supplement")
		may("", 6, "hand over")
	case collect.State == casefile.Received:
		may("", 6, "hand over")
		may("withdraw", 1, "withdraw")
	case dec.State == casefile.Planned:
		may("withdraw", 1, "withdraw")
	case dec.State == casefile.Received:
		may("", 4, "accept")
		may("decline", 1, "decline")
		may("withdraw", 1, "withdraw")
		if c.Corrections == 0 {
			may("correct", 2, "correct")
		}
	case dec.State == casefile.Accepted:
		if part.Outcome == casefile.Confirmed {
			may("", 4, "grant")
			may("refuse", 3, "refuse")
		} else {
			may("", 3, "say no")
		}
	case dec.State == casefile.Concluded, dec.State == casefile.Declined:
		may("", 4, "issue")
	}
	return out
}

// sharedAll are the deeds there are in a shared matter; at a venture somebody grants what another place said no to.
func (w *world) sharedAll(f *file, p *place, row int64) []deed {
	of := func(do func() (casefile.Case, error)) func() error {
		return func() error { _, err := do(); return err }
	}
	if p == f.there {
		answer := func(v casefile.Verified) func() error {
			return of(func() (casefile.Case, error) { return p.node.Post.Verify(w.ctx, p.judge, f.id, row, v) })
		}
		return []deed{
			{"verify", 1, answer(casefile.Verified{Outcome: casefile.Confirmed, Text: "balance 1.00"})},
			{"differ", 1, answer(casefile.Verified{Outcome: casefile.Differs, Text: "no such account"})},
			{"give back", 1, of(func() (casefile.Case, error) { return p.node.Post.GiveBack(w.ctx, p.judge, f.id, row, "wrong-office") })},
			{"undo", 1, of(func() (casefile.Case, error) { return p.node.Post.Undo(w.ctx, p.judge, f.id, row) })},
		}
	}
	ref := decide.Ref{Case: f.id, Row: row}
	no := casefile.Decision{Outcome: casefile.Denied, Reasons: []string{"not-yet"}}
	fixes := []casefile.Correction{{Check: "here", Material: "letter", Problem: "unreadable", Fix: "scan again", Basis: "x"}}
	b := func() *decide.Bench { return p.node.Bench }
	return []deed{
		{"hand over", 1, of(func() (casefile.Case, error) { return p.node.Post.HandOver(w.ctx, p.clerk, f.id, row) })},
		{"recall", 1, of(func() (casefile.Case, error) { return p.node.Post.AskBack(w.ctx, p.clerk, f.id, row) })},
		{"withdraw", 1, of(func() (casefile.Case, error) { return p.node.Lodge.Withdraw(w.ctx, nil, f.id, row) })},
		{"supplement", 1, of(func() (casefile.Case, error) {
			return p.node.Lodge.Supplement(w.ctx, p.clerk, f.id, row, nil, nil, nil)
		})},
		{"deliver", 1, of(func() (casefile.Case, error) {
			return p.node.Issuer.Deliver(w.ctx, p.clerk, f.id, row, casefile.Delivery{Way: "counter", To: "applicant"})
		})},
		{"accept", 1, of(func() (casefile.Case, error) { return b().Accept(w.ctx, p.inner, ref) })},
		{"correct", 1, of(func() (casefile.Case, error) { return b().Correct(w.ctx, p.inner, ref, fixes) })},
		{"decline", 1, of(func() (casefile.Case, error) { return b().Decline(w.ctx, p.inner, ref, no) })},
		{"refuse", 1, of(func() (casefile.Case, error) { return b().Decide(w.ctx, p.inner, ref, no) })},
		{"say no", 1, of(func() (casefile.Case, error) { return b().Decide(w.ctx, p.inner, ref, no) })},
		{"grant", 1, of(func() (casefile.Case, error) {
			return b().Decide(w.ctx, p.inner, ref, casefile.Decision{Outcome: casefile.Granted})
		})},
		{"issue", 1, of(func() (casefile.Case, error) { return p.node.Issuer.Issue(w.ctx, p.inner, f.id, row) })},
	}
}

// shared holds the end of a shared matter: nothing is left undone, and nobody was overruled.
func (w *world) shared(f *file, c casefile.Case) {
	part, _ := c.LegOf(item.Verify)
	dec, _ := c.LegOf(item.Decide)
	undone := part.State == casefile.Undone
	if want := part.Outcome == casefile.Confirmed && c.Failed(); undone != want {
		w.fail("case %d is %s, its part ends %s (%s)", f.index, c.Status(), part.State, part.Outcome)
	}
	if dec.Outcome == casefile.Granted && part.Outcome != casefile.Confirmed {
		w.fail("case %d was granted against %q", f.index, part.Outcome)
	}
}

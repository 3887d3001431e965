package sim

import (
	"bytes"
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/party"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
)

// file is one application from the applicant's side, with what the people who handle it are inclined to do.
type file struct {
	index       int
	id          string
	application *lodge.Application
	here, there *place
	shared      bool // the other place has a part of it, and who takes it in decides
	acked       bool // its lodging was acknowledged, so it may never be lost
	mood        map[string]bool
	rows        map[*place]int64 // as last seen
	ended       map[*place]bool
}

func (f *file) closed() bool { return f.ended[f.here] && f.ended[f.there] }

// moods are the turns that a life may take beside a plain grant; each file has a random set of them.
var moods = []string{"refuse", "decline", "correct", "return", "recall", "withdraw", "suspend", "silence", "twice", "scan"}

func (w *world) newFile() *file {
	here, there := w.two()
	f := &file{index: len(w.files), id: unit.NewID(), here: here, there: there, mood: map[string]bool{}}
	f.rows, f.ended = map[*place]int64{}, map[*place]bool{}
	for _, m := range moods {
		f.mood[m] = w.life.IntN(5) < 2
	}
	w.files = append(w.files, f)
	return f
}

// deed is an act that somebody may do now.
type deed struct {
	name   string
	weight int
	do     func() error
}

// visit is a look at a file, after which it is left for a while.
func (w *world) visit(f *file) {
	rest := somewhen(w.life, 100*time.Millisecond, 96*time.Hour) // a busy hour here, a week-end there
	if f.closed() {
		rest += 24 * time.Hour
	}
	w.at(w.now.Add(rest), func() { w.visit(f) })
	w.look(f, []*place{f.here, f.there}[w.life.IntN(2)])
}

// look is somebody doing one thing, or nothing, at a place of a file.
func (w *world) look(f *file, p *place) {
	if !f.acked {
		w.lodge(f)
		return
	}
	if p.node == nil {
		return
	}
	c, err := p.node.Store.Case(w.ctx, f.id)
	if errs.Is(err, errs.Missing) && p == f.there {
		return
	}
	if err != nil {
		w.fail("case %d at %s: %v", f.index, p.member.ID, err)
		return
	}
	f.ended[p] = !c.Closed.IsZero()
	wild := w.life.IntN(8) == 0
	deeds := w.possible(f, p, c)
	if wild { // what nobody should try must be refused, and harm nothing
		deeds = w.all(f, p, c.Row-int64(w.life.IntN(2)))
	}
	total := 0
	for _, d := range deeds {
		total += d.weight
	}
	if total == 0 {
		return
	}
	x := w.life.IntN(total)
	for _, d := range deeds {
		if x -= d.weight; x < 0 {
			w.act(p, f, d, wild)
			return
		}
	}
}

// act does a deed. One that was possible must succeed; one at a venture may be refused by a rule. What a kill leaves
// without an answer is mostly tried again after the restart.
func (w *world) act(p *place, f *file, d deed, venture bool) {
	if d.do == nil {
		return
	}
	w.maybeStrike(p)
	err := d.do()
	w.touched[p.member.ID] = true
	name := d.name
	if venture {
		name += " at a venture"
	}
	outcome := "done"
	if err != nil {
		outcome = errs.CodeOf(err).Name()
	}
	w.note("case %d at %s: %s: %s", f.index, p.member.ID, name, outcome)
	p.stir(500 * time.Millisecond)
	if err == nil && w.life.IntN(2) == 0 { // somebody is at it again, while the news of this act travels
		w.at(w.now.Add(somewhen(w.life, time.Millisecond, time.Hour)), func() { w.look(f, []*place{f.here, f.there}[w.life.IntN(2)]) })
	}
	if err == nil && d.name == "hand over" && f.mood["recall"] {
		w.at(w.now.Add(somewhen(w.life, time.Millisecond, time.Hour)), func() { w.look(f, f.here) })
	}
	kind := errs.KindOf(err)
	switch {
	case err == nil:
	case p.dead:
		if !errs.Is(err, errs.StoreClosed) && !errs.Is(err, errs.InDoubt) {
			w.fail("case %d: %s during a kill: %v", f.index, d.name, err)
		}
		if w.life.IntN(5) > 0 {
			p.again = append(p.again, func() { w.act(p, f, d, true) })
		}
	case !venture, kind == errs.Internal, kind == errs.Corrupt:
		w.fail("case %d: %s at %s: %v", f.index, d.name, p.member.ID, err)
	}
}

// lodge takes the application in; after a kill the same application comes again, until it is acknowledged.
func (w *world) lodge(f *file) {
	p := f.here
	if p.node == nil {
		return
	}
	if f.application == nil {
		a, err := w.apply(f)
		if err != nil {
			w.fail("case %d: %v", f.index, err)
			return
		}
		f.application = &a
	}
	times := 1
	if f.mood["twice"] {
		times = 2
	}
	for range times {
		w.maybeStrike(p)
		_, err := p.node.Lodge.TakeIn(w.ctx, p.clerk, *f.application)
		outcome := "taken in"
		if err != nil {
			outcome = errs.CodeOf(err).Name()
		}
		w.note("case %d at %s from %s: %s", f.index, p.member.ID, f.there.member.ID, outcome)
		w.touched[p.member.ID] = true
		p.stir(500 * time.Millisecond)
		switch {
		case err == nil && !f.acked, errs.Is(err, errs.CaseExists):
			f.acked = true
		case p.dead:
			return
		default:
			w.fail("case %d: lodging at %s: %v", f.index, p.member.ID, err)
			return
		}
	}
}

func (w *world) apply(f *file) (lodge.Application, error) {
	person, err := party.NewPerson("樊晓梅", party.ResidentID, "230183199001010025", "13800000001")
	if err != nil {
		return lodge.Application{}, err
	}
	if f.shared {
		return sharedApplication(f, person), nil
	}
	a := lodge.Application{
		ID: f.id, Item: theItem, There: region.Must(f.there.seat), Applicant: person, Consent: "2026-1",
		Answers: map[string]string{
			"trade_name": "雪莲", "capital": "100000", "premises_no": "五四大街 1 号 101 室", "scope": "日用百货销售",
		},
	}
	for _, key := range []string{"application", "charter", "appointment", "identity", "premises", "consent"} {
		a.Materials = append(a.Materials, casefile.Material{Key: key, Name: key, Source: "generated"})
	}
	if f.mood["scan"] {
		m, err := w.scan(f, "premises")
		if err != nil {
			return lodge.Application{}, err
		}
		a.Materials[4] = m
	}
	return a, nil
}

// scan is a material with an attachment that has to travel.
func (w *world) scan(f *file, key string) (casefile.Material, error) {
	blob, err := f.here.node.Files.Put(w.ctx, bytes.NewReader(bytes.Repeat([]byte{byte(f.index)}, 1+w.life.IntN(90_000))))
	blob.Name, blob.Type, blob.Material = key+".pdf", "application/pdf", key
	return casefile.Material{Key: key, Name: key, Source: "upload", Files: []exchange.File{blob}}, err
}

// possible are the deeds that the rules allow at a place as it sees the case, weighted by the file's moods.
func (w *world) possible(f *file, p *place, c casefile.Case) []deed {
	if !c.Closed.IsZero() {
		return nil
	}
	if f.shared {
		return w.sharedPossible(f, p, c)
	}
	out := []deed{{name: "nothing", weight: 1}}
	may := func(mood string, weight int, names ...string) {
		if mood != "" && !f.mood[mood] {
			return
		}
		for _, d := range w.all(f, p, c.Row) {
			if slices.Contains(names, d.name) {
				d.weight = weight
				out = append(out, d)
			}
		}
	}
	collect, _ := c.LegOf(item.Collect)
	dec, _ := c.LegOf(item.Decide)
	deliver, _ := c.LegOf(item.Deliver)
	if p == f.here {
		switch {
		case dec.Transit != nil && dec.Transit.Recall == "":
			may("recall", 4, "recall")
		case dec.Transit != nil:
		case deliver.State == casefile.Received:
			may("", 6, "deliver")
		case collect.State == casefile.Received:
			may("", 6, "hand over")
			may("withdraw", 1, "withdraw")
			may("correct", 2, "supplement")
		case dec.Holder == f.there.member.ID && dec.State != casefile.Done:
			may("withdraw", 1, "withdraw")
		}
		return out
	}
	if dec.Transit != nil || dec.Holder != p.member.ID || deliver.Transit != nil {
		return out
	}
	switch dec.State { //nolint:exhaustive // in the others there is nothing to do here
	case casefile.Received:
		if !f.mood["silence"] {
			may("", 3, "accept")
		}
		may("", 1, "review")
		may("return", 1, "return")
		may("decline", 1, "decline")
		if c.Corrections == 0 {
			may("correct", 3, "correct")
		}
	case casefile.Accepted:
		may("", 4, "grant")
		may("", 1, "review")
		may("refuse", 3, "refuse")
		may("suspend", 2, "suspend")
	case casefile.Suspended:
		may("", 3, "resume")
	case casefile.Concluded, casefile.Declined:
		may("", 4, "issue")
	}
	return out
}

// all are the deeds there are, each against the given row. The closures look at p when they run, since a repeated deed
// meets a new process.
func (w *world) all(f *file, p *place, row int64) []deed {
	if f.shared {
		return w.sharedAll(f, p, row)
	}
	ref := decide.Ref{Case: f.id, Row: row}
	no := casefile.Decision{Outcome: casefile.Denied, Reasons: []string{"name-taken"}}
	fixes := []casefile.Correction{{Check: "domicile", Material: "premises", Problem: "unreadable", Fix: "scan again", Basis: "§18"}}
	of := func(do func() (casefile.Case, error)) func() error {
		return func() error { _, err := do(); return err }
	}
	if p == f.here {
		return []deed{
			{"hand over", 1, of(func() (casefile.Case, error) { return p.node.Post.HandOver(w.ctx, p.clerk, f.id, row) })},
			{"recall", 1, of(func() (casefile.Case, error) { return p.node.Post.AskBack(w.ctx, p.clerk, f.id, row) })},
			{"withdraw", 1, of(func() (casefile.Case, error) { return p.node.Lodge.Withdraw(w.ctx, nil, f.id, row) })},
			{"supplement", 1, func() error {
				var added []casefile.Material
				if f.mood["scan"] {
					m, err := w.scan(f, "premises")
					if err != nil {
						return err
					}
					added = append(added, m)
				}
				_, err := p.node.Lodge.Supplement(w.ctx, p.clerk, f.id, row, map[string]string{"capital": "200000"}, added, nil)
				return err
			}},
			{"deliver", 1, of(func() (casefile.Case, error) {
				return p.node.Issuer.Deliver(w.ctx, p.clerk, f.id, row, casefile.Delivery{Way: "counter", To: "applicant"})
			})},
		}
	}
	b := func() *decide.Bench { return p.node.Bench }
	return []deed{
		{"review", 1, of(func() (casefile.Case, error) {
			return b().Review(w.ctx, p.judge, ref, map[string]casefile.Mark{"name": {Finding: casefile.Meets}})
		})},
		{"accept", 1, of(func() (casefile.Case, error) { return b().Accept(w.ctx, p.judge, ref) })},
		{"correct", 1, of(func() (casefile.Case, error) { return b().Correct(w.ctx, p.judge, ref, fixes) })},
		{"return", 1, of(func() (casefile.Case, error) { return b().Return(w.ctx, p.judge, ref, "unreadable") })},
		{"decline", 1, of(func() (casefile.Case, error) { return b().Decline(w.ctx, p.judge, ref, no) })},
		{"suspend", 1, of(func() (casefile.Case, error) {
			return b().Suspend(w.ctx, p.judge, ref, casefile.Suspension{Procedure: "experts", Reason: "an expert is asked", Days: 5})
		})},
		{"resume", 1, of(func() (casefile.Case, error) { return b().Resume(w.ctx, p.judge, ref) })},
		{"refuse", 1, of(func() (casefile.Case, error) { return b().Decide(w.ctx, p.judge, ref, no) })},
		{"grant", 1, of(func() (casefile.Case, error) {
			return b().Decide(w.ctx, p.judge, ref, casefile.Decision{Outcome: casefile.Granted})
		})},
		{"issue", 1, of(func() (casefile.Case, error) { return p.node.Issuer.Issue(w.ctx, p.judge, f.id, row) })},
	}
}

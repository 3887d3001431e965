package unittest

import (
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// act makes an act on a licence as the use case does.
func (m maker) act(l licence.Life, d licence.Doing, at time.Time) unit.Standing {
	m.t.Helper()
	d.By = Me
	l, f, err := l.Do(d, at)
	if err != nil {
		m.t.Fatal(err)
	}
	return unit.Standing{Life: l, Signed: m.sign(licence.TypFact, f)}
}

func standings(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	ctx := t.Context()
	_, err := k.StatusList(ctx, 1)
	want(t, err, errs.Missing)
	_, err = k.Life(ctx, "none")
	want(t, err, errs.Missing)
	lives := []licence.Life{
		{ID: "a", Type: "t", Case: "c", Until: "2026-12-31", List: 1, Idx: 7}, {ID: "b", Type: "t", List: 1, Idx: 131071}, {ID: "d", Type: "t", Until: "2026-11-30", List: 1, Idx: 0},
	}
	for _, l := range lives {
		commit(t, k, unit.Unit{At: start, Licences: []unit.Standing{m.act(l, licence.Doing{Act: licence.ActIssue}, start)}})
	}
	taken := licence.Life{ID: "e", Type: "t", List: 1, Idx: 7}
	err = k.Commit(ctx, unit.Unit{At: start, Licences: []unit.Standing{m.act(taken, licence.Doing{Act: licence.ActIssue}, start)}})
	want(t, err, errs.StatusTaken)
	a := must[licence.Life](t)(k.Life(ctx, "a"))
	if a.State != licence.InForce || a.Idx != 7 || a.Row != 1 || a.Case != "c" || a.Until != "2026-12-31" || !a.At.Equal(start) {
		t.Fatalf("%+v", a)
	}
	suspend := licence.Doing{Act: licence.ActSuspend, Reason: "no-premises"}
	commit(t, k, unit.Unit{At: start, Licences: []unit.Standing{m.act(a, suspend, start.Add(time.Minute))}})
	err = k.Commit(ctx, unit.Unit{At: start, Licences: []unit.Standing{m.act(a, licence.Doing{Act: licence.ActMoveOut}, start)}})
	want(t, err, errs.Stale) // it was read before the suspension
	list := must[map[int]licence.State](t)(k.StatusList(ctx, 1))
	same(t, map[int]licence.State{7: licence.Suspended}, list)
	facts := must[[]proof.Signed](t)(k.LicenceFacts(ctx, "a"))
	if len(facts) != 2 || must[licence.Life](t)(k.Life(ctx, "a")).Head != facts[1].Hash() {
		t.Fatalf("%d facts", len(facts))
	}
	over := must[[]licence.Life](t)(k.LivesOver(ctx, "2027-01-01", 10))
	if len(over) != 2 || over[0].ID != "d" || over[1].ID != "a" || over[1].State != licence.Suspended {
		t.Fatalf("over: %+v", over)
	}
	if n := len(must[[]licence.Life](t)(k.LivesOver(ctx, "2026-11-30", 10))); n != 0 {
		t.Errorf("%d licences are over on their last day", n)
	}
	_, err = k.StatusList(ctx, 2)
	want(t, err, errs.Missing)
}

// register is how officers find licences, and the acts that wait for a second person.
func register(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	ctx := t.Context()
	c := caseOf(3)
	opening := m.opening(c)
	opening.Lookups = []party.Lookup{{Kind: party.ByNumber, Value: "APPLICANT"}}
	commit(t, k, opening)
	number := party.Lookup{Kind: party.ByNumber, Value: "91630100"}
	a := m.act(licence.Life{ID: "ra", Type: "t", Case: c.ID, List: 9, Idx: 1}, licence.Doing{Act: licence.ActIssue}, start)
	a.Lookups = []party.Lookup{number, {Kind: party.ByName, Value: "x"}}
	commit(t, k, unit.Unit{At: start, Licences: []unit.Standing{a}})
	b := m.act(licence.Life{ID: "rb", Type: "t", List: 9, Idx: 2}, licence.Doing{Act: licence.ActIssue}, start.Add(time.Minute))
	b.Lookups = []party.Lookup{number}
	commit(t, k, unit.Unit{At: start, Licences: []unit.Standing{b}})
	for _, x := range []struct {
		by    []party.Lookup
		limit int
		want  string
	}{
		{[]party.Lookup{number}, 9, "rb ra "},
		{[]party.Lookup{number}, 1, "rb "},
		{[]party.Lookup{{Kind: party.ByName, Value: "91630100"}}, 9, ""},
		{[]party.Lookup{{Kind: party.ByNumber, Value: "APPLICANT"}}, 9, "ra "},
		{[]party.Lookup{{Kind: party.ByName, Value: "x"}, number}, 9, "rb ra "},
		{nil, 9, ""},
	} {
		var got strings.Builder
		for _, l := range must[[]licence.Life](t)(k.FindLicences(ctx, x.by, x.limit)) {
			got.WriteString(l.ID + " ")
		}
		same(t, x.want, got.String())
	}
	_, err := k.LicenceWish(ctx, "ra")
	want(t, err, errs.Missing)
	w := unit.Wish{Licence: "ra", Act: licence.ActStrike, Reason: "penalty", By: "o1", At: start, Row: 1}
	commit(t, k, unit.Unit{At: start, Wished: []unit.Wish{w}})
	w.By, w.Row = "o2", 2
	commit(t, k, unit.Unit{At: start, Wished: []unit.Wish{w}})
	same(t, w, must[unit.Wish](t)(k.LicenceWish(ctx, "ra")))
	commit(t, k, unit.Unit{At: start, Wished: []unit.Wish{{Licence: "ra", Drop: true}}})
	_, err = k.LicenceWish(ctx, "ra")
	want(t, err, errs.Missing)
	_, _, err = k.SeenStatus(ctx, "u")
	want(t, err, errs.Missing)
	for _, x := range []struct {
		at   time.Time
		want string
	}{{start, "one"}, {start.Add(time.Hour), "two"}, {start.Add(time.Minute), "two"}} {
		if err := k.KeepStatus(ctx, "u", map[bool]string{true: "one", false: "two"}[x.at.Equal(start)], x.at); err != nil {
			t.Fatal(err)
		}
		token, _, err := k.SeenStatus(ctx, "u")
		if err != nil || token != x.want {
			t.Errorf("%q %v", token, err)
		}
	}
}

func presentations(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	ctx := t.Context()
	c := caseOf(1)
	commit(t, k, m.opening(c))
	p := unit.Presentation{ID: "p1", Case: c.ID, State: unit.PresentOpen, At: start, Until: start.Add(time.Minute), Body: []byte("asked")}
	commit(t, k, unit.Unit{At: start, Presented: []unit.Presentation{p}})
	same(t, p, must[unit.Presentation](t)(k.Presentation(ctx, "p1")))
	p.State, p.Body = unit.PresentTaken, []byte("answered")
	commit(t, k, unit.Unit{At: start, Presented: []unit.Presentation{p}})
	again := p
	again.Body = []byte("answered once more")
	want(t, k.Commit(ctx, unit.Unit{At: start, Presented: []unit.Presentation{again}}), errs.RequestOver)
	same(t, []unit.Presentation{p}, must[[]unit.Presentation](t)(k.Presentations(ctx, c.ID)))
	_, err := k.Presentation(ctx, "none")
	want(t, err, errs.Missing)
}

func wallet(t *testing.T, open func() Keeper) {
	t.Helper()
	k := open()
	ctx := t.Context()
	mine, theirs := party.Lookup{Kind: party.ByNumber, Value: "1"}, party.Lookup{Kind: party.ByNumber, Value: "2"}
	a := unit.Held{ID: "a", Owner: mine, Kind: "use", At: start, Body: []byte("one")}
	commit(t, k, unit.Unit{At: start, Held: []unit.Held{a, {ID: "b", Owner: theirs, Kind: "use", At: start, Body: []byte("two")}}})
	stolen := unit.Held{ID: "b", Owner: mine, Kind: "use", At: start, Body: []byte("three")}
	a.Body = []byte("four")
	commit(t, k, unit.Unit{At: start, Held: []unit.Held{a, stolen}})
	same(t, []unit.Held{a}, must[[]unit.Held](t)(k.Held(ctx, mine, "use")))
	if got := must[[]unit.Held](t)(k.Held(ctx, theirs, "use")); len(got) != 1 || string(got[0].Body) != "two" {
		t.Errorf("another's thing was overwritten: %+v", got)
	}
	if n := len(must[[]unit.Held](t)(k.Held(ctx, mine, "licence"))); n != 0 {
		t.Errorf("%d of another kind", n)
	}
	if got := must[unit.Held](t)(k.HeldOne(ctx, "use", "b")); string(got.Body) != "two" {
		t.Errorf("by its id: %+v", got)
	}
	_, err := k.HeldOne(ctx, "licence", "b")
	want(t, err, errs.Missing)
}

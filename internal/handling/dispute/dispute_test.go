package dispute

import (
	"context"
	"errors"
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/objection"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// shelf is a store in memory.
type shelf map[string]unit.Objected

func (s shelf) Words(context.Context) (out []unit.Objected, err error) {
	for _, x := range s {
		out = append(out, x)
	}
	return out, nil
}

func (s shelf) Commit(_ context.Context, u unit.Unit) error {
	for _, x := range u.Objected {
		if _, ok := s[x.Word.Key()]; ok {
			return errs.New(errs.Repeated, "%s", x.Word.Key())
		}
		s[x.Word.Key()] = x
	}
	if len(u.Log) == 0 {
		return errors.New("nothing in the log")
	}
	return nil
}

// world is three provinces and a hub between them.
type world struct {
	t     *testing.T
	now   time.Time
	hub   *Relay
	desks map[office.NodeID]*Desk
	lose  func() error // what becomes of the answer to a message
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC), desks: map[office.NodeID]*Desk{}, lose: func() error { return nil }}
	trust := &office.TrustList{Version: 1}
	clock := func() time.Time { w.now = w.now.Add(time.Minute); return w.now }
	w.hub = &Relay{Trust: func() *office.TrustList { return trust }, Now: clock, Book: figure.Default(), Store: shelf{}}
	for _, id := range []office.NodeID{"23", "63", "31"} {
		key, err := gm.MemoryKeys().SignKey("sign")
		if err != nil {
			t.Fatal(err)
		}
		trust.Nodes = append(trust.Nodes, office.Node{ID: id, Sign: key.Public()})
		w.desks[id] = &Desk{
			Kit:   &unit.Kit{Me: id, Signer: proof.NewSigner(key), Now: clock, Trust: func() *office.TrustList { return trust }},
			Store: shelf{}, Book: figure.Default(), Ask: func(ctx context.Context, _ office.NodeID, body []byte) ([]byte, error) {
				out, err := w.hub.Receive(ctx, id, body)
				return out, errors.Join(err, w.lose())
			},
		}
	}
	return w
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) round(ids ...office.NodeID) {
	w.t.Helper()
	for _, id := range ids {
		_, err := w.desks[id].Round(w.t.Context())
		w.ok(err)
	}
}

func (w *world) see(id office.NodeID) objection.Objection {
	w.t.Helper()
	list, err := w.desks[id].Objections(w.t.Context())
	w.ok(err)
	if len(list) != 1 {
		w.t.Fatalf("%s knows %d objections", id, len(list))
	}
	return list[0]
}

var super = casefile.Actor{ID: "super", Roles: []office.Role{office.Supervisor}}

// An objection goes to the other side over the hub, is answered and settled there and back; the hub shows it as long as it stands. What
// the channel loses or repeats changes nothing, a hub that is away is met later, and a third province is told nothing.
func TestAnObjectionTravels(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	wish := Wish{ID: unit.NewID(), Of: "63", Month: 202610, Figure: "promise", Text: "three were late"}
	for range 2 { // the button pressed twice
		w.ok(w.desks["23"].Raise(ctx, super, wish))
	}
	w.lose = func() error { return errs.New(errs.TryLater, "lost") }
	for range 3 {
		if _, err := w.desks["23"].Round(ctx); !errs.Is(err, errs.TryLater) {
			t.Fatalf("the hub is away: %v", err)
		}
	}
	w.lose = func() error { return nil }
	w.round("23", "63", "23", "63", "31")
	if n := len(w.desks["31"].Store.(shelf)); n != 0 {
		t.Errorf("a third province holds %d words", n)
	}
	n := 0
	w.lose = func() error { // the answer is lost, the word is there
		if n++; n == 1 {
			return errs.New(errs.TryLater, "lost")
		}
		return nil
	}
	w.ok(w.desks["63"].Say(ctx, super, wish.ID, 1, objection.Answer, "looked at again"))
	if _, err := w.desks["63"].Round(ctx); err == nil {
		t.Error("nothing was lost")
	}
	w.round("63", "23", "63")
	if o := w.see("23"); len(o.Words) != 2 {
		t.Errorf("%+v", o.Words)
	}
	if err := w.desks["23"].Say(ctx, super, wish.ID, 1, objection.Settle, "fine"); !errs.Is(err, errs.Stale) {
		t.Errorf("on what was seen before the answer: %v", err)
	}
	open, err := Contested(ctx, w.hub.Store, 202610)
	if err != nil || len(open) != 2 {
		t.Errorf("%v: %d words stand", err, len(open))
	}
	w.ok(w.desks["23"].Say(ctx, super, wish.ID, 2, objection.Settle, "fine"))
	w.round("23", "63")
	if o := w.see("63"); !o.Settled() {
		t.Errorf("%+v", o.Words)
	}
	if open, err := Contested(ctx, w.hub.Store, 202610); err != nil || len(open) != 0 {
		t.Errorf("%v: %d words stand after the end", err, len(open))
	}
}

func TestWhoMayContest(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	good := Wish{ID: unit.NewID(), Of: "63", Month: 202610, Figure: "promise", Text: "x"}
	for name, try := range map[string]struct {
		change func(*Wish)
		by     office.Role
		want   errs.Code
	}{
		"a lead":           {func(*Wish) {}, office.Lead, errs.NotYours},
		"an own figure":    {func(x *Wish) { x.Of = "23" }, office.Supervisor, errs.ContestFigure},
		"no such province": {func(x *Wish) { x.Of = "99" }, office.Supervisor, errs.ContestFigure},
		"no such figure":   {func(x *Wish) { x.Figure = "x" }, office.Supervisor, errs.ContestFigure},
		"no month":         {func(x *Wish) { x.Month = 0 }, office.Supervisor, errs.ContestFigure},
		"no words":         {func(x *Wish) { x.Text = " " }, office.Supervisor, errs.ContestWords},
		"no key":           {func(x *Wish) { x.ID = "x" }, office.Supervisor, errs.BadRequest},
	} {
		x := good
		try.change(&x)
		if err := w.desks["23"].Raise(ctx, casefile.Actor{ID: "o", Roles: []office.Role{try.by}}, x); !errs.Is(err, try.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.ok(w.desks["23"].Raise(ctx, super, good))
	w.round("23", "63")
	if err := w.desks["63"].Say(ctx, super, good.ID, 1, objection.Settle, "over"); !errs.Is(err, errs.ContestMove) {
		t.Errorf("the other side ends it: %v", err)
	}
	if err := w.desks["63"].Say(ctx, super, unit.NewID(), 1, objection.Answer, "x"); !errs.Is(err, errs.NoSuchContest) {
		t.Errorf("what is not there: %v", err)
	}
}

// Nobody says anything in another's name, twice differently, or about what is not his, and a message without end is refused.
func TestLiars(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.ok(w.desks["23"].Raise(ctx, super, Wish{ID: unit.NewID(), Of: "63", Month: 202610, Figure: "promise", Text: "x"}))
	w.round("23", "63")
	o := w.see("63")
	send := func(by office.NodeID, words ...objection.Word) error {
		in := news{}
		for _, word := range words {
			s, err := proof.SignJSON(w.desks[by].Kit.Signer, objection.Typ, word)
			w.ok(err)
			in.Words = append(in.Words, s)
		}
		body, err := proof.Marshal(in)
		w.ok(err)
		_, err = w.hub.Receive(ctx, by, body)
		return err
	}
	first := o.Words[0]
	again, forged, foreign := first, first, first
	again.Text = "something else"                           // the same number, other words
	forged.N, forged.Act = 2, objection.Settle              // in 23's name
	foreign.By, foreign.From, foreign.Of = "63", "63", "31" // 31 brings it
	w.ok(send("23", again))
	w.ok(send("63", forged))
	w.ok(send("31", foreign))
	list, err := w.hub.Objections(ctx)
	if err != nil || len(list) != 1 || len(list[0].Words) != 1 || list[0].Words[0].Text != "x" {
		t.Errorf("%v: %+v", err, list)
	}
	many := make([]objection.Word, mostWords+1)
	if err := send("23", many...); !errs.Is(err, errs.BadContest) {
		t.Errorf("too many: %v", err)
	}
	if _, err := w.hub.Receive(ctx, "23", []byte("{")); err == nil {
		t.Error("half a message")
	}
}

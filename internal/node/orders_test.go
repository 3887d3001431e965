package node_test

import (
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/domain/watch"
	"tongban/internal/handling/supervise"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/node"
	"tongban/internal/proof"
)

func (w *told) orders(n *node.Node, id string) []watch.Filed {
	w.t.Helper()
	list, err := n.Store.Orders(w.t.Context(), id)
	w.ok(err)
	return list
}

// A supervisor orders an office of the own province; the reply is due, is noted once when it is late, comes with words, and only then
// the order is closed. Each step is tried by who may not do it.
func TestAnOrderIsRepliedToAndClosed(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.handedOver()
	super, lead := as(w.officer, "super", office.Supervisor), as(w.officer, "lead", office.Lead)
	super.Office = "" // sits in no office that handles cases
	wish := supervise.Wish{ID: unit.NewID(), No: string(c.No), Office: w.officer.Office, Text: "why so long <script>"}
	for range 2 { // the button pressed twice
		w.ok(w.there.Watch.Give(ctx, super, wish))
	}
	got := w.orders(w.there, c.ID)
	if len(got) != 1 || got[0].State != watch.OrderOpen || got[0].Due.String() != "2026-12-02" {
		t.Fatalf("%+v", got)
	}
	if _, err := w.there.Trust.List().Check(got[0].Signed, watch.TypOrder); err != nil {
		t.Errorf("not signed: %v", err)
	}
	for name, try := range map[string]struct {
		change func(*supervise.Wish)
		by     casefile.Actor
		want   errs.Code
	}{
		"by a lead":                       {func(*supervise.Wish) {}, lead, errs.NotYours},
		"no such case":                    {func(x *supervise.Wish) { x.No = "63-x" }, super, errs.OrderNoCase},
		"no such office":                  {func(x *supervise.Wish) { x.Office = "11630100MB9900XXXX" }, super, errs.OrderNoOffice},
		"an office of another province":   {func(x *supervise.Wish) { x.Office = w.clerk.Office }, super, errs.OrderElsewhere},
		"a province without a part":       {func(x *supervise.Wish) { x.Office, x.Province = "", "31" }, super, errs.OrderNoPart},
		"the own province as if an equal": {func(x *supervise.Wish) { x.Office, x.Province = "", "63" }, super, errs.OrderNoPart},
		"no words":                        {func(x *supervise.Wish) { x.Text = " " }, super, errs.OrderWords},
		"too many words":                  {func(x *supervise.Wish) { x.Text = strings.Repeat("x", 501) }, super, errs.MessageLong},
		"no key":                          {func(x *supervise.Wish) { x.ID = "x" }, super, errs.BadRequest},
	} {
		x := wish
		x.ID = unit.NewID()
		try.change(&x)
		if err := w.there.Watch.Give(ctx, try.by, x); !errs.Is(err, try.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	apart := supervise.Wish{ID: unit.NewID(), No: string(c.No), Office: actor(t, w.here, "230102").Office, Text: "x"}
	if err := w.here.Watch.Give(ctx, as(w.clerk, "watcher", office.Supervisor), apart); !errs.Is(err, errs.OrderNoPart) {
		t.Errorf("an office without a part in it: %v", err)
	}
	id := got[0].Order.ID
	step := func(by casefile.Actor, a watch.OrderAct, text string, want errs.Code) {
		t.Helper()
		f := w.orders(w.there, c.ID)[0] //nolint:contextcheck // the world has the test's own
		err := w.there.Watch.DoOrder(ctx, by, id, f.Row, a, text)
		if want == 0 {
			w.ok(err)
		} else if !errs.Is(err, want) {
			t.Errorf("%s by %s: %v, want %s", a, by.ID, err, want.Name())
		}
	}
	step(super, watch.Close, "x", errs.OrderMove) // closing without a reply
	step(super, watch.Reply, "x", errs.NotYours)
	step(w.officer, watch.Reply, "x", errs.NotYours)
	stranger := lead
	stranger.Office = w.clerk.Office
	step(stranger, watch.Reply, "x", errs.OrderUnknown)
	w.to(2026, time.December, 3)
	w.turn()
	f := w.orders(w.there, c.ID)[0]
	if !f.Late || len(f.Steps) != 2 || f.Steps[1].Act != watch.Late {
		t.Fatalf("late: %+v", f)
	}
	step(lead, watch.Reply, "", errs.OrderWords)
	step(lead, watch.Reply, "done, see the file", 0) // late, and taken
	step(lead, watch.Reply, "again", errs.OrderMove)
	step(super, watch.Back, "which file?", 0)
	if f := w.orders(w.there, c.ID)[0]; f.Late || f.State != watch.OrderOpen || f.Due.String() != "2026-12-10" {
		t.Errorf("sent back: %+v", f)
	}
	step(lead, watch.Reply, "page 3", 0)
	step(super, watch.Close, "seen", 0)
	step(super, watch.Back, "x", errs.OrderMove)
	if list, err := w.there.Watch.OpenOrders(ctx, super, 9); err != nil || len(list) != 0 {
		t.Errorf("still open: %+v, %v", list, err)
	}
	if len(w.orders(w.here, c.ID)) != 0 {
		t.Error("an order left its province")
	}
}

// Equals ask each other: a request goes to the other province's supervisor with a receipt, is answered there, and closed where it began.
func TestAnEqualIsAsked(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.handedOver()
	asks, answers := as(w.clerk, "asks", office.Supervisor), as(w.officer, "answers", office.Supervisor)
	wish := supervise.Wish{ID: unit.NewID(), No: string(c.No), Province: "63", Text: "please look"}
	w.ok(w.here.Watch.Give(ctx, asks, wish))
	w.turn()
	there := w.orders(w.there, c.ID)
	if len(there) != 1 || there[0].State != watch.OrderOpen || there[0].Steps[0].By != "" {
		t.Fatalf("there: %+v", there)
	}
	do := func(n *node.Node, by casefile.Actor, a watch.OrderAct, want errs.Code) {
		t.Helper()
		f := w.orders(n, c.ID)[0] //nolint:contextcheck // the world has the test's own
		err := n.Watch.DoOrder(ctx, by, wish.ID, f.Row, a, "words")
		if want == 0 {
			w.ok(err)
		} else if !errs.Is(err, want) {
			t.Errorf("%s by %s: %v, want %s", a, by.ID, err, want.Name())
		}
		w.turn() //nolint:contextcheck // the world has the test's own
	}
	do(w.here, asks, watch.Reply, errs.OrderMove) // nobody answers for an equal
	do(w.there, as(w.officer, "lead", office.Lead), watch.Reply, errs.OrderUnknown)
	do(w.there, answers, watch.Reply, 0)
	do(w.there, answers, watch.Close, errs.OrderMove)
	do(w.here, asks, watch.Close, 0)
	for _, n := range []*node.Node{w.here, w.there} {
		if f := w.orders(n, c.ID)[0]; f.State != watch.OrderClosed || len(f.Steps) != 3 {
			t.Errorf("at %s: %+v", n.ID, f)
		}
		if left, _, err := n.Store.Waiting(ctx); left != 0 || err != nil {
			t.Errorf("%s: %d parcels wait, %v", n.ID, left, err)
		}
	}
}

// A counterpart that orders, speaks for others, or alters what was signed is refused for good, and nothing of it is kept.
func TestALyingCounterpartOrdersNobody(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.handedOver()
	good := func() watch.Order {
		o, err := w.here.Kit.Watch.Order(unit.NewID(), c, "23", nil, "63", "x", w.here.Kit.Calendar, w.now)
		w.ok(err)
		return o
	}
	note := func(change func(*watch.Order)) watch.Note {
		o := good()
		change(&o)
		s, err := w.here.Kit.Sign(watch.TypOrder, o)
		w.ok(err)
		return watch.Note{Order: o.ID, Given: &s}
	}
	altered := note(func(*watch.Order) {})
	altered.Given.Body = append([]byte(nil), altered.Given.Body...)
	altered.Given.Body[len(altered.Given.Body)-3] ^= 1
	other := note(func(*watch.Order) {})
	other.Order = unit.NewID()
	for name, body := range map[string]any{
		"an order to an office here": note(func(o *watch.Order) { o.Office = w.officer.Office }),
		"as if from here":            note(func(o *watch.Order) { o.From = "63" }),
		"another case":               note(func(o *watch.Order) { o.Case = unit.NewID() }),
		"hidden characters":          note(func(o *watch.Order) { o.Text = "a\u202eb" }),
		"a day that is over":         note(func(o *watch.Order) { o.Due = o.Due.AddDays(-60) }),
		"a day far off":              note(func(o *watch.Order) { o.Due = o.Due.AddDays(600) }),
		"under another id":           other,
		"altered":                    altered,
		"a step of nothing":          watch.Note{Order: unit.NewID(), Act: watch.Reply, Text: "x"},
		"no note":                    "no note",
	} {
		raw, err := proof.Marshal(body)
		w.ok(err)
		u := unit.Unit{At: w.now}
		w.ok(w.here.Kit.Post(&u, exchange.Envelope{ID: unit.NewID(), To: "63", Kind: exchange.Order, Case: c.ID, Leg: "decide", At: w.now, Private: raw}))
		w.ok(w.here.Store.Commit(ctx, u))
		w.turn()
		if got := w.orders(w.there, c.ID); len(got) > 0 {
			t.Fatalf("%s: kept %+v", name, got)
		}
		if n, _, err := w.here.Store.Waiting(ctx); n != 0 || err != nil {
			t.Errorf("%s: %d wait for ever, %v", name, n, err)
		}
	}
}

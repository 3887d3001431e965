package handover_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// A counterpart whose clock stands in 2099 moves nothing here: acts never go back behind the last one, so its time would
// stand on every later act of the case.
func TestAClockFarAheadPoisonsNothing(t *testing.T) {
	ahead := 73 * 365 * 24 * time.Hour
	for name, change := range map[string]func(w *world, e *exchange.Envelope){
		"the envelope": func(w *world, e *exchange.Envelope) { e.At = w.now.Add(ahead) },
		"the case": func(w *world, e *exchange.Envelope) {
			c := w.at(north)
			c.Last = w.now.Add(ahead)
			e.Private = w.payload(c)
		},
		"a fact": func(w *world, e *exchange.Envelope) {
			e.Facts = append(e.Facts, w.sign(north, casefile.TypFact, casefile.Fact{
				Case: e.Case, By: north, Leg: "collect", Step: 9, At: w.now.Add(ahead),
			}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 0)
			w.play("lodge hand-over")
			e := w.offer()
			change(w, &e)
			a := w.send(w.sign(north, exchange.TypEnvelope, e))
			if len(a.Receipts) != 0 || len(a.Faults) != 1 || a.Faults[0].Code != errs.ClockAhead {
				t.Errorf("answered %+v", a)
			}
			w.settle()
			w.check(casefile.StatusSubmitted, "23 63")
		})
	}
	t.Run("a receipt", func(t *testing.T) {
		w := newWorld(t, 0)
		w.play("lodge hand-over")
		parcel := w.nodes[north].open()[0].Parcel
		w.net.Leave(west)
		w.net.Join(west, func(_ context.Context, m handover.Message) ([]byte, error) {
			p, err := exchange.Unpack(m.Body, firm().boxes[west], west)
			if err != nil {
				return nil, err
			}
			return exchange.PackAnswer(exchange.Answer{Receipts: []proof.Signed{w.sign(west, exchange.TypReceipt, exchange.Receipt{
				Envelope: parcel.ID, Hash: parcel.Signed.Hash(), From: west, To: north, Case: w.id, Leg: "decide", Kind: exchange.Offer,
				Status: exchange.Held, At: w.now.Add(ahead),
			})}}, p)
		})
		w.pump()
		if c := w.at(north); len(w.nodes[north].open()) != 1 || c.Last.After(w.now) {
			t.Errorf("believed: the last act is of %s", c.Last)
		}
	})
}

// Envelopes that together are more than a receiver opens go in smaller packets; nobody waits behind them for ever.
func TestEnvelopesTooLargeTogetherAreCut(t *testing.T) {
	w := newWorld(t, 0)
	w.play("lodge hand-over settle")
	n := w.nodes[north]
	private, err := proof.Marshal(map[string]string{"filler": strings.Repeat("x", 1<<20)})
	if err != nil {
		t.Fatal(err)
	}
	var u unit.Unit
	for range 12 { // 12 × 1 MiB, twice in base64
		e := exchange.Envelope{
			ID: unit.NewID(), From: north, To: west, Kind: exchange.Notice, Case: w.id, Leg: "collect", At: w.now, Private: private,
			Facts: []proof.Signed{w.sign(north, casefile.TypFact, casefile.Fact{Case: w.id, By: north, Leg: "collect", At: w.now})},
		}
		u.Out = append(u.Out, exchange.Parcel{
			ID: e.ID, To: west, Case: w.id, Leg: "collect", Kind: e.Kind, Signed: w.sign(north, exchange.TypEnvelope, e), At: w.now,
		})
	}
	if err := n.Commit(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	w.settle()
}

// greedy has nothing to push, and counts how often it is asked to.
type greedy struct {
	allHere
	pushes int
}

func (g *greedy) Push(context.Context, proof.Hash, func(context.Context, []byte) ([]byte, error)) error {
	g.pushes++
	return nil
}

// A receiver that asks for an attachment over and over gets it once a try, and after many tries waits like everybody else.
func TestAReceiverThatNeverHasEnough(t *testing.T) {
	w := newWorld(t, 0)
	file := exchange.File{Address: proof.HashOf([]byte("a")), Key: make([]byte, 16), Size: 1, Cipher: 1, Name: "a.pdf", Type: "application/pdf"}
	w.files = []exchange.File{file}
	w.play("lodge hand-over")
	parcel := w.nodes[north].open()[0].Parcel
	g := &greedy{}
	w.nodes[north].post.Files = g
	w.net.Leave(west)
	w.net.Join(west, func(_ context.Context, m handover.Message) ([]byte, error) {
		p, err := exchange.Unpack(m.Body, firm().boxes[west], west)
		if err != nil {
			return nil, err
		}
		var a exchange.Answer
		for i := range 1000 {
			a.Needs = append(a.Needs, exchange.Need{Envelope: parcel.ID, Address: file.Address, Have: int64(i)})
		}
		return exchange.PackAnswer(a, p)
	})
	w.pump()
	if g.pushes != 1 {
		t.Errorf("pushed %d times in one try", g.pushes)
	}
	for range 180 { // half an hour
		w.now = w.now.Add(10 * time.Second)
		w.pump()
	}
	if g.pushes > 100 {
		t.Errorf("pushed %d times in half an hour", g.pushes)
	}
}

// A leg for an office that is not ours would stand in no queue: it is refused with a shared reason, and stays the sender's.
func TestALegForAForeignOfficeIsRefused(t *testing.T) {
	w := newWorld(t, 0)
	w.play("lodge hand-over")
	e := w.offer()
	c := w.at(north)
	for i := range c.Legs {
		if c.Legs[i].Key == "decide" {
			c.Legs[i].Office = c.Legs[0].Office // the window's own code
		}
	}
	e.Private = w.payload(c)
	a := w.send(w.sign(north, exchange.TypEnvelope, e))
	if len(a.Receipts) != 1 {
		t.Fatalf("answered %+v", a)
	}
	var r exchange.Receipt
	if err := a.Receipts[0].Into(&r); err != nil {
		t.Fatal(err)
	}
	if r.Status != exchange.Refused || r.Reason != "wrong-office" || w.at(west).ID != "" {
		t.Errorf("receipt %s %q, stored %q", r.Status, r.Reason, w.at(west).ID)
	}
}

package handover_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"tongban/internal/adapter/blobs"
	"tongban/internal/adapter/memchan"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/domain/vouch"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// send gives signed envelopes to west as a packet of north, and opens the answer.
func (w *world) send(list ...proof.Signed) exchange.Answer {
	w.t.Helper()
	to, _ := firm().trust.Node(west)
	p := exchange.Packet{Protocol: 2, From: north, To: west, AnswerKey: []byte("0123456789abcdef"), Envelopes: list}
	body, err := exchange.PackFor(p, to.Encrypt)
	if err != nil {
		w.t.Fatal(err)
	}
	raw, err := w.nodes[north].post.Channel.Send(w.t.Context(), west, handover.Message{Kind: "packet", Body: body})
	if err != nil {
		w.t.Fatal(err)
	}
	a, err := exchange.UnpackAnswer(raw, p)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// otherReplica puts a second replica of west on the channel, on the same store: what is sent from now on reaches it.
func (w *world) otherReplica() {
	w.t.Helper()
	first := w.nodes[west].post
	second := &handover.Post{Kit: first.Kit, Store: first.Store, Files: first.Files, Key: first.Key, Parallel: 1}
	w.net.Leave(west)
	w.net.Join(west, second.Receive)
}

func (w *world) sign(by office.NodeID, typ string, v any) proof.Signed {
	w.t.Helper()
	s, err := proof.SignJSON(firm().signers[by], typ, v)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// offer is the envelope that north has just put into its outbox.
func (w *world) offer() exchange.Envelope {
	w.t.Helper()
	var e exchange.Envelope
	if err := w.nodes[north].open()[0].Signed.Into(&e); err != nil {
		w.t.Fatal(err)
	}
	return e
}

func (w *world) payload(c casefile.Case) []byte {
	w.t.Helper()
	b, err := proof.Marshal(casefile.Offered{Case: c, Private: c.Private})
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// What is wrong with an envelope is answered without a receipt, and nothing of it is stored; the sender keeps the case.
func TestForgeriesLeaveNothingBehind(t *testing.T) {
	fact := func(w *world, by office.NodeID, f casefile.Fact) proof.Signed { return w.sign(by, casefile.TypFact, f) }
	for _, tt := range []struct {
		name  string
		forge func(w *world, e exchange.Envelope) proof.Signed
		want  errs.Code
	}{
		{"a fact signed by another than it names", func(w *world, e exchange.Envelope) proof.Signed {
			e.Facts = append(e.Facts, fact(w, south, casefile.Fact{Case: e.Case, By: north, Leg: "decide", Step: 9}))
			return w.sign(north, exchange.TypEnvelope, e)
		}, errs.WrongSender},
		{"a fact of another case", func(w *world, e exchange.Envelope) proof.Signed {
			e.Facts = append(e.Facts, fact(w, north, casefile.Fact{Case: "other", By: north, Leg: "collect", Step: 9}))
			return w.sign(north, exchange.TypEnvelope, e)
		}, errs.WrongSender},
		{"a fact that was changed", func(w *world, e exchange.Envelope) proof.Signed {
			e.Facts[0].Body = bytes.Replace(e.Facts[0].Body, []byte("lodge"), []byte("grant"), 1)
			return w.sign(north, exchange.TypEnvelope, e)
		}, errs.BadSignature},
		{"an envelope that is no fact's", func(w *world, e exchange.Envelope) proof.Signed {
			e.Facts[0] = w.sign(north, "receipt", exchange.Receipt{})
			return w.sign(north, exchange.TypEnvelope, e)
		}, errs.WrongType},
		{"a payload of another case", func(w *world, e exchange.Envelope) proof.Signed {
			c := w.at(north)
			c.ID = "other"
			e.Private = w.payload(c)
			return w.sign(north, exchange.TypEnvelope, e)
		}, errs.BadEnvelope},
		{"a payload that is none", func(w *world, e exchange.Envelope) proof.Signed {
			e.Private = []byte("x")
			return w.sign(north, exchange.TypEnvelope, e)
		}, errs.UnreadableBody},
		{"an envelope for another node", func(w *world, e exchange.Envelope) proof.Signed {
			e.To = south
			return w.sign(north, exchange.TypEnvelope, e)
		}, errs.WrongAddressee},
		{"an envelope in another's name", func(w *world, e exchange.Envelope) proof.Signed { return w.sign(south, exchange.TypEnvelope, e) }, errs.WrongSender},
		{"an offer of somebody else's case", func(w *world, e exchange.Envelope) proof.Signed {
			e.From = south
			return w.sign(south, exchange.TypEnvelope, e)
		}, errs.WrongSender},
		{"a paper signed by another than the sender", func(w *world, e exchange.Envelope) proof.Signed {
			c := w.at(north)
			foreign, err := firm().signers[south].Sign(document.Typ, w.nodes[north].papers[0].Signed.Body)
			if err != nil {
				w.t.Fatal(err)
			}
			b, err := proof.Marshal(casefile.Offered{Case: c, Private: c.Private, Papers: []proof.Signed{foreign}})
			if err != nil {
				w.t.Fatal(err)
			}
			e.Private = b
			return w.sign(north, exchange.TypEnvelope, e)
		}, errs.WrongSender},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, 0)
			w.play("lodge hand-over")
			forged := tt.forge(w, w.offer())
			a := w.send(forged)
			if len(a.Receipts) != 0 || len(a.Faults) != 1 || a.Faults[0].Code != tt.want || a.Faults[0].Envelope != forged.Hash() {
				t.Errorf("answered %d receipts and %+v, want %s", len(a.Receipts), a.Faults, tt.want.Name())
			}
			n := w.nodes[west]
			if n.commits != 0 || len(n.inbox) != 0 || len(n.facts) != 0 || len(n.papers) != 0 {
				t.Errorf("%d commits, %d arrivals, %d facts", n.commits, len(n.inbox), len(n.facts))
			}
			w.settle() // the true offer is not harmed by it
			w.check(casefile.StatusSubmitted, "23 63")
		})
	}
}

// One bad envelope in a packet does not keep the others back.
func TestGoodAndBadInOnePacket(t *testing.T) {
	w := newWorld(t, 0)
	w.play("lodge hand-over")
	good := w.sign(north, exchange.TypEnvelope, w.offer())
	bad := w.offer()
	bad.ID, bad.To = unit.NewID(), south
	a := w.send(w.sign(north, exchange.TypEnvelope, bad), good)
	if len(a.Receipts) != 1 || len(a.Faults) != 1 {
		t.Errorf("%d receipts, %d faults", len(a.Receipts), len(a.Faults))
	}
}

// What can never be taken is refused with a signed receipt and a reason: the leg stays at home and stands in a queue.
func TestRefusalIsSignedAndComesBack(t *testing.T) {
	for _, tt := range []struct {
		name, reason string
		change       func(w *world, e *exchange.Envelope)
	}{
		{"a leg that belongs to another province", "wrong-office", func(w *world, e *exchange.Envelope) {
			c := w.at(north)
			c.Legs[1].Node, e.Leg = west, "deliver"
			c.Legs[2].Node = south
			c.Legs[1].Node = north // who offers a delivery is the deciding place
			e.Private = w.payload(c)
		}},
		{"a leg that there is not", "unreadable", func(_ *world, e *exchange.Envelope) { e.Leg = "dance" }},
		{"a consent that the sender signed itself", "consent-unproven", func(w *world, e *exchange.Envelope) {
			c := w.at(north)
			forged := w.sign(north, vouch.TypConsent, vouch.Consent{ID: "1", From: north, Person: c.Private.Applicant, Level: 4})
			c.Private.Consent.Agreed, c.Private.Consent.Proof = []byte("{}"), &forged
			e.Private = w.payload(c)
		}},
		{"a rule that is not known here", "rule-changed", func(w *world, e *exchange.Envelope) {
			c := w.at(north)
			c.Item = "no such item"
			e.Private = w.payload(c)
		}},
		{"a leg that is not to be received", "duplicate", func(w *world, e *exchange.Envelope) {
			c := w.at(north)
			c.Legs[1].State = casefile.Concluded
			e.Private = w.payload(c)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, 0)
			w.play("lodge hand-over")
			e := w.offer()
			tt.change(w, &e)
			s := w.sign(north, exchange.TypEnvelope, e)
			for range 2 { // a repeat gets the same receipt
				a := w.send(s)
				if len(a.Receipts) != 1 {
					t.Fatalf("answered %+v", a)
				}
				r, err := exchange.OpenReceipt(a.Receipts[0], firm().trust, exchange.Parcel{ID: e.ID, To: west, Case: e.Case, Leg: e.Leg, Kind: e.Kind, Signed: s})
				if err != nil || r.Status != exchange.Refused || r.Reason != tt.reason {
					t.Errorf("%v: %s for %q", err, r.Status, r.Reason)
				}
				c := casefile.Settle(w.at(north), r, north)
				if l, _ := c.Leg("decide"); e.Leg == "decide" && (l.Transit != nil || l.Holder != north) {
					t.Errorf("the leg is %+v", l)
				}
			}
			if _, ok := w.nodes[north].post.Kit.Catalogue.Reason(tt.reason); !ok {
				t.Errorf("%q is no shared reason", tt.reason)
			}
			if w.at(west).ID != "" {
				t.Error("a refused case was stored")
			}
		})
	}
}

func TestReusedID(t *testing.T) {
	w := newWorld(t, 0)
	w.play("lodge hand-over settle")
	var e exchange.Envelope
	for _, a := range w.nodes[west].inbox {
		if err := a.Signed.Into(&e); err != nil {
			t.Fatal(err)
		}
	}
	e.Leg = "collect"
	if a := w.send(w.sign(north, exchange.TypEnvelope, e)); len(a.Receipts) != 0 || len(a.Faults) != 1 || a.Faults[0].Code != errs.ReusedID {
		t.Errorf("answered %+v", a)
	}
	w.check(casefile.StatusSubmitted, "23 63")
}

// A stranger's word about a case in which it has no part is not believed, though its signature is good.
func TestAStrangerCannotSpeakOfACase(t *testing.T) {
	w := newWorld(t, 0)
	w.play("lodge hand-over settle accept settle")
	body, err := proof.Marshal(casefile.Offered{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []casefile.Fact{
		{Case: w.id, By: south, Leg: "decide", Step: 50, Act: casefile.ActWithdraw, State: casefile.Withdrawn},
		{Case: w.id, By: south, Leg: "collect", Step: 50, Act: casefile.ActAskWithdraw, State: casefile.Done},
	} {
		e := exchange.Envelope{
			ID: unit.NewID(), From: south, To: west, Kind: exchange.Notice, Case: w.id, Leg: f.Leg, At: w.now,
			Facts: []proof.Signed{w.sign(south, casefile.TypFact, f)}, Private: body,
		}
		if a := w.send(w.sign(south, exchange.TypEnvelope, e)); len(a.Receipts) != 0 || a.Faults[0].Code != errs.WrongSender {
			t.Errorf("%s: %+v", f.Act, a)
		}
	}
	w.check(casefile.StatusAccepted, "23 63")
}

// A notice that overtakes its offer waits at home, and comes in when the offer has.
func TestNoticeBeforeItsOffer(t *testing.T) {
	w := newWorld(t, 0)
	w.play("lodge hand-over")
	offer := w.sign(north, exchange.TypEnvelope, w.offer())
	w.play("pump withdraw") // withdrawn while the deciding place holds it: a notice
	fresh := newWorld(t, 0)
	fresh.id, fresh.now = w.id, w.now
	var notice proof.Signed
	for _, p := range w.nodes[north].open() {
		notice = p.Signed
	}
	if a := fresh.send(notice); len(a.Receipts) != 0 || a.Faults[0].Code != errs.NotInOrder {
		t.Fatalf("answered %+v", a)
	}
	if a := fresh.send(offer, notice); len(a.Receipts) != 2 {
		t.Fatalf("answered %+v", a)
	}
	if got := fresh.at(west).Status(); got != casefile.StatusWithdrawn {
		t.Errorf("status %s", got)
	}
	w.settle()
	w.check(casefile.StatusWithdrawn, "23 63")
}

// Two replicas take the same envelope: one commits, the other hands out the first one's receipt.
func TestTwoReplicasTakeOneEnvelope(t *testing.T) {
	w := newWorld(t, 0)
	w.play("lodge hand-over")
	s := w.nodes[north].open()[0].Signed
	w.nodes[west].whatever = func() { w.otherReplica(); w.send(s) }
	a := w.send(s)
	b := w.send(s)
	if len(a.Receipts) != 1 || len(b.Receipts) != 1 || !bytes.Equal(a.Receipts[0].Sig, b.Receipts[0].Sig) {
		t.Errorf("answered %+v and %+v", a, b)
	}
	w.settle()
	w.check(casefile.StatusSubmitted, "23 63")
}

// An officer's act meets a change that came from outside meanwhile: the officer is told, nothing is half done.
func TestALostRaceIsAnAnswer(t *testing.T) {
	w := newWorld(t, 0)
	w.play("lodge hand-over settle accept settle")
	w.nodes[west].whatever = func() { w.play("withdraw pump") }
	err := acts["grant"](t.Context(), w, w.nodes[north], w.nodes[west])
	if !errs.Is(err, errs.Stale) {
		t.Errorf("granted over a withdrawal: %v", err)
	}
	w.settle()
	w.check(casefile.StatusWithdrawn, "23 63")
}

func TestAReceiptOfAnotherNodeFreesNothing(t *testing.T) {
	w := newWorld(t, 0)
	w.play("lodge hand-over")
	parcel := w.nodes[north].open()[0].Parcel
	w.net.Leave(west)
	w.net.Join(west, func(_ context.Context, m handover.Message) ([]byte, error) { // south sits on west's line, with west's box key
		p, err := exchange.Unpack(m.Body, firm().boxes[west], west)
		if err != nil {
			return nil, err
		}
		return exchange.PackAnswer(exchange.Answer{Receipts: []proof.Signed{w.sign(south, exchange.TypReceipt, exchange.Receipt{
			Envelope: parcel.ID, Hash: parcel.Signed.Hash(), From: west, To: north, Case: w.id, Leg: "decide", Status: exchange.Held, At: w.now,
		})}}, p)
	})
	for range 5 {
		w.pump()
		w.now = w.now.Add(lateEnough)
	}
	if c := w.at(north); len(w.nodes[north].open()) != 1 || len(c.Custody) != 1 {
		t.Error("a forged receipt was believed")
	}
	w.net.Leave(west)
	w.net.Join(west, w.nodes[west].post.Receive)
	w.settle()
	w.check(casefile.StatusSubmitted, "23 63")
}

func TestStrangeMessages(t *testing.T) {
	w := newWorld(t, 0)
	for _, tt := range []struct {
		kind string
		body []byte
		want errs.Code
	}{{"packet", nil, errs.BadPacket}, {"packet", []byte("TB\x09"), errs.UnknownProtocol}, {"dance", nil, errs.BadPacket}} {
		_, err := w.nodes[west].post.Receive(t.Context(), handover.Message{From: north, Kind: tt.kind, Body: tt.body})
		if errs.CodeOf(err) != tt.want {
			t.Errorf("%s %q: %v", tt.kind, tt.body, err)
		}
	}
}

// store of attachments in a folder, as a node has it.
type folder struct{ *blobs.Store }

func (f folder) Push(ctx context.Context, address proof.Hash, send func(ctx context.Context, piece []byte) ([]byte, error)) error {
	return f.Store.Push(ctx, func(ctx context.Context, c blobs.Chunk) (int64, error) {
		piece, err := blobs.EncodeChunk(c)
		if err != nil {
			return 0, err
		}
		answer, err := send(ctx, piece)
		if err != nil {
			return 0, err
		}
		return blobs.DecodeHave(answer)
	}, address)
}

func (f folder) Take(ctx context.Context, from office.NodeID, piece []byte) ([]byte, error) {
	c, err := blobs.DecodeChunk(piece)
	if err != nil {
		return nil, err
	}
	have, err := f.Append(ctx, from, c.Address, c.Offset, c.Total, c.Data)
	return blobs.EncodeHave(have), err
}

// withFiles gives both nodes a folder, and the case two scans.
func withFiles(t *testing.T) (w *world, plain string) {
	t.Helper()
	w, plain = newWorld(t, 0), strings.Repeat("住所证明 ", 200_000) // 2.6 MB: several pieces
	for _, id := range []office.NodeID{north, west} {
		s, err := blobs.New(blobs.Config{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		w.nodes[id].post.Files = folder{s}
	}
	for _, text := range []string{plain, "second page"} {
		ref, err := w.nodes[north].post.Files.(folder).Put(t.Context(), strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		w.files = append(w.files, exchange.File{Address: ref.Address, Key: ref.Key, Size: ref.Size, Cipher: ref.Cipher, Name: "scan.pdf"})
	}
	return w, plain
}

// The deciding place takes the case over only when its copy of every attachment is complete.
func TestAttachmentsComeBeforeCustody(t *testing.T) {
	w, plain := withFiles(t)
	pieces := 0
	w.net.SetFaults(memchan.FaultsFunc(func(_, _ office.NodeID, kind string) memchan.Fate {
		if kind == "chunk" {
			if pieces++; pieces > 2 {
				return memchan.LoseRequest
			}
		}
		return memchan.Deliver
	}))
	w.play("lodge hand-over pump pump pump")
	if w.at(west).ID != "" || len(w.nodes[west].inbox) != 0 {
		t.Fatal("the case was taken without its attachments")
	}
	if have, complete := w.nodes[west].post.Files.Have(w.files[0].Address); complete || have == 0 {
		t.Errorf("%d bytes are there, complete %v", have, complete)
	}
	w.net.SetFaults(nil)
	w.settle()
	w.check(casefile.StatusSubmitted, "23 63")
	var got bytes.Buffer
	f := w.at(west).Private.Materials[4].Files[0]
	ref := blobs.Ref{Address: f.Address, Key: f.Key, Size: f.Size, Cipher: f.Cipher}
	if err := w.nodes[west].post.Files.(folder).Read(t.Context(), ref, &got); err != nil || got.String() != plain {
		t.Errorf("%v: %d bytes", err, got.Len())
	}
}

func TestAttachmentsOverABadLine(t *testing.T) {
	for seed := range uint64(8) {
		w, _ := withFiles(t)
		w.net.SetFaults(memchan.Seeded(seed, memchan.Rates{LoseRequest: .1, LoseAnswer: .1, Twice: .1, HoldBack: .1}))
		w.play("lodge hand-over settle accept settle grant settle issue settle deliver settle")
		w.check(casefile.StatusDone, "23 63 23")
	}
}

// A sender without the attachment that it names cannot hand over, and loses nothing by trying.
func TestAnAttachmentThatNobodyHas(t *testing.T) {
	w, _ := withFiles(t)
	w.files[1].Address = proof.HashOf([]byte("nowhere"))
	w.play("lodge hand-over")
	for range 10 {
		w.pump()
		w.now = w.now.Add(lateEnough)
	}
	if c := w.at(north); len(w.nodes[north].open()) != 1 || w.at(west).ID != "" || len(c.Custody) != 1 {
		t.Error("it was handed over")
	}
}

func TestAFailingDatabaseIsSaid(t *testing.T) {
	w := newWorld(t, 0)
	w.play("lodge hand-over")
	w.nodes[north].crashAt = w.nodes[north].commits + 1
	if _, err := w.nodes[north].post.Pump(t.Context()); !errors.Is(err, errCrash) {
		t.Errorf("got %v", err)
	}
	w.settle()
	w.check(casefile.StatusSubmitted, "23 63")
}

// What a packet's look-up found may be old when it is used: here another replica has dealt with all of it meanwhile.
func TestTwoReplicasTakeOnePacket(t *testing.T) {
	w := newWorld(t, 0)
	ids := w.lodgeMany(3)
	var list []proof.Signed
	for _, p := range w.nodes[north].open() {
		list = append(list, p.Signed)
	}
	w.nodes[west].whatever = func() { w.otherReplica(); w.send(list...) }
	a, b := w.send(list...), w.send(list...)
	if len(a.Receipts) != 3 || len(b.Receipts) != 3 {
		t.Fatalf("%d and %d receipts; %+v", len(a.Receipts), len(b.Receipts), a.Faults)
	}
	for i := range a.Receipts {
		if !bytes.Equal(a.Receipts[i].Sig, b.Receipts[i].Sig) {
			t.Errorf("envelope %d has two receipts", i)
		}
	}
	w.settle()
	for _, w.id = range ids {
		w.check(casefile.StatusSubmitted, "23 63")
	}
}

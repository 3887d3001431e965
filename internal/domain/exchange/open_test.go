package exchange

import (
	"testing"

	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

func TestOpenEnvelope(t *testing.T) {
	w := newWorld(t)
	n := w.keys[north].sign
	change := func(f func(e *Envelope)) Envelope {
		e := w.released(t)
		f(&e)
		return e
	}
	broken := w.signed(t, n, w.released(t))
	broken.Body = append([]byte(" "), broken.Body...)
	otherType := broken
	otherType.Typ = TypReceipt
	twice, err := n.Sign(TypEnvelope, []byte(`{} {}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		s    proof.Signed
		want errs.Code
	}{
		{"signed by another node than it names", w.signed(t, w.keys[south].sign, w.released(t)), errs.WrongSender},
		{"signed by nobody whom we know", w.signed(t, stranger(t), w.released(t)), errs.UnknownKey},
		{"for another node", w.signed(t, n, change(func(e *Envelope) { e.To = south })), errs.WrongAddressee},
		{"changed after it was signed", broken, errs.BadSignature},
		{"of another type", otherType, errs.WrongType},
		{"without a signature", proof.Signed{}, errs.UnknownKey},
		{"two values", twice, errs.UnreadableBody},
		{"without an id", w.signed(t, n, change(func(e *Envelope) { e.ID = "" })), errs.BadEnvelope},
		{"without a case", w.signed(t, n, change(func(e *Envelope) { e.Case = "" })), errs.BadEnvelope},
		{"without a leg", w.signed(t, n, change(func(e *Envelope) { e.Leg = "" })), errs.BadEnvelope},
		{"an offer without facts", w.signed(t, n, change(func(e *Envelope) { e.Facts = nil })), errs.BadEnvelope},
		{"a recall of nothing", w.signed(t, n, change(func(e *Envelope) { e.Kind = Recall })), errs.BadEnvelope},
		{"of a kind that is yet to be invented", w.signed(t, n, change(func(e *Envelope) { e.Kind = "gift" })), errs.BadEnvelope},
	} {
		e, err := OpenEnvelope(tt.s, w.trust, west)
		wantCode(t, tt.name, err, tt.want)
		if e.ID != "" {
			t.Errorf("%s: something came out", tt.name)
		}
	}
}

// An old key goes on proving what was signed with it, and the envelope keeps its identity however often it is wrapped.
func TestRotationAndRewrapping(t *testing.T) {
	w := newWorld(t)
	s := w.signed(t, w.keys[north].sign, w.released(t))
	node := w.trust.Nodes[0]
	node.OldSign, node.Sign = [][]byte{node.Sign}, stranger(t).Public()
	w.trust.Nodes[0] = node
	if _, err := OpenEnvelope(s, w.trust, west); err != nil {
		t.Errorf("after a rotation: %v", err)
	}
	p := Packet{Protocol: 1, From: north, To: west, AnswerKey: make([]byte, 16), Envelopes: []proof.Signed{s}}
	for protocol := OldestProtocol; protocol <= NewestProtocol; protocol++ {
		p.Protocol = protocol
		got, err := Unpack(pack(t, w, p), w.keys[west].box, west)
		if err != nil || got.Envelopes[0].Hash() != s.Hash() {
			t.Errorf("protocol %d: %v", protocol, err)
		}
	}
}

func TestOpenReceipt(t *testing.T) {
	w := newWorld(t)
	envelope := w.signed(t, w.keys[north].sign, w.released(t))
	parcel := Parcel{ID: w.released(t).ID, To: west, Case: "c", Leg: "decide", Kind: Offer, Signed: envelope}
	good := Receipt{Envelope: parcel.ID, Hash: envelope.Hash(), From: west, To: north, Case: "c", Leg: "decide", Kind: Offer, Status: Held, At: at}
	sign := func(by *proof.Signer, typ string, f func(r *Receipt)) proof.Signed {
		r := good
		f(&r)
		s, err := proof.SignJSON(by, typ, r)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	as := func(*Receipt) {}
	westSign := w.keys[west].sign
	if _, err := OpenReceipt(sign(westSign, TypReceipt, as), w.trust, parcel); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		s    proof.Signed
		want errs.Code
	}{
		{"by another node in its own name", sign(w.keys[south].sign, TypReceipt, func(r *Receipt) { r.From = south }), errs.WrongSender},
		{"by another node in the addressee's name", sign(w.keys[south].sign, TypReceipt, as), errs.WrongSender},
		{"by the sender itself", sign(w.keys[north].sign, TypReceipt, as), errs.WrongSender},
		{"by nobody whom we know", sign(stranger(t), TypReceipt, as), errs.UnknownKey},
		{"for another envelope", sign(westSign, TypReceipt, func(r *Receipt) { r.Envelope = "other" }), errs.BadReceipt},
		{"for other content under the id", sign(westSign, TypReceipt, func(r *Receipt) { r.Hash = proof.HashOf([]byte("x")) }), errs.BadReceipt},
		{"for another case", sign(westSign, TypReceipt, func(r *Receipt) { r.Case = "d" }), errs.BadReceipt},
		{"for another leg", sign(westSign, TypReceipt, func(r *Receipt) { r.Leg = "deliver" }), errs.BadReceipt},
		{"a word that answers no offer", sign(westSign, TypReceipt, func(r *Receipt) { r.Status = Noted }), errs.BadReceipt},
		{"a word that nobody knows", sign(westSign, TypReceipt, func(r *Receipt) { r.Status = "perhaps" }), errs.BadReceipt},
		{"of another type", sign(westSign, TypEnvelope, as), errs.WrongType},
	} {
		_, err := OpenReceipt(tt.s, w.trust, parcel)
		wantCode(t, tt.name, err, tt.want)
	}
}

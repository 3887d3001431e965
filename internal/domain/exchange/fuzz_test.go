package exchange

import (
	"testing"

	"tongban/internal/proof"
)

// What comes from another node may be anything. It must end in an error or in something whole, never in a panic.

func FuzzUnpack(f *testing.F) {
	w := newWorld(f)
	for protocol := OldestProtocol; protocol <= NewestProtocol; protocol++ {
		p := w.packet(f, protocol, 1)
		f.Add(pack(f, w, p), []byte{})
		inner, err := encode(&p, &p.Envelopes, protocol)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte{}, inner)
	}
	f.Fuzz(func(t *testing.T, b, inner []byte) {
		key := w.keys[west].box
		if p, err := Unpack(b, key, west); err == nil && (p.To != west || len(p.Envelopes) == 0) {
			t.Errorf("opened %+v", p)
		}
		for protocol := OldestProtocol; protocol <= NewestProtocol; protocol++ {
			if p, err := Unpack(raw(t, w, protocol, inner), key, west); err == nil && (p.From != north || len(p.Envelopes) > Capacity(protocol)) {
				t.Errorf("opened %+v", p)
			}
		}
	})
}

func FuzzUnpackAnswer(f *testing.F) {
	w := newWorld(f)
	p := w.packet(f, 1, 1)
	a := Answer{Receipts: p.Envelopes, Needs: []Need{{Envelope: "e", Have: 1}}, Faults: []Fault{{Code: 1}}}
	for protocol := OldestProtocol; protocol <= NewestProtocol; protocol++ {
		p.Protocol = protocol
		inner, err := encode(&a, &a.Receipts, protocol)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(inner)
	}
	f.Fuzz(func(t *testing.T, inner []byte) {
		for p.Protocol = OldestProtocol; p.Protocol <= NewestProtocol; p.Protocol++ {
			_, _ = UnpackAnswer(inner, p)
			head := header(p.Protocol, west, north)
			box, err := proof.EncryptWith(p.AnswerKey, inner, head)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = UnpackAnswer(append(head, box...), p)
		}
	})
}

func FuzzOpenEnvelope(f *testing.F) {
	w := newWorld(f)
	f.Add(w.signed(f, w.keys[north].sign, w.released(f)).Body)
	f.Add([]byte(`{"id":"e","from":"23","to":"63","kind":"recall","case":"c","leg":"decide","recalls":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := w.keys[north].sign.Sign(TypEnvelope, body)
		if err != nil {
			t.Fatal(err)
		}
		e, err := OpenEnvelope(s, w.trust, west)
		if err == nil && (e.From != north || e.To != west || e.ID == "" || e.Case == "" || e.Leg == "") {
			t.Errorf("opened %+v", e)
		}
	})
}

func FuzzOpenReceipt(f *testing.F) {
	w := newWorld(f)
	envelope := w.signed(f, w.keys[north].sign, w.released(f))
	parcel := Parcel{ID: w.released(f).ID, To: west, Case: "c", Leg: "decide", Kind: Offer, Signed: envelope}
	body, err := proof.Marshal(Receipt{
		Envelope: parcel.ID, Hash: envelope.Hash(), From: west, To: north, Case: "c", Leg: "decide", Kind: Offer, Status: Held, At: at,
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte(`{"envelope":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := w.keys[west].sign.Sign(TypReceipt, body)
		if err != nil {
			t.Fatal(err)
		}
		r, err := OpenReceipt(s, w.trust, parcel)
		if err == nil && (r.Envelope != parcel.ID || r.Hash != envelope.Hash() || r.From != west || r.Leg != "decide") {
			t.Errorf("opened %+v", r)
		}
	})
}

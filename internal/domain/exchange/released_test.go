package exchange

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tongban/internal/proof"
)

// Released wire documents decode for ever (I10). They were made once; a change of code that cannot read them is wrong,
// not the documents.
func TestReleasedEnvelope(t *testing.T) {
	w := newWorld(t)
	v := readVector(t, "envelope.json", func() vector {
		return vector{
			About: "an offer of 23 to 63, signed", Outcome: "valid for 63; refused by everybody else as addressed to another node",
			JSON: encodeJSON(t, w.signed(t, w.keys[north].sign, w.released(t))),
		}
	})
	s := decodeSigned(t, v)
	got, err := OpenEnvelope(s, w.trust, west)
	if err != nil {
		t.Fatal(err)
	}
	w.same(t, got)
}

// same compares an opened envelope with the released one. A fact's signature is not unique, everything else is.
func (w world) same(t *testing.T, got Envelope) {
	t.Helper()
	if d := cmp.Diff(w.released(t), got, cmpopts.IgnoreFields(proof.Signed{}, "Sig")); d != "" {
		t.Error(d)
	}
	if _, err := w.trust.Check(got.Facts[0], "fact"); err != nil {
		t.Error(err)
	}
}

func TestReleasedReceipt(t *testing.T) {
	w := newWorld(t)
	envelope := decodeSigned(t, readVector(t, "envelope.json", nil))
	want := Receipt{
		Envelope: w.released(t).ID, Hash: envelope.Hash(), From: west, To: north, Case: w.released(t).Case, Leg: "decide",
		Kind: Offer, Status: Held, At: at,
	}
	v := readVector(t, "receipt.json", func() vector {
		s, err := proof.SignJSON(w.keys[west].sign, TypReceipt, want)
		if err != nil {
			t.Fatal(err)
		}
		return vector{About: "the receipt of 63 for envelope.json", Outcome: "held", JSON: encodeJSON(t, s)}
	})
	got, err := OpenReceipt(decodeSigned(t, v), w.trust, Parcel{ID: want.Envelope, To: west, Case: want.Case, Leg: want.Leg, Kind: want.Kind, Signed: envelope})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestReleasedPackets(t *testing.T) {
	w := newWorld(t)
	for protocol, n := range map[int]int{1: 1, 2: 3, 3: 3} {
		t.Run(fmt.Sprintf("protocol %d", protocol), func(t *testing.T) {
			v := readVector(t, fmt.Sprintf("packet-%d.json", protocol), func() vector {
				return vector{
					About:   fmt.Sprintf("a packet of protocol %d from 23 to 63", protocol),
					Outcome: fmt.Sprintf("%d valid envelopes, each like envelope.json", n), Bytes: pack(t, w, w.packet(t, protocol, n)),
				}
			})
			p, err := Unpack(v.Bytes, w.keys[west].box, west)
			if err != nil {
				t.Fatal(err)
			}
			if p.Protocol != protocol || p.From != north || p.To != west || string(p.AnswerKey) != "fedcba9876543210" || len(p.Envelopes) != n {
				t.Errorf("packet %d of %s for %s, key %q, %d envelopes", p.Protocol, p.From, p.To, p.AnswerKey, len(p.Envelopes))
			}
			for _, s := range p.Envelopes {
				e, err := OpenEnvelope(s, w.trust, west)
				if err != nil {
					t.Fatal(err)
				}
				w.same(t, e)
			}
		})
	}
}

func TestReleasedAnswers(t *testing.T) {
	w := newWorld(t)
	receipt := decodeSigned(t, readVector(t, "receipt.json", nil))
	want := Answer{
		Receipts: []proof.Signed{receipt},
		Needs:    []Need{{Envelope: "e", Address: proof.HashOf([]byte("ciphertext")), Have: 12}},
		Faults:   []Fault{{Envelope: proof.HashOf([]byte("envelope")), Code: 30009}},
	}
	for protocol := OldestProtocol; protocol <= NewestProtocol; protocol++ {
		p := w.packet(t, protocol, 1)
		v := readVector(t, fmt.Sprintf("answer-%d.json", protocol), func() vector {
			b, err := PackAnswer(want, p)
			if err != nil {
				t.Fatal(err)
			}
			return vector{
				About:   fmt.Sprintf("the answer of 63 to a packet of protocol %d whose answer key is %q", protocol, p.AnswerKey),
				Outcome: "one receipt, one missing attachment, one fault", Bytes: b,
			}
		})
		got, err := UnpackAnswer(v.Bytes, p)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("protocol %d:\n%s", protocol, d)
		}
	}
}

func encodeJSON(t *testing.T, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decodeSigned(t *testing.T, v vector) proof.Signed {
	t.Helper()
	var s proof.Signed
	if err := json.Unmarshal(v.JSON, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

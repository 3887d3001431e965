package rebuild

import (
	"bytes"
	"context"
	"testing"
	"time"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// kept is a holder's store in memory.
type kept struct {
	pages map[office.NodeID][]Page
	sent  map[string]exchange.Parcel
}

func (k *kept) Copied(_ context.Context, node office.NodeID) (int64, error) {
	if n := len(k.pages[node]); n > 0 {
		return k.pages[node][n-1].Size, nil
	}
	return 0, nil
}

func (k *kept) KeepCopy(_ context.Context, node office.NodeID, p Page, _ int64, _ time.Time) error {
	k.pages[node] = append(k.pages[node], p)
	return nil
}

func (k *kept) CopyAfter(_ context.Context, node office.NodeID, size int64) (Page, bool, error) {
	for _, p := range k.pages[node] {
		if p.Size > size {
			return p, true, nil
		}
	}
	return Page{}, false, nil
}

func (*kept) SeenHead(context.Context, office.NodeID) (proof.Signed, bool, error) {
	return proof.Signed{}, false, nil
}

func (*kept) SentTo(context.Context, office.NodeID, string, int) ([]Passed, error) { return nil, nil }

func (*kept) TookFrom(context.Context, office.NodeID, string, int) ([]Passed, error) { return nil, nil }

func (k *kept) Sent(_ context.Context, id string) (exchange.Parcel, *exchange.Settlement, error) {
	p, ok := k.sent[id]
	if !ok {
		return p, nil, errs.New(errs.Missing, "%s", id)
	}
	return p, &exchange.Settlement{Parcel: id}, nil
}

func (*kept) Arrival(context.Context, office.NodeID, string) (exchange.Arrival, bool, error) {
	return exchange.Arrival{}, false, nil
}

func (*kept) Piece(context.Context, proof.Hash, int64) ([]byte, error) {
	return nil, errs.New(errs.Missing, "no file")
}

// three are 23, which keeps, and 63 and 35, which ask, with their keys.
type three struct {
	store    *kept
	kit      *unit.Kit
	signers  map[office.NodeID]*proof.Signer
	boxes    map[office.NodeID]gm.DecryptKey
	holder   *Holder
	answerer *Answerer
}

func newThree(t testing.TB) *three {
	t.Helper()
	w := &three{
		store: &kept{pages: map[office.NodeID][]Page{}, sent: map[string]exchange.Parcel{}}, signers: map[office.NodeID]*proof.Signer{},
		boxes: map[office.NodeID]gm.DecryptKey{},
	}
	list := &office.TrustList{Version: 1}
	for _, id := range []office.NodeID{"23", "35", "63"} {
		keys := gm.MemoryKeys()
		sign, err1 := keys.SignKey("sign")
		box, err2 := keys.DecryptKey("encrypt")
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		w.signers[id], w.boxes[id] = proof.NewSigner(sign), box
		list.Nodes = append(list.Nodes, office.Node{ID: id, Sign: sign.Public(), Encrypt: box.Public()})
	}
	w.kit = &unit.Kit{Me: "23", Signer: w.signers["23"], Now: time.Now, Trust: func() *office.TrustList { return list }}
	w.holder, w.answerer = NewHolder(w.kit, w.store, time.Now), NewAnswerer(w.kit, w.store, w.store, time.Now)
	return w
}

func (w *three) deliver(t *testing.T, by, in, from office.NodeID, p Page) (int64, error) {
	t.Helper()
	s, err := proof.SignJSON(w.signers[by], typCopy, delivery{Node: in, Page: p})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := w.holder.Receive(t.Context(), from, s.AppendBinary(nil))
	var got taken
	if err == nil {
		err = proof.Unmarshal(raw, &got)
	}
	return got.Have, err
}

func TestAHolderTakesOnlyTheOwnersNextPiece(t *testing.T) {
	w := newThree(t)
	first := Page{From: 0, Size: 10, Sealed: []byte("x")}
	for _, tt := range []struct {
		name     string
		by, from office.NodeID
		page     Page
		have     int64
		fails    bool
	}{
		{"by another in its name", "35", "63", first, 0, true},
		{"brought by another", "63", "35", first, 0, true},
		{"the first", "63", "63", first, 10, false},
		{"the first again", "63", "63", first, 10, false},
		{"with a gap", "63", "63", Page{From: 20, Size: 30, Sealed: []byte("x")}, 10, false},
		{"that goes back", "63", "63", Page{From: 10, Size: 5, Sealed: []byte("x")}, 10, false},
		{"the next", "63", "63", Page{From: 10, Size: 12, Sealed: []byte("x")}, 12, false},
	} {
		have, err := w.deliver(t, tt.by, "63", tt.from, tt.page)
		if (err != nil) != tt.fails || have != tt.have {
			t.Errorf("%s: %d, %v", tt.name, have, err)
		}
	}
	if n := len(w.store.pages["63"]); n != 2 {
		t.Errorf("%d pieces are kept", n)
	}
}

// What is answered opens for nobody but the node that the trust list names, and is only about its own.
func TestAnswersAreForTheirNodeAlone(t *testing.T) {
	w := newThree(t)
	w.store.sent["e"] = exchange.Parcel{ID: "e", To: "63", Signed: proof.Signed{Typ: "envelope", Body: []byte("secret")}}
	ask := func(from office.NodeID, q question) ([]byte, []byte, error) {
		body, err := proof.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := w.answerer.Receive(t.Context(), from, body)
		return body, raw, err
	}
	body, raw, err := ask("63", question{What: askPair, ID: "e"})
	if err != nil || bytes.Contains(raw, []byte("secret")) {
		t.Fatal(err)
	}
	if a, err := openAnswer(w.boxes["63"], "23", "63", body, raw); err != nil || string(a.pair.envelope.Body) != "secret" {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := openAnswer(w.boxes["35"], "23", "63", body, raw); err == nil {
		t.Error("another node opens it")
	}
	if _, err := openAnswer(w.boxes["63"], "23", "63", []byte("another question"), raw); err == nil {
		t.Error("it answers another question")
	}
	if _, _, err := ask("35", question{What: askPair, ID: "e"}); !errs.Is(err, errs.Missing) {
		t.Errorf("another's envelope: %v", err)
	}
	for _, from := range []office.NodeID{"hub", "99", "23", ""} {
		if _, _, err := ask(from, question{What: askHead}); err == nil {
			t.Errorf("%q is answered", from)
		}
	}
	if _, _, err := ask("63", question{What: "everything"}); !errs.Is(err, errs.BadRequest) {
		t.Errorf("an unknown question: %v", err)
	}
}

func FuzzOpenAnswer(f *testing.F) {
	w := newThree(f)
	plain, err := answer{List: []Passed{{"a", "b"}}, pair: pair{envelope: proof.Signed{Body: []byte("x")}}}.pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain)
	f.Fuzz(func(_ *testing.T, packed []byte) {
		raw, err := proof.Wrap(w.boxes["63"].Public(), packed, answerAAD("23", "63", nil))
		if err != nil {
			return
		}
		_, _ = openAnswer(w.boxes["63"], "23", "63", nil, raw) // anything but a panic
	})
}

func FuzzReceive(f *testing.F) {
	w := newThree(f)
	s, err := proof.SignJSON(w.signers["63"], typCopy, delivery{Node: "63", Page: Page{Size: 3, Sealed: []byte("x")}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.AppendBinary(nil), []byte(`{"what":"pair","id":"e"}`))
	f.Fuzz(func(t *testing.T, piece, asked []byte) {
		_, _ = w.holder.Receive(t.Context(), "63", piece)
		_, _ = w.answerer.Receive(t.Context(), "63", asked)
	})
}

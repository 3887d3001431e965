package share

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

func entered(t *testing.T, r *road, l lane, n, bytes int) []*asked {
	t.Helper()
	var out []*asked
	for range n {
		q := &asked{question: proof.Signed{Body: make([]byte, bytes)}, done: make(chan told, 1)}
		if _, err := r.enter(l, q); err != nil {
			t.Fatal(err)
		}
		out = append(out, q)
	}
	return out
}

// Questions board in their order, as many as an envelope takes; who left is not taken along; another resource is another lane.
func TestRoad(t *testing.T) {
	r, l, other := &road{}, lane{"35", "idcard"}, lane{"35", "house"}
	for i := range mostOnWay + 1 {
		if lead, err := r.enter(l, &asked{done: make(chan told, 1)}); err != nil || lead != (i < mostOnWay) {
			t.Errorf("question %d: leads %v, %v", i, lead, err)
		}
	}
	if lead, _ := r.enter(other, &asked{}); !lead {
		t.Error("a slow resource keeps another one waiting")
	}
	if got := len(r.board(l)); got != mostOnWay+1 {
		t.Errorf("%d boarded", got)
	}
	list := entered(t, r, l, mostBatch+2, 10)
	r.leave(l, list[1])
	if got := r.board(l); len(got) != mostBatch || got[0] != list[0] || got[1] != list[2] {
		t.Errorf("%d boarded, or in another order", len(got))
	}
	if got := len(r.board(l)); got != 1 {
		t.Errorf("%d boarded at the end", got)
	}
	entered(t, r, l, 3, mostBytes-1)
	for range 3 {
		if got := len(r.board(l)); got != 1 {
			t.Errorf("%d large ones boarded", got)
		}
	}
	for range mostOnWay {
		if r.board(l) != nil {
			t.Error("somebody boarded whom nobody knows")
		}
	}
	if len(r.waiting) != 1 || len(r.onWay) != 1 {
		t.Errorf("%d lanes are kept that nobody uses", len(r.waiting)-1)
	}
	entered(t, r, l, mostQueued, 1)
	if _, err := r.enter(l, &asked{}); !errs.Is(err, errs.ProviderAway) {
		t.Errorf("one too many: %v", err)
	}
}

// weak is a store whose second commit fails.
type weak struct {
	mu sync.Mutex
	n  int
}

func (w *weak) Commit(context.Context, unit.Unit) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.n++; w.n == 2 {
		return errs.Wrap(errs.Unexpected, errors.New("disk"), "storing")
	}
	return nil
}

func (w *weak) Serial(context.Context, string) (int64, error) { return 1, nil }

// straight is a channel that leads to a provider.
type straight struct {
	p    *Provider
	from office.NodeID
}

func (s straight) Ask(ctx context.Context, _ office.NodeID, body []byte) ([]byte, error) {
	return s.p.Receive(ctx, s.from, body)
}

// One answer that could not be stored does not leave, and takes none of its company with it.
func TestOneOfABatchFails(t *testing.T) {
	trust := &office.TrustList{Version: 1}
	keys := map[office.NodeID]gm.KeyProvider{"35": gm.MemoryKeys(), "63": gm.MemoryKeys()}
	kit := func(id office.NodeID) (*unit.Kit, gm.DecryptKey) {
		sign, err := keys[id].SignKey("sign")
		if err != nil {
			t.Fatal(err)
		}
		encrypt, err := keys[id].DecryptKey("encrypt")
		if err != nil {
			t.Fatal(err)
		}
		trust.Nodes = append(trust.Nodes, office.Node{ID: id, Sign: sign.Public(), Encrypt: encrypt.Public()})
		return &unit.Kit{Me: id, Signer: proof.NewSigner(sign), Now: time.Now, Trust: func() *office.TrustList { return trust }}, encrypt
	}
	theirs, theirKey := kit("35")
	ours, ourKey := kit("63")
	p := NewProvider(&Ledger{Kit: theirs}, theirKey, &weak{}, nil, time.Now)
	a := &Asker{Ledger: &Ledger{Kit: ours}, Key: ourKey, Channel: straight{p, "63"}, Now: time.Now}
	list := make([]proof.Signed, 3) // nobody signed them: each is refused, and the refusal logged
	answers, err := a.Send(t.Context(), "35", list)
	if err != nil || len(answers) != 3 {
		t.Fatalf("%d answers, %v", len(answers), err)
	}
	if n := len(slices.DeleteFunc(answers, func(s proof.Signed) bool { return s.Typ == "" })); n != 2 {
		t.Errorf("%d of 3 answers left, one was not stored", n)
	}
	if _, err := a.together(t.Context(), lane{"35", "idcard"}, proof.Signed{}); err != nil {
		t.Errorf("alone: %v", err)
	}
	p.store.(*weak).n = 1
	if _, err := a.together(t.Context(), lane{"35", "idcard"}, proof.Signed{}); !errs.Is(err, errs.ProviderAway) {
		t.Errorf("alone, and not stored: %v", err)
	}
}

package sqlstore

import (
	"fmt"
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/office"
	"tongban/internal/handling/sequence"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/usage"
	"tongban/internal/handling/witness"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// A log grows in a real store, its heads get witnesses, and what a person is told of it can be proved.
func TestWitnesses(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		db := open()
		a, b := storeAt(t, db), storeAt(t, db)
		at := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
		trust := &office.TrustList{Version: 1, Issued: at}
		signers := map[office.NodeID]*proof.Signer{}
		for _, id := range []office.NodeID{a.me, "35", "11"} {
			k, err := gm.MemoryKeys().SignKey("sign")
			if err != nil {
				t.Fatal(err)
			}
			signers[id] = proof.NewSigner(k)
			trust.Nodes = append(trust.Nodes, office.Node{ID: id, Sign: k.Public()})
		}
		es, err := gm.MemoryKeys().ES256Key("es256")
		if err != nil {
			t.Fatal(err)
		}
		kit := &unit.Kit{Me: a.me, Signer: signers[a.me], ES256: es, Now: func() time.Time { return at }}
		write := func(n int, caseID string) (head proof.Signed, size int64) {
			t.Helper()
			var u unit.Unit
			for i := range n {
				u.Log = append(u.Log, accesslog.Entry{Kind: accesslog.View, At: at.Add(time.Duration(i)), Case: caseID, Who: fmt.Sprint(i)})
			}
			if err := a.Commit(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			if _, err := sequence.Round(t.Context(), kit, b); err != nil {
				t.Fatal(err)
			}
			size, err := b.TreeSize(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			head, sig, err := a.HeadAt(t.Context(), size)
			if err != nil || !gm.VerifyES256(es.Public(), head.Body, sig) {
				t.Fatalf("head of %d: %v", size, err)
			}
			return head, size
		}
		sign := func(by office.NodeID, head proof.Signed, size int64) {
			t.Helper()
			s, err := proof.SignJSON(signers[by], accesslog.TypWitness, accesslog.Witness{Head: head.Hash(), Node: a.me, Size: size, By: by, At: at})
			if err == nil {
				err = a.AddWitness(t.Context(), size, by, s)
			}
			if err == nil {
				err = b.AddWitness(t.Context(), size, by, s) // both replicas asked
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		head, size := write(5, "hers")
		sign("35", head, size)
		if got, err := b.Witnessed(t.Context(), accesslog.Quorum); got != 0 || err != nil {
			t.Errorf("one witness makes %d, %v", got, err)
		}
		sign("11", head, size)
		head2, size2 := write(4, "other")
		sign("11", head2, size2)
		write(2, "hers")
		if got, err := b.Witnessed(t.Context(), accesslog.Quorum); got != size || err != nil {
			t.Errorf("witnessed %d, %v; want %d", got, err, size)
		}
		lines, err := b.LogLines(t.Context(), []string{"hers"}, 3)
		if err != nil || len(lines) != 3 {
			t.Fatalf("%d lines, %v", len(lines), err)
		}
		x, err := usage.Extract(t.Context(), b, []string{"hers"})
		if err != nil {
			t.Fatal(err)
		}
		p, err := x.Check(trust)
		if err != nil || p.Lines != 5 || p.Pending != 2 || len(p.Witnesses) != 2 {
			t.Errorf("proved %+v, %v", p, err)
		}
		sign("35", head2, size2)
		if got, err := a.WitnessesOf(t.Context(), size); len(got) != 2 || err != nil {
			t.Errorf("who read the size a moment ago finds %d signatures, %v", len(got), err)
		}
		head3, size3 := write(1, "other")
		sign("11", head3, size3)
		sign("35", head3, size3)
		if got, err := a.WitnessesOf(t.Context(), size); len(got) != 0 || err != nil {
			t.Errorf("old signatures stay: %d, %v", len(got), err)
		}

		seen := func(s *Store, was, size int64, h proof.Signed) error {
			return s.KeepSeen(t.Context(), "35", was, size, h)
		}
		if _, ok, err := a.SeenHead(t.Context(), "35"); ok || err != nil {
			t.Errorf("nothing was seen: %v", err)
		}
		if err := seen(a, 0, 5, head); err != nil {
			t.Fatal(err)
		}
		if err := seen(b, 0, 6, head2); err == nil {
			t.Error("two replicas remember two first heads")
		}
		if err := seen(b, 5, 9, head2); err != nil {
			t.Fatal(err)
		}
		if err := seen(a, 5, 8, head); !errs.Is(err, errs.Stale) {
			t.Errorf("an older head after a newer one: %v", err)
		}
		if got, ok, err := a.SeenHead(t.Context(), "35"); !ok || err != nil || got.Hash() != head2.Hash() {
			t.Errorf("seen %v %v", ok, err)
		}
		for range 2 {
			if err := a.KeepFork(t.Context(), "35", 5, witness.Fork{At: at, Seen: head, Shown: head2}); err != nil {
				t.Fatal(err)
			}
		}
		forks, err := b.Forks(t.Context())
		if err != nil || len(forks) != 1 || forks[0].Shown.Hash() != head2.Hash() || !forks[0].At.Equal(at) {
			t.Errorf("forks %+v, %v", forks, err)
		}
	})
}

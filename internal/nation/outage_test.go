package nation

import (
	"net/http"
	"testing"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

func TestAProvinceGoesDownAndComesBack(t *testing.T) {
	n := start(t, Config{Only: []office.NodeID{"23", "63"}})
	key := n.Nodes["63"].Kit.Signer.KeyID()
	if err := n.Up(t.Context(), "63"); !errs.Is(err, errs.NotAllowedNow) {
		t.Errorf("up while it runs: %v", err)
	}
	if err := n.Down("63"); err != nil {
		t.Fatal(err)
	}
	if err := n.Down("63"); !errs.Is(err, errs.Missing) {
		t.Errorf("down twice: %v", err)
	}
	if err := n.Up(t.Context(), "44"); !errs.Is(err, errs.Missing) {
		t.Errorf("up of a stranger: %v", err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.Site("63")+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := n.Client().Do(r); err == nil {
		_ = resp.Body.Close()
		t.Errorf("its pages answer %d while it is down", resp.StatusCode)
	}
	if status, _ := get(t, n, n.Site("23")+"/"); status != http.StatusOK {
		t.Errorf("the other province answers %d", status)
	}
	if err := n.Up(t.Context(), "63"); err != nil {
		t.Fatal(err)
	}
	if status, _ := get(t, n, n.Site("63")+"/"); status != http.StatusOK || n.Nodes["63"].Kit.Signer.KeyID() != key {
		t.Errorf("after it came back: %d, key %s, had %s", status, n.Nodes["63"].Kit.Signer.KeyID(), key)
	}
}

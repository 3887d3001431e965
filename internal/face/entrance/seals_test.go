package entrance

import (
	"slices"
	"testing"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// A signature that was checked once is not checked again; one that was tampered with, or whose signer is no longer trusted, is
// refused all the same.
func TestSealsRememberOnlyWhatIsGenuine(t *testing.T) {
	key, err := gm.MemoryKeys().SignKey("63")
	if err != nil {
		t.Fatal(err)
	}
	signer := proof.NewSigner(key)
	signed, err := proof.SignJSON(signer, casefile.TypFact, casefile.Fact{Case: "c", By: "63"})
	if err != nil {
		t.Fatal(err)
	}
	trust := &office.TrustList{Version: 1, Nodes: []office.Node{{ID: "63", Sign: key.Public()}}}
	var m seals
	for range 2 {
		f, node, err := m.open(trust, signed)
		if err != nil || node.ID != "63" || f.Case != "c" {
			t.Fatalf("%+v by %s: %v", f, node.ID, err)
		}
	}
	for name, change := range map[string]func(*proof.Signed){
		"body":      func(s *proof.Signed) { s.Body = []byte(`{"case":"d"}`) },
		"signature": func(s *proof.Signed) { s.Sig = slices.Clone(s.Sig); s.Sig[5] ^= 1 },
		"type":      func(s *proof.Signed) { s.Typ = "receipt" },
		"suite":     func(s *proof.Signed) { s.Suite += "x" },
	} {
		bad := signed
		change(&bad)
		if f, _, err := m.open(trust, bad); err == nil {
			t.Errorf("%s changed: passes as %+v", name, f)
		}
	}
	if _, _, err := m.open(&office.TrustList{Version: 2}, signed); !errs.Is(err, errs.UnknownKey) {
		t.Errorf("by a signer that nobody trusts any more: %v", err)
	}
}

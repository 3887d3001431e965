package federate

import (
	"slices"
	"testing"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

func signer(t *testing.T) *proof.Signer {
	t.Helper()
	k, err := gm.MemoryKeys().SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	return proof.NewSigner(k)
}

func box(t *testing.T) []byte {
	t.Helper()
	k, err := gm.MemoryKeys().DecryptKey("encrypt")
	if err != nil {
		t.Fatal(err)
	}
	return k.Public()
}

// Members sign by themselves a list that adds, and no list that lets anybody else speak, read or connect as a member: not
// even with an "old" key, because old keys still sign.
func TestMembersSignOnlyWhatAdds(t *testing.T) {
	operator, member := signer(t), signer(t)
	have := &office.TrustList{Version: 1, Issued: time.Now().UTC(), Nodes: []office.Node{
		{ID: "23", Sign: member.Public(), Encrypt: box(t), ES256: []byte("es"), NKey: "UA"},
	}}
	first, err := office.SignTrust(operator, have)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.CoSign(member); err != nil {
		t.Fatal(err)
	}
	trust, err := NewTrust(operator.Public(), &first)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(l *office.TrustList)
		want   errs.Code
	}{
		{"a new member", func(l *office.TrustList) {
			l.Nodes = append(l.Nodes, office.Node{ID: "63", Sign: signer(t).Public(), Encrypt: box(t)})
		}, 0},
		{"a key", func(l *office.TrustList) { l.Nodes[0].Sign = signer(t).Public() }, errs.BadTrustList},
		{"a box", func(l *office.TrustList) { l.Nodes[0].Encrypt = box(t) }, errs.BadTrustList},
		{"an old key that never was", func(l *office.TrustList) { l.Nodes[0].OldSign = [][]byte{signer(t).Public()} }, errs.BadTrustList},
		{"a browser key", func(l *office.TrustList) { l.Nodes[0].ES256 = []byte("other") }, errs.BadTrustList},
		{"a channel key", func(l *office.TrustList) { l.Nodes[0].NKey = "UB" }, errs.BadTrustList},
		{"a member gone", func(l *office.TrustList) {
			l.Nodes[0] = office.Node{ID: "63", Sign: signer(t).Public(), Encrypt: box(t)}
		}, errs.BadTrustList},
		{"a list of the day after tomorrow", func(l *office.TrustList) { l.Version = 3 }, errs.TrustOutdated},
	} {
		next := &office.TrustList{Version: 2, Issued: have.Issued, Nodes: slices.Clone(have.Nodes)}
		tt.change(next)
		proposal, err := office.SignTrust(operator, next)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := trust.CoSign(proposal, member); tt.want == 0 && err != nil || tt.want != 0 && !errs.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	forged, err := office.SignTrust(signer(t), have)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trust.CoSign(forged, member); err == nil {
		t.Error("a list of another operator was signed")
	}
}

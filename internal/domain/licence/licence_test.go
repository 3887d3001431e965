package licence

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tongban/catalogue"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// foreign is an office of Hunan.
const foreign = "11430000006122244L"

const issuerCode = "11630100MB9902043M"

// licence is a business licence that node 63 could issue.
func licence(t *testing.T, version int) Licence {
	t.Helper()
	types, err := LoadTypes(catalogue.FS)
	if err != nil {
		t.Fatal(err)
	}
	id, err := NewIdentifier(types[0].Code, issuerCode, "63010020261123001", version)
	if err != nil {
		t.Fatal(err)
	}
	return Licence{
		ID: id, TypeCode: types[0].Code, TypeName: types[0].Name, No: "91350100M000100Y43", Version: version,
		Holder: Holder{"西宁某某商贸有限公司", "91350100M000100Y43", "001"}, Issuer: Issuer{"西宁市行政审批服务局", issuerCode, "63"},
		Issued: "2026-11-23", From: "2026-11-23", Until: "2036-11-22",
		Fields: []Field{{"legal_rep", "法定代表人", "李梅"}}, CaseID: "019ab000-0000-7000-8000-000000000001",
	}
}

// federation is two nodes and the hub with their signers.
func federation(t *testing.T) (trust *office.TrustList, signers map[office.NodeID]*proof.Signer) {
	t.Helper()
	keys := gm.MemoryKeys()
	trust, signers = &office.TrustList{Version: 1, Issued: time.Unix(0, 0)}, map[office.NodeID]*proof.Signer{}
	for _, id := range []office.NodeID{"23", "63", office.Hub, "44"} {
		k, err := keys.SignKey(string(id))
		if err != nil {
			t.Fatal(err)
		}
		signers[id] = proof.NewSigner(k)
		if id != "44" { // a stranger
			trust.Nodes = append(trust.Nodes, office.Node{ID: id, Sign: k.Public()})
		}
	}
	return trust, signers
}

func TestIssueVerify(t *testing.T) {
	trust, signers := federation(t)
	want := licence(t, 1)
	s, err := Issue(signers["63"], want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Verify(s, trust)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	open := licence(t, 2)
	open.Until = ""
	if s, err = Issue(signers["63"], open); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(s, trust); err != nil {
		t.Error(err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	trust, signers := federation(t)
	for _, tt := range []struct {
		name   string
		by     office.NodeID
		typ    string
		change func(*Licence)
		want   errs.Code
	}{
		{"another node signs", "23", Typ, func(*Licence) {}, errs.LicenceMismatch},
		{"the hub signs for itself", office.Hub, Typ, func(l *Licence) { l.Issuer.Node = office.Hub }, errs.LicenceMismatch},
		{"a stranger signs", "44", Typ, func(*Licence) {}, errs.UnknownKey},
		{"another type", "63", "fact", func(*Licence) {}, errs.WrongType},
		{"no identifier", "63", Typ, func(l *Licence) { l.ID = "" }, errs.BadIdentifier},
		{"check character", "63", Typ, func(l *Licence) { l.ID = l.ID[:len(l.ID)-1] + "?" }, errs.BadIdentifier},
		{"another issuer", "63", Typ, func(l *Licence) { l.Issuer.Code = "11330105002500287C" }, errs.LicenceMismatch},
		{"an office of another province", "63", Typ, func(l *Licence) {
			id, err := NewIdentifier(l.TypeCode, foreign, "63010020261123001", 1)
			if err != nil {
				t.Fatal(err)
			}
			l.ID, l.Issuer.Code = id, foreign
		}, errs.LicenceMismatch},
		{"another licence type", "63", Typ, func(l *Licence) { l.TypeCode = "11100000000013338W011" }, errs.LicenceMismatch},
		{"another version", "63", Typ, func(l *Licence) { l.Version = 2 }, errs.LicenceMismatch},
		{"no number", "63", Typ, func(l *Licence) { l.No = "" }, errs.LicenceMismatch},
		{"no holder", "63", Typ, func(l *Licence) { l.Holder.Code = "" }, errs.LicenceMismatch},
		{"no date of issue", "63", Typ, func(l *Licence) { l.Issued = "" }, errs.LicenceMismatch},
		{"no such day", "63", Typ, func(l *Licence) { l.From = "2026-02-30" }, errs.LicenceMismatch},
		{"ends before it begins", "63", Typ, func(l *Licence) { l.Until = "2026-11-22" }, errs.LicenceMismatch},
	} {
		l := licence(t, 1)
		tt.change(&l)
		s, err := proof.SignJSON(signers[tt.by], tt.typ, l)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(s, trust); !errs.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if _, err := Issue(signers[tt.by], l); tt.by == "63" && tt.typ == Typ && !errs.Is(err, tt.want) {
			t.Errorf("%s, issuing: %v", tt.name, err)
		}
	}
}

// TestTamper changes every byte of a signed licence.
func TestTamper(t *testing.T) {
	trust, signers := federation(t)
	s, err := Issue(signers["63"], licence(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Body {
		bad := s
		bad.Body = bytes.Clone(s.Body)
		bad.Body[i] ^= 1
		if _, err := Verify(bad, trust); !errs.Is(err, errs.BadSignature) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
	if s, err = signers["63"].Sign(Typ, []byte("[]")); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(s, trust); !errs.Is(err, errs.UnreadableBody) {
		t.Errorf("not a licence: %v", err)
	}
}

func TestIssueRefusesLegacy(t *testing.T) {
	_, signers := federation(t)
	l := licence(t, 1)
	id, err := ParseIdentifier(legacy)
	if err != nil {
		t.Fatal(err)
	}
	l.ID, l.TypeCode, l.Issuer.Code, l.Issuer.Node = legacy, id.TypeCode, id.Issuer, "37"
	if _, err := Issue(signers["63"], l); !errs.Is(err, errs.BadIdentifier) {
		t.Error(err)
	}
}

func TestValidOn(t *testing.T) {
	l := licence(t, 1)
	for day, want := range map[string]errs.Code{
		"2026-11-22": errs.LicenceNotInForce, "2026-11-23": 0, "2036-11-22": 0, "2036-11-23": errs.LicenceNotInForce, "": errs.BadRequest, "23.11.2026": errs.BadRequest,
	} {
		if err := l.ValidOn(day); (want == 0) != (err == nil) || (err != nil && !errs.Is(err, want)) {
			t.Errorf("%s: %v", day, err)
		}
	}
	if l.Until = ""; l.ValidOn("2999-12-31") != nil {
		t.Error("a licence without end ended")
	}
}

func TestFile(t *testing.T) {
	_, signers := federation(t)
	s, err := Issue(signers["63"], licence(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	f, err := NewFile(s)
	if err != nil {
		t.Fatal(err)
	}
	b, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(f, back); d != "" {
		t.Error(d)
	}
	if s, err = signers["63"].Sign("envelope", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := NewFile(s); !errs.Is(err, errs.WrongType) {
		t.Errorf("an envelope as a file: %v", err)
	}
	f.Kind = FileReceipt
	crossed, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(crossed); !errs.Is(err, errs.WrongType) {
		t.Errorf("a licence as a receipt: %v", err)
	}
	for name, text := range map[string]string{"nothing": "", "cut": string(b[:40]), "two": string(b) + "{}", "extra": `{"kind":"fact","signed":{},"x":1}`} {
		if _, err := ReadFile([]byte(text)); !errs.Is(err, errs.UnreadableBody) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzReadFile(f *testing.F) {
	f.Add([]byte(`{"kind":"fact","signed":{"suite":"SM","typ":"fact","key":"","body":"e30=","sig":""}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ReadFile(b)
		if err == nil && got.Kind != got.Signed.Typ {
			t.Fatalf("kind %q, type %q", got.Kind, got.Signed.Typ)
		} else if err != nil && !errs.Is(err, errs.UnreadableBody) && !errs.Is(err, errs.WrongType) {
			t.Fatal(err)
		}
	})
}

func TestTypes(t *testing.T) {
	types, err := LoadTypes(catalogue.FS)
	if err != nil || len(types) == 0 || types[0].Name != "营业执照" || !strings.HasPrefix(types[0].Provenance, "memory") {
		t.Errorf("%+v %v", types, err)
	}
	const head, row = "code\tname\tname_en\tauthority\tprovenance\n", "11100000000013338W011\ta\tb\tc\td\n"
	for name, text := range map[string]string{
		"columns": row, "twice": head + row + row, "empty cell": head + "11100000000013338W011\t\tb\tc\td\n", "check": head + strings.Replace(row, "8W", "9W", 1), "short": head + "1\ta\tb\tc\td\n",
	} {
		if _, err := LoadTypes(fstest.MapFS{TypesFile: {Data: []byte(text)}}); !errs.Is(err, errs.BadCatalogue) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := LoadTypes(fstest.MapFS{}); !errs.Is(err, errs.BadCatalogue) {
		t.Error("no file passes")
	}
}

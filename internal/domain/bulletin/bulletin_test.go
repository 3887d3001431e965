package bulletin

import (
	"testing"
	"time"

	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

var at = time.Date(2026, 12, 5, 1, 0, 0, 0, time.UTC)

// press is a hub and two provinces that stated October.
type press struct {
	t     *testing.T
	keys  map[office.NodeID]*proof.Signer
	trust *office.TrustList
	said  map[office.NodeID]proof.Signed
}

func newPress(t *testing.T) press {
	t.Helper()
	p := press{t: t, keys: map[office.NodeID]*proof.Signer{}, trust: &office.TrustList{Version: 1}, said: map[office.NodeID]proof.Signed{}}
	for _, id := range []office.NodeID{office.Hub, "23", "63"} {
		key, err := gm.MemoryKeys().SignKey("sign")
		if err != nil {
			t.Fatal(err)
		}
		p.keys[id] = proof.NewSigner(key)
		p.trust.Nodes = append(p.trust.Nodes, office.Node{ID: id, Sign: key.Public()})
	}
	p.said["23"], p.said["63"] = p.state("23", figure.Default().Digest, 7), p.state("63", figure.Default().Digest, 12)
	return p
}

func (p press) sign(id office.NodeID, typ string, v any) proof.Signed {
	p.t.Helper()
	s, err := proof.SignJSON(p.keys[id], typ, v)
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func (p press) state(id office.NodeID, digest string, n int64) proof.Signed {
	p.t.Helper()
	sum := figure.Sum{}
	sum.Add([]figure.Tally{{Figure: "lodged", Month: 202610, Item: "2020-030", With: "11"}, {Figure: "days", Month: 202610, Item: "2020-030", With: "11", Class: 3}}, n)
	return p.sign(id, figure.TypStatement, figure.Statement{Node: id, Month: 202610, Digest: digest, At: at, Lines: figure.LinesOf(sum.Cells())})
}

func (p press) issue(by office.NodeID, members []office.NodeID) (Issued, Bulletin) {
	p.t.Helper()
	b, err := Make(by, 202610, figure.Default(), members, p.said, at)
	if err != nil {
		p.t.Fatal(err)
	}
	x := Issued{Bulletin: p.sign(by, Typ, b)}
	for _, part := range b.Parts {
		x.Statements = append(x.Statements, p.said[part.Node])
	}
	return x, b
}

func TestAnIssueFollowsFromItsStatements(t *testing.T) {
	p := newPress(t)
	x, _ := p.issue(office.Hub, []office.NodeID{"63", "31", "23"})
	b, err := x.Check(p.trust)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Parts) != 2 || b.Parts[0].Of("lodged").N() != 7 || b.Parts[1].Of("days")[3] != 12 || b.Parts[0].Of("whole").N() != 0 {
		t.Errorf("parts %+v", b.Parts)
	}
	if len(b.Silent) != 1 || b.Silent[0] != "31" || len(b.Terms) != len(figure.Default().Figures) || b.Digest != figure.Default().Digest {
		t.Errorf("silent %v, %d terms", b.Silent, len(b.Terms))
	}
	file, err := proof.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	if y, ok := ReadIssued(file); !ok || y.Bulletin.Hash() != x.Bulletin.Hash() {
		t.Error("the downloaded file is not read")
	}
	if _, ok := ReadIssued([]byte(`{"kind":"licence"}`)); ok {
		t.Error("another file is taken for a bulletin")
	}
	p.said["63"] = p.state("63", "another", 12) // by other definitions: not compared
	if _, b := p.issue(office.Hub, []office.NodeID{"23", "63"}); len(b.Parts) != 1 || len(b.Silent) != 1 || b.Silent[0] != "63" {
		t.Errorf("other definitions: %+v", b.Silent)
	}
}

// Whoever changes a number, a statement or a name is found out by anybody who has the file.
func TestForgeriesAreRefused(t *testing.T) {
	members := []office.NodeID{"23", "63"}
	for name, tt := range map[string]struct {
		do   func(p press, x *Issued, b Bulletin)
		want errs.Code
	}{
		"a number": {func(p press, x *Issued, b Bulletin) {
			b.Parts[0].Totals[0].Counts = [][2]int64{{0, 70}}
			x.Bulletin = p.sign(office.Hub, Typ, b)
		}, errs.BadBulletin},
		"a figure left out": {func(p press, x *Issued, b Bulletin) {
			b.Parts[0].Totals = b.Parts[0].Totals[1:]
			x.Bulletin = p.sign(office.Hub, Typ, b)
		}, errs.BadBulletin},
		"another statement": {func(p press, x *Issued, _ Bulletin) { x.Statements[0] = p.state("23", figure.Default().Digest, 8) }, errs.BadBulletin},
		"a place's numbers by another": {func(p press, x *Issued, _ Bulletin) {
			var st figure.Statement
			if err := x.Statements[0].Into(&st); err != nil {
				p.t.Fatal(err)
			}
			x.Statements[0] = p.sign("63", figure.TypStatement, st)
		}, errs.BadBulletin},
		"in the hub's name": {func(p press, x *Issued, b Bulletin) { x.Bulletin = p.sign("23", Typ, b) }, errs.BadBulletin},
		"a province about another": {func(p press, x *Issued, b Bulletin) {
			b.Issuer = "23"
			x.Bulletin = p.sign("23", Typ, b)
		}, errs.BadBulletin},
		"a statement missing": {func(_ press, x *Issued, _ Bulletin) { x.Statements = x.Statements[:1] }, errs.BadBulletin},
		"the body": {func(_ press, x *Issued, _ Bulletin) {
			x.Bulletin.Body = append([]byte(nil), append(x.Bulletin.Body, ' ')...)
		}, errs.BadSignature},
		"an unknown key": {func(p press, _ *Issued, _ Bulletin) { p.trust.Nodes = p.trust.Nodes[1:] }, errs.UnknownKey},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPress(t)
			x, b := p.issue(office.Hub, members)
			tt.do(p, &x, b)
			if _, err := x.Check(p.trust); !errs.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

func TestDue(t *testing.T) {
	for on, want := range map[string]int{"2026-12-04": 202610, "2026-12-05": 202611, "2027-01-31": 202612, "2027-01-01": 202611, "2026-03-31": 202602} {
		d, err := workday.ParseDate(on)
		if err != nil {
			t.Fatal(err)
		}
		if got := Due(d); got != want {
			t.Errorf("%s: %d, want %d", on, got, want)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(`{"bulletin":{"typ":"bulletin","body":{}},"statements":[{"typ":"figures"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, ok := ReadIssued(b); ok {
			if _, err := x.Check(&office.TrustList{}); err == nil {
				t.Error("nobody signed it")
			}
		}
	})
}

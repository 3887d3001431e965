package hub

import (
	"testing"
	"time"

	"tongban/internal/domain/bulletin"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	"tongban/internal/handling/count"
	"tongban/internal/handling/federate"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// What a province stated stands in the folder: the hub shows it after a restart although the province is silent.
func TestStatementsOutliveTheHub(t *testing.T) {
	key, err := gm.MemoryKeys().SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 25, 1, 0, 0, 0, time.UTC)
	trust := &office.TrustList{Version: 1, Nodes: []office.Node{{ID: "23", Sign: key.Public()}}}
	open := func(dir string) *count.Collector {
		c := &count.Collector{Trust: func() *office.TrustList { return trust }, Now: func() time.Time { return now }, Book: figure.Default(), Shelf: figureShelf(dir)}
		if err := c.Open(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	dir := t.TempDir()
	sum := figure.Sum{}
	sum.Add([]figure.Tally{{Figure: "lodged", Month: 202611, Item: "2020-030", With: "63"}}, 7)
	for n, month := range []int{202610, 202611, 202611} {
		signed, err := proof.SignJSON(proof.NewSigner(key), figure.TypStatement, figure.Statement{
			Node: "23", Month: month, At: now.Add(time.Duration(n) * time.Minute), Lines: figure.LinesOf(sum.Cells()),
		})
		if err != nil {
			t.Fatal(err)
		}
		body, err := proof.Marshal(signed)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := open(dir).Receive(t.Context(), "23", body); err != nil {
			t.Fatal(err)
		}
	}
	c := open(dir)
	by, err := c.FigureBy(t.Context(), "23", figure.ByPlace, "lodged", 202610, 202611)
	if err != nil || by["63"].N() != 14 || !c.Spoke()["23"].Equal(now.Add(2*time.Minute)) {
		t.Errorf("%v %v %v", by, c.Spoke(), err)
	}
	trust = &office.TrustList{Version: 2} // it left: what it said no longer counts
	if by, err := open(dir).FigureBy(t.Context(), "23", figure.ByPlace, "lodged", 202610, 202611); err != nil || len(by) != 0 {
		t.Errorf("of a node that left: %v %v", by, err)
	}
}

// An issue stands in the folder over a restart, and a month has one.
func TestABulletinStays(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 12, 6, 1, 0, 0, 0, time.UTC)
	issue := bulletin.Issued{Bulletin: proof.Signed{Typ: bulletin.Typ, Key: "k", Body: []byte("{}")}}
	for _, month := range []int{202609, 202610} {
		if err := bulletinShelf(dir).KeepBulletin(t.Context(), month, now, issue); err != nil {
			t.Fatal(err)
		}
	}
	if err := bulletinShelf(dir).KeepBulletin(t.Context(), 202609, now, bulletin.Issued{}); !errs.Is(err, errs.Stale) {
		t.Errorf("twice: %v", err)
	}
	if x, err := bulletinShelf(dir).Bulletin(t.Context(), 202609); err != nil || x.Bulletin.Key != "k" {
		t.Errorf("%v: %+v", err, x)
	}
	if _, err := bulletinShelf(dir).Bulletin(t.Context(), 202611); !errs.Is(err, errs.Missing) {
		t.Errorf("what is not there: %v", err)
	}
	if months, err := bulletinShelf(dir).BulletinMonths(t.Context()); err != nil || len(months) != 2 || months[0] != 202610 {
		t.Errorf("%v %v", months, err)
	}
}

// The hub issues of all what its members stated, and names who was silent.
func TestTheHubIssues(t *testing.T) {
	keys := map[office.NodeID]*proof.Signer{}
	list := &office.TrustList{Version: 1, Issued: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	for _, id := range []office.NodeID{office.Hub, "23", "63"} {
		ring := gm.MemoryKeys()
		sign, err := ring.SignKey("sign")
		if err != nil {
			t.Fatal(err)
		}
		encrypt, err := ring.DecryptKey("encrypt")
		if err != nil {
			t.Fatal(err)
		}
		keys[id] = proof.NewSigner(sign)
		list.Nodes = append(list.Nodes, office.Node{ID: id, Sign: sign.Public(), Encrypt: encrypt.Public()})
	}
	signed, err := office.SignTrust(keys[office.Hub], list)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []office.NodeID{"23", "63"} {
		if err := signed.CoSign(keys[id]); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Date(2026, 12, 6, 1, 0, 0, 0, time.UTC)
	h := &Hub{cfg: Config{Dir: t.TempDir(), Now: func() time.Time { return now }}, operator: keys[office.Hub]}
	if h.Trust, err = federate.NewTrust(keys[office.Hub].Public(), &signed); err != nil {
		t.Fatal(err)
	}
	if err := h.openFigures(); err != nil {
		t.Fatal(err)
	}
	sum := figure.Sum{}
	sum.Add([]figure.Tally{{Figure: "lodged", Month: 202611, Item: "2020-030", With: "63"}}, 7)
	said, err := proof.SignJSON(keys["23"], figure.TypStatement, figure.Statement{
		Node: "23", Month: 202611, Digest: figure.Default().Digest, At: now, Lines: figure.LinesOf(sum.Cells()),
	})
	if err != nil {
		t.Fatal(err)
	}
	body, err := proof.Marshal(said)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Figures.Receive(t.Context(), "23", body); err != nil {
		t.Fatal(err)
	}
	if n, err := h.Bulletins.Round(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d issued, %v", n, err)
	}
	x, err := h.issued.Bulletin(t.Context(), 202611)
	if err != nil {
		t.Fatal(err)
	}
	b, err := x.Check(list)
	if err != nil || b.Issuer != office.Hub || len(b.Parts) != 1 || b.Parts[0].Of("lodged").N() != 7 || len(b.Silent) != 1 || b.Silent[0] != "63" {
		t.Errorf("%v: %+v silent %v", err, b.Parts, b.Silent)
	}
}

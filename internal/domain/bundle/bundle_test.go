package bundle

import (
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

func signer(t testing.TB) *proof.Signer {
	t.Helper()
	k, err := gm.MemoryKeys().SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	return proof.NewSigner(k)
}

// world is an operator and two provinces that trust each other's keys.
type world struct {
	operator, qinghai, north *proof.Signer
	trust                    *office.TrustList
}

func newWorld(t testing.TB) world {
	t.Helper()
	w := world{operator: signer(t), qinghai: signer(t), north: signer(t)}
	w.trust = &office.TrustList{Version: 1, Nodes: []office.Node{{ID: "63", Sign: w.qinghai.Public()}, {ID: "23", Sign: w.north.Public()}}}
	return w
}

var published = time.Date(2026, 12, 1, 2, 0, 0, 0, time.UTC)

const text = `from = "2027-01-01"
source = "示例"

[contact]
office = "西宁市行政审批服务局"
phone = "0971-12345"
`

func content() Content {
	return Content{
		Kind: Overlay, Place: region.Must("630100"), Item: "2020-030", From: workday.NewDate(2027, 1, 1), Text: text, Author: "a",
		Trials: []item.Trial{{Name: "异地办", Here: region.Must("230183"), There: region.Must("630100"), On: workday.NewDate(2027, 1, 1), Mode: item.Online}},
	}
}

func approve(t testing.TB, by *proof.Signer, c Content, officers ...string) []proof.Signed {
	t.Helper()
	d := Draft{Content: c, State: Drafting}
	for _, o := range officers {
		hash, err := c.Hash()
		if err != nil {
			t.Fatal(err)
		}
		s, err := proof.SignJSON(by, TypApproval, Approval{Content: hash, Publisher: "63", Officer: o, At: published})
		if err != nil {
			t.Fatal(err)
		}
		d.Approvals = append(d.Approvals, s)
	}
	return d.Approvals
}

// What does not hold by itself is refused, each with its own code.
func TestOpen(t *testing.T) {
	w := newWorld(t)
	type made struct {
		by        *proof.Signer
		publisher office.NodeID
		content   Content
		approvals []proof.Signed
		at        time.Time
		spoil     func(*proof.Signed)
	}
	for _, tt := range []struct {
		name string
		do   func(m *made)
		want errs.Code
	}{
		{"as it should be", func(*made) {}, 0},
		{"the author first, then a colleague", func(m *made) {
			m.approvals = approve(t, w.qinghai, m.content, "a", "b")
		}, 0},
		{"by a stranger", func(m *made) { m.by = signer(t) }, errs.UnknownKey},
		{"for an equal", func(m *made) { m.publisher = "23" }, errs.RulesNotTheirs},
		{"for a place of an equal", func(m *made) { m.content.Place = region.Must("230100") }, errs.RulesNotTheirs},
		{"a national layer by a province", func(m *made) {
			m.content = Content{Kind: National, Name: strings.Repeat("a", 64), From: m.content.From}
		}, errs.RulesNotTheirs},
		{"an overlay by the operator", func(m *made) { m.by, m.publisher = w.operator, office.Hub }, errs.RulesNotTheirs},
		{"changed on the way", func(m *made) {
			m.spoil = func(s *proof.Signed) { s.Body = []byte(strings.Replace(string(s.Body), "0971-12345", "0971-99999", 1)) }
		}, errs.BadSignature},
		{"another type", func(m *made) { m.spoil = func(s *proof.Signed) { s.Typ = TypApproval } }, errs.WrongType},
		{"too large", func(m *made) { m.spoil = func(s *proof.Signed) { s.Body = make([]byte, Max+1) } }, errs.RulesTooLarge},
		{"nobody approved", func(m *made) { m.approvals = nil }, errs.RulesUnapproved},
		{"one approved", func(m *made) { m.approvals = m.approvals[:1] }, errs.RulesUnapproved},
		{"one approved twice", func(m *made) { m.approvals = approve(t, w.qinghai, m.content, "b", "b") }, errs.RulesUnapproved},
		{"the author is the second", func(m *made) { m.approvals = approve(t, w.qinghai, m.content, "b", "a") }, errs.RulesUnapproved},
		{"approved in another province", func(m *made) { m.approvals = approve(t, w.north, m.content, "b", "c") }, errs.RulesUnapproved},
		{"approved something else", func(m *made) { m.content.Text += "\n" }, errs.RulesUnapproved},
		{"approved by far too many", func(m *made) {
			m.approvals = approve(t, w.qinghai, m.content, "b", "c", "d", "e", "f")
		}, errs.RulesUnapproved},
		{"back in time", func(m *made) { m.at = published.AddDate(0, 2, 0) }, errs.RulesBackdated},
		{"no text", func(m *made) { m.content.Text = "" }, errs.RulesUnreadable},
		{"no such kind", func(m *made) { m.content.Kind = "decree" }, errs.RulesUnreadable},
		{"no item", func(m *made) { m.content.Item = "" }, errs.RulesUnreadable},
	} {
		c := content()
		m := made{by: w.qinghai, publisher: "63", content: c, approvals: approve(t, w.qinghai, c, "b", "c"), at: published}
		tt.do(&m)
		s, err := Sign(m.by, m.publisher, Link{}, m.content, m.approvals, m.at)
		if err != nil {
			t.Fatal(err)
		}
		if m.spoil != nil {
			m.spoil(&s)
		}
		_, err = Open(s, w.trust, w.operator.Public())
		if (tt.want == 0) != (err == nil) || (tt.want != 0 && !errs.Is(err, tt.want)) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestOperatorPublishesTheNationalLayer(t *testing.T) {
	w := newWorld(t)
	s, err := Sign(w.operator, office.Hub, Link{}, Content{Kind: National, Name: strings.Repeat("a", 64), From: workday.NewDate(2026, 12, 1)}, nil, published)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(s, w.trust, w.operator.Public()); err != nil {
		t.Error(err)
	}
	if _, err := Open(s, w.trust, w.qinghai.Public()); !errs.Is(err, errs.UnknownKey) {
		t.Errorf("another operator's: %v", err)
	}
}

func TestChain(t *testing.T) {
	one, two, other := proof.Hash{1}, proof.Hash{2}, proof.Hash{9}
	at := Link{Seq: 1, Hash: one}
	for _, tt := range []struct {
		name        string
		b           Bundle
		hash, known proof.Hash
		want        errs.Code
	}{
		{"the next", Bundle{Seq: 2, Previous: one}, two, proof.Hash{}, 0},
		{"again", Bundle{Seq: 1}, one, one, errs.RulesOld},
		{"two of one number", Bundle{Seq: 1}, other, one, errs.RulesTwice},
		{"one is missing", Bundle{Seq: 3, Previous: two}, other, proof.Hash{}, errs.RulesGap},
		{"after another one", Bundle{Seq: 2, Previous: other}, two, proof.Hash{}, errs.RulesChainBroken},
	} {
		if err := at.Next(tt.b, tt.hash, tt.known); (tt.want == 0) != (err == nil) || (tt.want != 0 && !errs.Is(err, tt.want)) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestDraftsApprovalsEndWithAChange(t *testing.T) {
	w := newWorld(t)
	d := Draft{ID: "d", Content: content(), State: Drafting}
	var err error
	if d, err = d.Approve(w.qinghai, "63", "b", "o", published); err != nil || d.Ready() {
		t.Fatalf("%v, ready %v", err, d.Ready())
	}
	if _, err := d.Approve(w.qinghai, "63", "b", "o", published); !errs.Is(err, errs.RulesSecondPerson) {
		t.Errorf("the same again: %v", err)
	}
	if _, err := d.Approve(w.qinghai, "63", "a", "o", published); !errs.Is(err, errs.RulesSecondPerson) {
		t.Errorf("the author second: %v", err)
	}
	if d, err = d.Approve(w.qinghai, "63", "c", "o", published); err != nil || !d.Ready() {
		t.Fatalf("%v, ready %v", err, d.Ready())
	}
	c := content()
	c.Item, c.Author, c.Demo = "2020-031", "somebody else", true
	if d, err = d.Change(c, published); err != nil || d.Ready() || len(d.Approvals) != 0 || d.Content.Author != "a" || d.Content.Demo {
		t.Errorf("%v %+v", err, d)
	}
	d.State = Issued
	if _, err := d.Change(c, published); !errs.Is(err, errs.RulesDraftClosed) {
		t.Errorf("a published draft: %v", err)
	}
}

func TestJudge(t *testing.T) {
	cat := item.Default()
	good := Bundle{Publisher: "63", Content: content()}
	if err := good.Judge(cat); err != nil {
		t.Error(err)
	}
	for name, f := range map[string]func(c *Content){
		"unreadable":  func(c *Content) { c.Text = "from = " },
		"an odd key":  func(c *Content) { c.Text += "\nwinks = 3\n" },
		"another day": func(c *Content) { c.From = c.From.AddDays(1) },
		"no source":   func(c *Content) { c.Text = strings.Replace(c.Text, "source = \"示例\"", "", 1) },
		"asks for more": func(c *Content) {
			c.Text += "\n[[materials]]\nkey = \"x\"\nname = \"某证明\"\nname_en = \"x\"\nsources = [\"upload\"]\nform = \"copy\"\n"
		},
		"no such item": func(c *Content) { c.Item = "2020-999" },
	} {
		b := good
		f(&b.Content)
		if err := b.Judge(cat); !errs.Is(err, errs.RulesBreakNational) {
			t.Errorf("%s: %v", name, err)
		}
	}
	pair, _ := cat.AgreementText("agreements/demo-heilongjiang-qinghai")
	for who, want := range map[office.NodeID]errs.Code{"63": 0, "23": 0, "11": errs.RulesNotTheirs} {
		b := Bundle{Publisher: who, Content: Content{Kind: Agreement, Name: "agreements/demo-heilongjiang-qinghai", Text: pair}}
		if err := b.Judge(cat); (want == 0) != (err == nil) || (want != 0 && !errs.Is(err, want)) {
			t.Errorf("%s: %v", who, err)
		}
	}
}

// Whatever arrives is refused or holds; nothing breaks.
func FuzzOpen(f *testing.F) {
	w := newWorld(f)
	c := content()
	s, err := Sign(w.qinghai, "63", Link{}, c, approve(f, w.qinghai, c, "b", "c"), published)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.Body)
	f.Add([]byte(`{"publisher":"63","seq":1,"at":"2026-12-01T00:00:00Z","content":{"kind":"agreement","name":"x","from":"2026-12-01","text":"="}}`))
	f.Add([]byte(`{}`))
	cat := item.Default()
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := w.qinghai.Sign(Typ, body)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Open(s, w.trust, w.operator.Public())
		if err != nil {
			return
		}
		_ = b.Judge(cat) // the approvals of the seed are good for its content alone
		_ = Published([]Bundle{b})
	})
}

package publish

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/bundle"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// shelf is a store that keeps its promises in memory; replicas may share one.
type shelf struct {
	mu      sync.Mutex
	bundles map[office.NodeID][]unit.RuleBundle
	drafts  map[string]bundle.Draft
	log     []accesslog.Entry
}

func newShelf() *shelf {
	return &shelf{bundles: map[office.NodeID][]unit.RuleBundle{}, drafts: map[string]bundle.Draft{}}
}

func (s *shelf) Bundles(_ context.Context, who office.NodeID, after, limit int) ([]unit.RuleBundle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.bundles[who][min(after, len(s.bundles[who])):]
	return slices.Clone(list[:min(limit, len(list))]), nil
}

func (s *shelf) Publishers(context.Context) (map[office.NodeID]int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[office.NodeID]int{}
	for who, list := range s.bundles {
		out[who] = len(list)
	}
	return out, nil
}

func (s *shelf) RuleDraft(_ context.Context, id string) (bundle.Draft, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.drafts[id]
	if !ok {
		return d, errs.New(errs.Missing, "%s", id)
	}
	return d, nil
}

func (s *shelf) RuleDrafts(_ context.Context, state bundle.DraftState, _ int) ([]bundle.Draft, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []bundle.Draft
	for _, d := range s.drafts {
		if d.State == state {
			out = append(out, d)
		}
	}
	return out, nil
}

func (s *shelf) Commit(_ context.Context, u unit.Unit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.Drafted != nil && s.drafts[u.Drafted.Draft.ID].Row != u.Drafted.Draft.Row {
		return errs.New(errs.Stale, "draft")
	}
	for _, b := range u.Rules {
		if len(s.bundles[b.Publisher]) != b.Seq-1 {
			return errs.New(errs.Stale, "%s %d", b.Publisher, b.Seq)
		}
	}
	if u.Drafted != nil {
		d := u.Drafted.Draft
		d.Row++
		s.drafts[d.ID] = d
	}
	for _, b := range u.Rules {
		s.bundles[b.Publisher] = append(s.bundles[b.Publisher], b)
	}
	s.log = append(s.log, u.Log...)
	return nil
}

// land is an operator's hub and two provinces, and the day that it is.
type land struct {
	t     *testing.T
	day   workday.Date
	trust *office.TrustList
	keys  map[office.NodeID]*proof.Signer
	press map[office.NodeID]*Press
	shelf map[office.NodeID]*shelf
}

func newLand(t *testing.T) *land {
	t.Helper()
	l := &land{
		t: t, day: workday.NewDate(2026, 12, 1), trust: &office.TrustList{Version: 1}, keys: map[office.NodeID]*proof.Signer{},
		press: map[office.NodeID]*Press{}, shelf: map[office.NodeID]*shelf{},
	}
	for _, id := range []office.NodeID{office.Hub, "23", "63"} {
		k, err := gm.MemoryKeys().SignKey("sign")
		if err != nil {
			t.Fatal(err)
		}
		l.keys[id] = proof.NewSigner(k)
		if id.Member() {
			l.trust.Nodes = append(l.trust.Nodes, office.Node{ID: id, Sign: k.Public()})
		}
		l.shelf[id] = newShelf()
		l.press[id] = l.replica(id)
	}
	return l
}

// replica is one more process of a node, with the same store.
func (l *land) replica(id office.NodeID) *Press {
	l.t.Helper()
	regions, err := region.Default()
	if err != nil {
		l.t.Fatal(err)
	}
	return &Press{
		Kit: &unit.Kit{
			Me: id, Signer: l.keys[id], Now: func() time.Time { return l.day.Start().Add(10 * time.Hour) }, Regions: regions,
			Trust: func() *office.TrustList { return l.trust }, Catalogue: item.Default().Fork(),
		},
		Store: l.shelf[id], Drafts: l.shelf[id], Operator: l.keys[office.Hub].Public(),
	}
}

// ask is a channel that loses nothing.
func (l *land) ask(from office.NodeID) Ask {
	return func(ctx context.Context, to office.NodeID, body []byte) ([]byte, error) {
		return l.press[to].Receive(ctx, from, body)
	}
}

func (l *land) meet(a, b office.NodeID) {
	l.t.Helper()
	if err := l.press[a].Meet(l.t.Context(), b, l.ask(a)); err != nil {
		l.t.Fatal(err)
	}
}

func steward(id string) By {
	return By{ID: id, Office: "o", Roles: []office.Role{office.Steward}}
}

const rules = `from = "2027-01-01"
source = "示例"

[contact]
office = "西宁市行政审批服务局"
phone = "0971-10001"
`

func content(from string) bundle.Content {
	day, _ := workday.ParseDate(from)
	return bundle.Content{
		Kind: bundle.Overlay, Place: region.Must("630100"), Item: "2020-030", From: day, Text: strings.Replace(rules, "2027-01-01", from, 1),
		Trials: []item.Trial{{Name: "例", Here: region.Must("230183"), There: region.Must("630100"), On: day, Mode: item.Online}},
	}
}

// publish takes a content all the way, by two stewards.
func (l *land) publish(c bundle.Content) bundle.Bundle {
	l.t.Helper()
	p, ctx := l.press["63"], l.t.Context()
	d, err := p.Begin(ctx, steward("a"), c)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, who := range []string{"a", "b"} {
		if d, err = p.Approve(ctx, steward(who), d.ID, d.Row); err != nil {
			l.t.Fatal(err)
		}
	}
	b, err := p.Publish(ctx, steward("b"), d.ID, d.Row)
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

// phone is whom a guide of a node tells people to call about a business licence in 西宁.
func (l *land) phone(p *Press, on string) string {
	l.t.Helper()
	day, err := workday.ParseDate(on)
	if err != nil {
		l.t.Fatal(err)
	}
	g, err := p.Kit.Catalogue.Guide(item.Query{Item: "2020-030", Here: region.Must("230183"), There: region.Must("630100"), On: day}, nil, p.Kit.Regions)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, o := range g.Overlays {
		if o.Region == region.Must("630100") {
			return o.Contact.Phone
		}
	}
	return ""
}

// A rule travels by the hub to a province that was away, and holds there from its day on: in this process, in another
// replica, and after a restart.
func TestRulesTravelAndHold(t *testing.T) {
	l := newLand(t)
	twin := l.replica("23")
	l.publish(content("2027-01-01"))
	l.meet("63", office.Hub)
	second := content("2027-02-01")
	second.Text = strings.Replace(second.Text, "10001", "10002", 1)
	l.publish(second)
	l.meet("63", office.Hub)
	l.meet("23", office.Hub)
	if changed, err := twin.Reload(t.Context()); err != nil || !changed {
		t.Fatalf("the twin saw nothing: %v", err)
	}
	again := l.replica("23")
	if _, err := again.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*Press{"publisher": l.press["63"], "hub": l.press[office.Hub], "receiver": l.press["23"], "replica": twin, "restarted": again} {
		for on, want := range map[string]string{"2026-12-31": "0971-12345", "2027-01-31": "0971-10001", "2027-02-01": "0971-10002"} {
			if got := l.phone(p, on); got != want {
				t.Errorf("%s on %s: %s, want %s", name, on, got, want)
			}
		}
	}
	last := l.shelf["23"].log[len(l.shelf["23"].log)-1]
	if last.Kind != accesslog.Rule || last.What != "take 63/2" || last.Who != "hub" || last.Case != "" {
		t.Errorf("%+v", last)
	}
}

// Who may do what with a draft, and in which order.
func TestTwoStewards(t *testing.T) {
	l := newLand(t)
	p, ctx := l.press["63"], t.Context()
	if _, err := p.Begin(ctx, By{ID: "w", Roles: []office.Role{office.Window}}, content("2027-01-01")); !errs.Is(err, errs.NotYours) {
		t.Errorf("a window clerk drafts: %v", err)
	}
	theirs := content("2027-01-01")
	theirs.Place = region.Must("230100")
	if _, err := p.Begin(ctx, steward("a"), theirs); !errs.Is(err, errs.RulesNotTheirs) {
		t.Errorf("for an equal: %v", err)
	}
	d, err := p.Begin(ctx, steward("a"), content("2027-01-01"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Publish(ctx, steward("a"), d.ID, d.Row); !errs.Is(err, errs.RulesUnapproved) {
		t.Errorf("alone: %v", err)
	}
	d, err = p.Approve(ctx, steward("b"), d.ID, d.Row)
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"a", "b"} {
		if _, err := p.Approve(ctx, steward(who), d.ID, d.Row); !errs.Is(err, errs.RulesSecondPerson) {
			t.Errorf("%s second: %v", who, err)
		}
	}
	if _, err := p.Approve(ctx, steward("c"), d.ID, d.Row-1); !errs.Is(err, errs.Stale) {
		t.Errorf("a page that is out of date: %v", err)
	}
	if d, err = p.Save(ctx, steward("c"), d.ID, d.Row, content("2027-03-01")); err != nil || len(d.Approvals) != 0 {
		t.Errorf("a change keeps approvals: %v", err)
	}
	if _, err := p.Publish(ctx, steward("c"), d.ID, d.Row); !errs.Is(err, errs.RulesUnapproved) {
		t.Errorf("changed after approval: %v", err)
	}
	if d, err = p.Drop(ctx, steward("c"), d.ID, d.Row); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Approve(ctx, steward("b"), d.ID, d.Row); !errs.Is(err, errs.RulesDraftClosed) {
		t.Errorf("a dropped draft: %v", err)
	}
}

func TestNothingBadIsApproved(t *testing.T) {
	l := newLand(t)
	p := l.press["63"]
	for name, tt := range map[string]struct {
		spoil func(c *bundle.Content)
		want  errs.Code
	}{
		"yesterday":      {func(c *bundle.Content) { *c = content("2026-11-30") }, errs.RulesBackdated},
		"breaks lint":    {func(c *bundle.Content) { c.Text = strings.Replace(c.Text, `source = "示例"`, "", 1) }, errs.RulesBreakNational},
		"no example":     {func(c *bundle.Content) { c.Trials = nil }, errs.RulesNoTrial},
		"a wrong one":    {func(c *bundle.Content) { c.Trials[0].Mode = item.Joint }, errs.RulesTrialsFail},
		"as it ought to": {func(*bundle.Content) {}, 0},
	} {
		c := content("2027-01-01")
		tt.spoil(&c)
		if err := p.Against(c); (tt.want == 0) != (err == nil) || (tt.want != 0 && !errs.Is(err, tt.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Two bundles of one number: the first stands, the second is refused and logged once, however often it comes.
func TestEquivocation(t *testing.T) {
	l := newLand(t)
	b := l.publish(content("2027-01-01"))
	l.meet("63", "23")
	other := content("2027-01-01")
	other.Text = strings.Replace(other.Text, "10001", "10009", 1)
	other.Author = "a"
	var approvals []proof.Signed
	hash, err := other.Hash()
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"a", "b"} {
		s, err := proof.SignJSON(l.keys["63"], bundle.TypApproval, bundle.Approval{Content: hash, Publisher: "63", Officer: who, At: b.At})
		if err != nil {
			t.Fatal(err)
		}
		approvals = append(approvals, s)
	}
	two, err := bundle.Sign(l.keys["63"], "63", bundle.Link{}, other, approvals, b.At)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := l.press["23"].Take(t.Context(), "63", two); !errs.Is(err, errs.RulesTwice) {
			t.Fatal(err)
		}
	}
	refused := 0
	for _, e := range l.shelf["23"].log {
		if e.What == "refuse 63/1" && e.Reason == strconv.Itoa(int(errs.RulesTwice)) && e.Fact == two.Hash() {
			refused++
		}
	}
	if refused != 1 || l.phone(l.press["23"], "2027-01-01") != "0971-10001" {
		t.Errorf("%d entries, %s", refused, l.phone(l.press["23"], "2027-01-01"))
	}
	// What is repeated or comes before its turn is no fault of anybody.
	first, err := l.press["63"].Signed("63", 1)
	if err != nil {
		t.Fatal(err)
	}
	before := len(l.shelf["23"].log)
	if err := l.press["23"].Take(t.Context(), "63", first); !errs.Is(err, errs.RulesOld) || len(l.shelf["23"].log) != before {
		t.Errorf("again: %v", err)
	}
}

// A withdrawal is the next bundle; the national layer is the operator's, signed once for each catalogue.
func TestWithdrawalAndNationalLayer(t *testing.T) {
	l := newLand(t)
	l.publish(content("2027-01-01"))
	l.publish(bundle.Content{Kind: bundle.Withdrawal, Place: region.Must("630100"), Item: "2020-030", From: workday.NewDate(2027, 2, 1)})
	hub := l.press[office.Hub]
	for range 2 {
		if err := hub.Sign(t.Context(), strings.Repeat("a", 64)); err != nil {
			t.Fatal(err)
		}
	}
	l.meet("63", office.Hub)
	l.meet("23", office.Hub)
	if got := l.phone(l.press["23"], "2027-02-01"); got != "" {
		t.Errorf("withdrawn, and still %s", got)
	}
	if n, ok := l.press["23"].National(); !ok || n.Seq != 1 || n.Content.Name != strings.Repeat("a", 64) {
		t.Errorf("%+v", n)
	}
}

// Two replicas that publish at once give two numbers, and a member with rubbish to tell changes nothing.
func TestReplicasAndRubbish(t *testing.T) {
	l := newLand(t)
	twin := l.replica("63")
	l.publish(content("2027-01-01"))
	l.press["63"] = twin
	if b := l.publish(content("2027-02-01")); b.Seq != 2 {
		t.Errorf("the twin's is %d", b.Seq)
	}
	for name, body := range map[string][]byte{
		"no JSON": []byte("["), "too large": make([]byte, newsMax+1),
		"too many": must(t, News{Bundles: make([]proof.Signed, mostNews+1)}),
	} {
		if _, err := l.press["23"].Receive(t.Context(), "63", body); err == nil {
			t.Errorf("%s was answered", name)
		}
	}
	body := must(t, News{Have: map[office.NodeID]int{"63": -7, "nobody": 1 << 40}, Bundles: []proof.Signed{{}, {Typ: bundle.Typ, Body: []byte("{}")}}})
	raw, err := l.press["63"].Receive(t.Context(), "23", body)
	var n News
	if err != nil || proof.Unmarshal(raw, &n) != nil || len(n.Bundles) != 2 {
		t.Errorf("%v, %d bundles", err, len(n.Bundles))
	}
}

func must(t *testing.T, v any) []byte {
	t.Helper()
	b, err := proof.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

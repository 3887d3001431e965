package node_test

import (
	"bytes"
	"testing"
	"time"

	"tongban/internal/adapter/memchan"
	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/federate"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/nation"
	"tongban/internal/node"
)

// pair is 黑龙江 and 青海 on one in-memory channel.
func pair(t *testing.T) (here, there *node.Node) {
	t.Helper()
	return pairOn(t, func(dir string) sqlstore.Config { return sqlstore.Config{DSN: "sqlite:" + dir + "/node.db"} })
}

// pairOn is pair with each node's database where the test says; dir is the node's folder.
func pairOn(t *testing.T, database func(dir string) sqlstore.Config) (here, there *node.Node) {
	t.Helper()
	return pairWith(t, func(cfg *node.Config) { cfg.Store.Config = database(cfg.Dir) })
}

// pairWith is pair with nodes that the test changes before they open.
func pairWith(t *testing.T, change func(*node.Config)) (here, there *node.Node) {
	t.Helper()
	regions, err := region.Default()
	if err != nil {
		t.Fatal(err)
	}
	operator := gm.MemoryKeys()
	var members []nation.Member
	for _, p := range regions.Provinces() {
		if id := office.NodeID(p.Code.Province()); id == "23" || id == "63" {
			members = append(members, nation.Member{ID: id, Place: p, Keys: gm.MemoryKeys(), URL: "http://" + p.Label + ".localhost"})
		}
	}
	signed, err := nation.Found(operator, members, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := operator.SignKey("operator")
	if err != nil {
		t.Fatal(err)
	}
	net := memchan.New()
	open := func(m nation.Member) *node.Node {
		trust, err := federate.NewTrust(key.Public(), &signed)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		cfg := node.Config{
			ID: m.ID, Dir: dir, Store: sqlstore.Options{Config: sqlstore.Config{DSN: "sqlite:" + dir + "/node.db"}},
			Keys: m.Keys, Trust: trust, Parallel: 1,
			Join: func(r handover.Receiver) (handover.Channel, func(), error) {
				c := net.Join(m.ID, r)
				return c, c.Close, nil
			},
		}
		change(&cfg)
		n, err := node.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := n.Stop(); err != nil {
				t.Error(err)
			}
		})
		return n
	}
	return open(members[0]), open(members[1])
}

func actor(t *testing.T, n *node.Node, place string, roles ...office.Role) casefile.Actor {
	t.Helper()
	o, err := n.Kit.OfficeAt(region.Must(place))
	if err != nil {
		t.Fatal(err)
	}
	return casefile.Actor{ID: "officer-" + place, Office: o.Code, Node: n.ID, Roles: roles}
}

func fan(t *testing.T) party.Person {
	t.Helper()
	p, err := party.NewPerson("樊晓梅", party.ResidentID, "230183199001010025", "13800000001")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// application is 樊女士's, with a scan that has to travel.
func application(t *testing.T, n *node.Node) lodge.Application {
	t.Helper()
	file, err := n.Files.Put(t.Context(), bytes.NewReader(bytes.Repeat([]byte("scan "), 500_000)))
	if err != nil {
		t.Fatal(err)
	}
	file.Name, file.Type, file.Material = "premises.pdf", "application/pdf", "premises"
	return lodge.Application{
		ID: unit.NewID(), Item: "2020-030", There: region.Must("630100"), Applicant: fan(t), Consent: "2026-1",
		Answers: map[string]string{
			"trade_name": "雪莲", "capital": "100000", "premises_no": "五四大街 1 号 101 室", "scope": "日用百货销售",
		},
		Materials: []casefile.Material{
			{Key: "application", Name: "登记申请书", Source: "generated"},
			{Key: "charter", Name: "章程", Source: "generated"},
			{Key: "appointment", Name: "任职文件", Source: "generated"},
			{Key: "identity", Name: "身份证", Source: "elicence"},
			{Key: "premises", Name: "住所证明", Source: "upload", Files: []exchange.File{file}},
			{Key: "consent", Name: "同意书", Source: "generated"},
		},
	}
}

func settle(t *testing.T, nodes ...*node.Node) {
	t.Helper()
	for range 50 {
		busy := false
		for _, n := range nodes {
			did, err := n.Tick(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			busy = busy || did
		}
		if !busy {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatal("the nodes do not come to rest")
}

func TestACaseCrossesTheCountryAndBack(t *testing.T) {
	here, there := pair(t)
	ctx := t.Context()
	clerk := actor(t, here, "230183", office.Window)
	officer := actor(t, there, "630100", office.Reviewer, office.Decider)

	c, err := here.Lodge.TakeIn(ctx, clerk, application(t, here))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := here.Post.HandOver(ctx, clerk, c.ID, 0); err != nil {
		t.Fatal(err)
	}
	settle(t, here, there)
	if _, err := there.Bench.Accept(ctx, officer, decide.Ref{Case: c.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := there.Bench.Decide(ctx, officer, decide.Ref{Case: c.ID}, casefile.Decision{Outcome: casefile.Granted}); err != nil {
		t.Fatal(err)
	}
	if _, err := there.Issuer.Issue(ctx, officer, c.ID, 0); err != nil {
		t.Fatal(err)
	}
	settle(t, here, there)
	c, err = here.Issuer.Deliver(ctx, clerk, c.ID, 0, casefile.Delivery{Way: "counter", To: "applicant"})
	if err != nil {
		t.Fatal(err)
	}
	settle(t, here, there)
	if c.Status() != casefile.StatusDone || c.Licence == "" {
		t.Errorf("status %s, licence %q", c.Status(), c.Licence)
	}
	theirs, err := there.Store.Case(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if theirs.Closed.IsZero() || theirs.Status() != casefile.StatusDone {
		t.Errorf("at the deciding place: %s, closed %v", theirs.Status(), theirs.Closed)
	}
	papers, err := here.Store.Papers(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, p := range papers {
		kinds[p.Kind] = true
	}
	for _, want := range []string{"P-01", "P-02", "P-06", "licence"} {
		if !kinds[want] {
			t.Errorf("no %s among %v", want, kinds)
		}
	}
}

package node_test

import (
	"strings"
	"testing"
	"time"

	"tongban/internal/adapter/memchan"
	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/domain/question"
	"tongban/internal/domain/resource"
	"tongban/internal/domain/sharing"
	"tongban/internal/domain/vouch"
	"tongban/internal/handling/federate"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/share"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/nation"
	"tongban/internal/node"
	"tongban/internal/proof"
)

// equals is a federation in which 尚志 (23) took in a case that 西宁 (63) decides, and 福建 (35) holds data about its applicant.
type equals struct {
	t        *testing.T
	net      *memchan.Network
	nodes    map[office.NodeID]*node.Node
	keys     map[office.NodeID]gm.KeyProvider
	c        casefile.Case // as 西宁 holds it
	reviewer casefile.Actor
	terms    proof.Hash
	now      func() time.Time
}

func (e *equals) signer(id office.NodeID) *proof.Signer {
	e.t.Helper()
	k, err := e.keys[id].SignKey("sign")
	if err != nil {
		e.t.Fatal(err)
	}
	return proof.NewSigner(k)
}

func newEquals(t *testing.T) *equals {
	t.Helper()
	e := &equals{t: t, net: memchan.New(), nodes: map[office.NodeID]*node.Node{}, keys: map[office.NodeID]gm.KeyProvider{}, now: time.Now}
	regions, err := region.Default()
	if err != nil {
		t.Fatal(err)
	}
	operator := gm.MemoryKeys()
	var members []nation.Member
	for _, p := range regions.Provinces() {
		if id := office.NodeID(p.Code.Province()); id == "23" || id == "35" || id == "63" {
			e.keys[id] = gm.MemoryKeys()
			members = append(members, nation.Member{ID: id, Place: p, Keys: e.keys[id]})
		}
	}
	e.keys[office.IDP] = gm.MemoryKeys()
	signed, err := nation.Found(operator, append(members, nation.Member{ID: office.IDP, Place: region.Region{Name: "idp", En: "idp"}, Keys: e.keys[office.IDP]}), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := operator.SignKey("operator")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		trust, err := federate.NewTrust(key.Public(), &signed)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		n, err := node.Open(t.Context(), node.Config{
			ID: m.ID, Dir: dir, Store: sqlstore.Options{Config: sqlstore.Config{DSN: "sqlite:" + dir + "/node.db"}}, Keys: m.Keys, Trust: trust, Parallel: 1,
			Join: func(r handover.Receiver) (handover.Channel, func(), error) {
				c := e.net.Join(m.ID, r)
				return c, c.Close, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := n.Stop(); err != nil {
				t.Error(err)
			}
		})
		e.nodes[m.ID] = n
	}
	e.agree()
	e.lodge()
	return e
}

func steward(id string) office.Officer {
	return office.Officer{ID: id, Office: "o", Roles: []office.Role{office.Steward}}
}

// agree lets 福建 describe its register of identity cards, fill its table, and agree with 西宁.
func (e *equals) agree() {
	e.t.Helper()
	ctx, provider, asker := e.t.Context(), e.nodes["35"], e.nodes["63"]
	_, err := provider.Shares.Describe(ctx, steward("a"), resource.Resource{
		Key: "idcard", Name: "居民身份证信息", NameEn: "Identity cards", Office: "o", Source: "idcard", Fields: []string{"name", "number", "birth", "address"},
		Attribute: resource.Conditional, Basis: "政务数据共享条例 第14条", Freshness: resource.Daily, PerDay: 1000, From: day(provider),
	})
	if err != nil {
		e.t.Fatal(err)
	}
	table := "person,name,number,birth,address\n230183199001010025,樊晓梅,230183199001010025,1990-01-01,福州市演示路 1 号\n"
	if _, n, err := provider.Tables.Import(ctx, steward("a"), "idcard", strings.NewReader(table)); err != nil || n != 1 {
		e.t.Fatal(n, err)
	}
	e.meet()
	st, err := asker.Shares.Propose(ctx, steward("a"), sharing.Terms{
		Parties: []office.NodeID{"35", "63"}, From: day(asker), Until: day(asker).AddDays(30), Cost: "各自承担", Grants: []sharing.Grant{{
			Provider: "35", Resource: "idcard", Askers: []office.NodeID{"63"}, Fields: []string{"name", "number", "birth", "address"}, Items: []string{"2020-030"},
			Purpose: "核对申请人身份", Basis: "市场主体登记管理条例 第16条", PerDay: 100, WithinMS: 2000, KeepDays: 30,
		}},
	}, false)
	if err != nil {
		e.t.Fatal(err)
	}
	if e.terms, err = st.Terms.Hash(); err != nil {
		e.t.Fatal(err)
	}
	e.meet()
	for _, n := range []*node.Node{asker, provider} {
		if _, err := n.Shares.SignTerms(ctx, steward("b"), st.Terms.Agreement); err != nil {
			e.t.Fatal(err)
		}
	}
	e.meet()
}

func (e *equals) meet() {
	e.t.Helper()
	for _, other := range []office.NodeID{"63", "23", "63"} {
		meetSharing(e.t, e.nodes["35"], e.nodes[other])
	}
}

// lodge takes the case in, hands it over, and has the opening witnessed.
func (e *equals) lodge() {
	e.t.Helper()
	ctx, here, there := e.t.Context(), e.nodes["23"], e.nodes["63"]
	clerk := actor(e.t, here, "230183", office.Window)
	c, err := here.Lodge.TakeIn(ctx, clerk, application(e.t, here))
	if err != nil {
		e.t.Fatal(err)
	}
	if _, err := here.Post.HandOver(ctx, clerk, c.ID, 0); err != nil {
		e.t.Fatal(err)
	}
	settle(e.t, here, there)
	if err := here.ShowHead(ctx); err != nil {
		e.t.Fatal(err)
	}
	if e.c, err = there.Store.Case(ctx, c.ID); err != nil {
		e.t.Fatal(err)
	}
	e.reviewer = actor(e.t, there, "630100", office.Reviewer)
}

// request is what the applicant is shown.
func (e *equals) request() question.Request {
	e.t.Helper()
	offers := e.nodes["23"].Shares.Offers(e.c, "63")
	if len(offers) != 1 {
		e.t.Fatalf("%d offers", len(offers))
	}
	return offers[0].Request(e.c, "63", "t1")
}

// consent is the applicant's word, signed by the identity provider and kept by the coordinator.
func (e *equals) consent(r question.Request) {
	e.t.Helper()
	_, what, err := r.Agreement()
	if err != nil {
		e.t.Fatal(err)
	}
	k := vouch.Consent{Agreement: what, ID: "1", From: "23", Subject: "s", Person: fan(e.t), Level: 3, At: time.Now().UTC()}
	s, err := proof.SignJSON(e.signer(office.IDP), vouch.TypConsent, k)
	if err != nil {
		e.t.Fatal(err)
	}
	c, err := e.nodes["23"].Store.Case(e.t.Context(), e.c.ID)
	if err != nil {
		e.t.Fatal(err)
	}
	if err := e.nodes["23"].Standing.Consent(e.t.Context(), c, r, s); err != nil {
		e.t.Fatal(err)
	}
}

var want = share.Want{Provider: "35", Resource: "idcard", Fields: []string{"name"}, Checks: map[string]string{"number": "230183199001010025"}}

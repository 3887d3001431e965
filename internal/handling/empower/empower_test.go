package empower_test

import (
	"context"
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore"
	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/handling/empower"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

var (
	fan  = party.Person{Name: "樊晓梅", IDType: party.ResidentID, IDNo: "230183199001010025"}
	lin  = party.Person{Name: "林知夏", IDType: party.ResidentID, IDNo: "350102199502020044"}
	shi  = party.Person{Name: "石磊", IDType: party.ResidentID, IDNo: "140105199603030030"}
	firm = party.Org{Name: "西宁雪莲商贸有限公司", USCC: "91350100M000100Y43"}
)

// wallet is the licences of a node, by holder, and whether each is in force.
type wallet struct {
	held  map[string][]empower.Licence
	stand map[string]bool
}

func (w *wallet) Firms(_ context.Context, who party.Person) ([]empower.Licence, error) {
	var out []empower.Licence
	for _, l := range w.held[who.IDNo] {
		l.InForce = w.stand[l.ID]
		out = append(out, l)
	}
	return out, nil
}

func (w *wallet) Stands(_ context.Context, id string) (bool, error) { return w.stand[id], nil }

type world struct {
	*empower.Office
	t        *testing.T
	now      time.Time
	wallet   *wallet
	provider *proof.Signer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	signer := func() *proof.Signer {
		k, err := gm.MemoryKeys().SignKey("sign")
		if err != nil {
			t.Fatal(err)
		}
		return proof.NewSigner(k)
	}
	vault, err := proof.NewVault(make([]byte, 16), make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	db := sqltest.SQLite(t)
	s, err := sqlstore.Open(t.Context(), sqlstore.Options{Config: sqlstore.Config{DSN: db.DSN, Schema: db.Schema}, Vault: vault, Me: "63"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := &world{t: t, now: time.Date(2026, 11, 27, 1, 0, 0, 0, time.UTC), provider: signer(), wallet: &wallet{
		held: map[string][]empower.Licence{
			fan.IDNo: {{ID: "L1", Org: firm, Representative: fan.Name}},
			shi.IDNo: {{ID: "L2", Org: firm, Representative: shi.Name}, {ID: "L3", Org: firm, Representative: fan.Name}},
		}, stand: map[string]bool{"L1": true, "L2": true, "L3": true},
	}}
	node := signer()
	trust := &office.TrustList{Nodes: []office.Node{{ID: office.IDP, Sign: w.provider.Public()}, {ID: "63", Sign: node.Public()}}}
	w.Office = &empower.Office{Kit: &unit.Kit{
		Me: "63", Now: func() time.Time { return w.now }, Catalogue: item.Default(), Signer: node, Trust: func() *office.TrustList { return trust },
	}, Store: s, Wallet: w.wallet, Secure: func() time.Time { return w.now }}
	return w
}

func (w *world) want(what string, err error, code errs.Code) {
	w.t.Helper()
	if code == 0 && err != nil || code != 0 && !errs.Is(err, code) {
		w.t.Fatalf("%s: %v, want %d", what, err, code)
	}
}

// drawn is a mandate of the firm for its agent in surveying, not signed.
func (w *world) drawn() mandate.Record {
	w.t.Helper()
	today := workday.DateOf(w.now)
	r, err := w.Draw(w.t.Context(), fan, firm.USCC, empower.Grant{ID: unit.NewID(), Agent: lin, Items: []string{"practice-013"}, From: today, Until: today.AddDays(30)})
	w.want("draw", err, 0)
	return r
}

// consent is the provider's signature by somebody on what the mandate asks for, given at a time.
func (w *world) consent(r mandate.Record, who party.Person, at time.Time) proof.Signed {
	w.t.Helper()
	what, err := w.Asks(r)
	w.want("asks", err, 0)
	s, err := proof.SignJSON(w.provider, vouch.TypConsent, vouch.Consent{Agreement: what, ID: "1", From: "63", Person: who, Level: 3, At: at})
	w.want("sign", err, 0)
	return s
}

func TestOpen(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	for _, tt := range []struct {
		what    string
		who     party.Person
		licence string
		want    errs.Code
	}{
		{"somebody else's licence", lin, "L1", errs.UnitUnproven},
		{"a licence that names somebody else", shi, "L3", errs.UnitUnproven},
		{"no licence", fan, "", errs.UnitUnproven},
		{"the representative's", fan, "L1", 0},
		{"once more", fan, "L1", 0},
		{"another who claims the unit while it is led", shi, "L2", errs.UnitTaken},
	} {
		_, err := w.Open(ctx, tt.who, tt.licence)
		w.want(tt.what, err, tt.want)
	}
	w.wallet.stand["L1"] = false // the registrar changed the representative: the old version is over
	_, err := w.Open(ctx, fan, "L1")
	w.want("a licence that is over", err, errs.UnitUnproven)
	_, err = w.Open(ctx, shi, "L2")
	w.want("the new representative", err, 0)
	_, _, err = w.Lead(ctx, fan, firm.USCC)
	w.want("who led it before", err, errs.NotInThatName)
}

// A new representative takes back what the one before gave; who led it before does not.
func TestSuccession(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	_, err := w.Open(ctx, fan, "L1")
	w.want("open", err, 0)
	r := w.drawn()
	_, err = w.Sign(ctx, fan, r.ID, w.consent(r, fan, w.now))
	w.want("sign", err, 0)
	_, err = w.Answer(ctx, lin, r.ID, mandate.Accept)
	w.want("accept", err, 0)
	w.wallet.stand["L1"] = false
	_, err = w.Open(ctx, shi, "L2")
	w.want("the new representative", err, 0)
	_, _, err = w.May(ctx, lin, firm.USCC, "practice-013")
	w.want("the unit gave it, and it goes on", err, 0)
	_, _, err = w.See(ctx, fan, r.ID)
	w.want("who led it before looks", err, errs.NoSuchMandate)
	_, err = w.Answer(ctx, fan, r.ID, mandate.Revoke)
	w.want("who led it before takes it back", err, errs.NoSuchMandate)
	_, err = w.Answer(ctx, shi, r.ID, mandate.Revoke)
	w.want("who leads it now takes it back", err, 0)
}

// A signature that is not exactly the representative's, now, for this, opens nothing.
func TestSign(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	_, err := w.Open(ctx, fan, "L1")
	w.want("open", err, 0)
	r, other := w.drawn(), w.drawn()
	for what, tt := range map[string]struct {
		who  party.Person
		s    proof.Signed
		want errs.Code
	}{
		"by the agent":       {lin, w.consent(r, lin, w.now), errs.NoSuchMandate},
		"of somebody else":   {fan, w.consent(r, shi, w.now), errs.ConsentForOther},
		"of another mandate": {fan, w.consent(other, fan, w.now), errs.ConsentForOther},
		"given an hour ago":  {fan, w.consent(r, fan, w.now.Add(-time.Hour)), errs.ConsentStale},
		"of the future":      {fan, w.consent(r, fan, w.now.Add(time.Hour)), errs.ConsentStale},
		"nobody's":           {fan, proof.Signed{}, errs.ConsentForOther},
	} {
		_, err := w.Sign(ctx, tt.who, r.ID, tt.s)
		if what == "nobody's" && err != nil {
			continue // whatever is wrong with it is said
		}
		w.want(what, err, tt.want)
	}
	if got, _, err := w.See(ctx, fan, r.ID); err != nil || got.State != mandate.Drawn {
		t.Fatalf("%s, %v", got.State, err)
	}
	_, _, err = w.See(ctx, lin, r.ID)
	w.want("the agent sees what nobody signed", err, errs.NoSuchMandate)
	_, err = w.Shown(ctx, r.ID)
	w.want("shown before it was signed", err, errs.NoSuchMandate)
	_, err = w.Sign(ctx, fan, r.ID, w.consent(r, fan, w.now))
	w.want("good", err, 0)
	_, err = w.Sign(ctx, fan, r.ID, w.consent(r, fan, w.now))
	w.want("twice", err, errs.MandateNotNow)
}

// From the offer to the revocation: what the agent may do at each moment, and what becomes of the unit's case.
func TestMayActs(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	_, err := w.Open(ctx, fan, "L1")
	w.want("open", err, 0)
	r := w.drawn()
	may := func(what string, who party.Person, matter string, want errs.Code) {
		t.Helper()
		_, _, err := w.May(ctx, who, firm.USCC, matter)
		w.want(what, err, want)
	}
	c := casefile.Case{Item: "practice-013", Private: casefile.Private{Applicant: lin, Org: &firm, Acting: &party.Acting{Mandate: r.ID}}}
	may("unsigned", lin, "practice-013", errs.NotInThatName)
	_, err = w.Sign(ctx, fan, r.ID, w.consent(r, fan, w.now))
	w.want("sign", err, 0)
	may("not accepted", lin, "practice-013", errs.MandateNotTaken)
	_, err = w.Answer(ctx, shi, r.ID, mandate.Accept)
	w.want("accepted by somebody else", err, errs.NoSuchMandate)
	_, err = w.Answer(ctx, lin, r.ID, mandate.Accept)
	w.want("accept", err, 0)
	may("agent", lin, "practice-013", 0)
	may("agent, another matter", lin, "2020-024", errs.MandateOtherMatter)
	may("representative", fan, "2020-024", 0)
	may("stranger", shi, "practice-013", errs.NotInThatName)
	w.want("agent's case", w.Sees(ctx, lin, c), 0)
	w.want("stranger's case", w.Sees(ctx, shi, c), errs.NoSuchCase)

	w.wallet.stand["L1"] = false
	a, _, err := w.May(ctx, lin, firm.USCC, "practice-013")
	w.want("what is under way goes on", err, 0)
	w.want("nothing new while the licence is suspended", w.Fit(ctx, a), errs.UnitAbnormal)
	_, err = w.Draw(ctx, fan, firm.USCC, empower.Grant{ID: unit.NewID(), Agent: lin, Items: []string{"practice-013"}})
	w.want("no new authority either", err, errs.UnitAbnormal)
	w.wallet.stand["L1"] = true

	before := w.now
	w.now = w.now.AddDate(0, 0, 31)
	may("expired", lin, "practice-013", errs.MandateExpired)
	w.now = before
	_, err = w.Answer(ctx, fan, r.ID, mandate.Revoke)
	w.want("revoke", err, 0)
	may("revoked", lin, "practice-013", errs.MandateRevoked)
	w.want("who handed it in, once revoked", w.Sees(ctx, lin, c), errs.MandateRevoked)
	w.want("the representative goes on", w.Sees(ctx, fan, c), 0)
	_, err = w.Answer(ctx, lin, r.ID, mandate.Accept)
	w.want("accept again", err, errs.MandateNotNow)
}

// filing is 异地就医结算备案, whose rules know an agent; own is one whose rules do not.
const (
	filing = "2020-065"
	own    = "2020-054"
)

// From what somebody asks for to what they may do, and its end: an elder lets Ms Lin act.
func TestFamily(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	elder := party.Person{Name: "张守田", IDType: party.ResidentID, IDNo: "520103194803030014"}
	today := workday.DateOf(w.now)
	v, ok := w.Kit.Catalogue.Version(filing, today)
	if !ok || !v.ByAgent() {
		t.Fatal("the filing's rules know no agent")
	}
	g := empower.Grant{ID: unit.NewID(), Agent: lin, Items: []string{filing}, From: today, Until: today.AddDays(30)}
	alone := g
	alone.Items = []string{own}
	_, err := w.Ask(ctx, alone)
	w.want("a matter of the person's own", err, errs.NotByAgent)
	alone.Items = []string{"nothing"}
	_, err = w.Ask(ctx, alone)
	w.want("no matter", err, errs.MandateScope)

	r, err := w.Ask(ctx, g)
	w.want("ask", err, 0)
	again, err := w.Ask(ctx, g)
	w.want("the form once more", err, 0)
	if again.ID != r.ID || again.State != mandate.Asked {
		t.Errorf("a second press made %s %s", again.ID, again.State)
	}
	_, _, err = w.See(ctx, party.Person{}, r.ID)
	w.want("without a number", err, errs.NoSuchMandate)
	_, err = w.Take(ctx, lin, r.ID)
	w.want("taken by who asks", err, errs.NoSuchMandate)
	_, _, err = w.MayFor(ctx, lin, r.ID, v, filing)
	w.want("before anybody took it", err, errs.NotForThem)

	r, err = w.Take(ctx, elder, r.ID)
	w.want("take", err, 0)
	if _, err = w.Take(ctx, elder, r.ID); err != nil {
		t.Errorf("a second press: %v", err)
	}
	_, err = w.Take(ctx, shi, r.ID)
	w.want("taken by another once it is somebody's", err, errs.MandateNotNow)
	_, _, err = w.See(ctx, shi, r.ID)
	w.want("seen by another", err, errs.NoSuchMandate)
	_, _, err = w.MayFor(ctx, lin, r.ID, v, filing)
	w.want("before it is signed", err, errs.MandateNotTaken)
	_, err = w.Sign(ctx, elder, r.ID, w.consent(r, lin, w.now))
	w.want("signed by who asks", err, errs.ConsentForOther)
	r, err = w.Sign(ctx, elder, r.ID, w.consent(r, elder, w.now))
	w.want("sign", err, 0)
	if r.State != mandate.Accepted {
		t.Errorf("who asked has to accept: %s", r.State)
	}
	of, right, err := w.MayFor(ctx, lin, r.ID, v, filing)
	w.want("signed", err, 0)
	if of.IDNo != elder.IDNo || right.Agent == nil || right.Agent.IDNo != lin.IDNo {
		t.Errorf("%s for %s", right.Agent.Name, of.Name)
	}
	_, _, err = w.MayFor(ctx, shi, r.ID, v, filing)
	w.want("somebody else who knows its id", err, errs.NotForThem)
	strict := v
	strict.Questions = nil
	_, _, err = w.MayFor(ctx, lin, r.ID, strict, filing)
	w.want("once the rules know no agent", err, errs.NotByAgent)

	given, _, err := w.Family(ctx, elder)
	_, held, err2 := w.Family(ctx, lin)
	if err != nil || err2 != nil || len(given) != 1 || len(held) != 1 {
		t.Errorf("given %d, held %d: %v %v", len(given), len(held), err, err2)
	}
	c := casefile.Case{Item: filing, Private: casefile.Private{Applicant: elder, Acting: &right}}
	w.want("the agent's look", w.Sees(ctx, lin, c), 0)
	w.want("the elder's look", w.Sees(ctx, elder, c), 0)
	w.want("a stranger's look", w.Sees(ctx, shi, c), errs.NoSuchCase)
	_, err = w.Answer(ctx, elder, r.ID, mandate.Revoke)
	w.want("revoke", err, 0)
	w.want("the agent's look, once revoked", w.Sees(ctx, lin, c), errs.MandateRevoked)
	w.want("the elder goes on", w.Sees(ctx, elder, c), 0)
	_, _, err = w.MayFor(ctx, lin, r.ID, v, filing)
	w.want("once revoked", err, errs.MandateRevoked)

	self := g
	self.ID, self.Agent = unit.NewID(), elder
	_, err = w.Let(ctx, elder, self)
	w.want("to oneself", err, errs.MandateSelf)
	g.ID = unit.NewID()
	r, err = w.Let(ctx, elder, g)
	w.want("written by the elder", err, 0)
	_, _, err = w.See(ctx, lin, r.ID)
	w.want("seen before it is signed", err, errs.NoSuchMandate)
	r, err = w.Sign(ctx, elder, r.ID, w.consent(r, elder, w.now))
	w.want("sign", err, 0)
	if r.State != mandate.Offered {
		t.Errorf("nobody asked the agent: %s", r.State)
	}
}

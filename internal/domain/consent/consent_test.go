package consent_test

import (
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/consent"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// The deciding place is shown a consent and asks: did this person agree to this case?
func TestConsentBelongsToItsCase(t *testing.T) {
	key, err := gm.MemoryKeys().SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	provider := proof.NewSigner(key)
	trust := &office.TrustList{Nodes: []office.Node{{ID: office.IDP, Sign: provider.Public()}}}
	fan := party.Person{Name: "樊晓梅", IDType: party.ResidentID, IDNo: "230183199001010025"}
	lin := party.Person{Name: "林知夏", IDType: party.ResidentID, IDNo: "350102199502020044"}
	in := casefile.Lodging{
		ID: "case-1", Item: item.Item{Code: "2020-030"}, There: office.Office{Node: "63", Region: "630100000000"},
		Private: casefile.Private{
			Applicant: fan, Answers: map[string]string{"name": "某某公司"}, Consent: casefile.Consent{Way: "online", Text: "2026-1"},
			Materials: []casefile.Material{{Key: "lease", Source: "upload", Files: []exchange.File{{Address: proof.HashOf([]byte("scan"))}}}},
		},
	}
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	sign := func(a vouch.Agreement, who party.Person, at time.Time) *proof.Signed {
		t.Helper()
		s, err := proof.SignJSON(provider, vouch.TypConsent, vouch.Consent{Agreement: a, ID: "1", From: "23", Person: who, Level: 3, At: at})
		if err != nil {
			t.Fatal(err)
		}
		return &s
	}
	joined := func(link string) casefile.Party {
		t.Helper()
		part := consent.Part{Case: "case-1", Item: "2020-030", There: "630100000000", Role: "shareholder", From: party.MaskName(fan.Name), Person: lin, Invitation: link}
		b, a, err := consent.OfPart(part, "63")
		if err != nil {
			t.Fatal(err)
		}
		return casefile.Party{Role: "shareholder", Person: lin, At: at, Agreed: b, Proof: sign(a, lin, at)}
	}
	in.Private.Parties = []casefile.Party{joined("link")}
	agreed, what, err := consent.Of(in)
	if err != nil {
		t.Fatal(err)
	}
	good := casefile.Case{
		ID: "case-1", No: "23-20260701-000001-0", Item: "2020-030", There: "630100000000", Coordinator: "23", Private: in.Private,
		Legs: []casefile.Leg{{Key: "decide", Kind: item.Decide, Node: "63"}},
	}
	good.Private.Consent.Agreed, good.Private.Consent.Proof = agreed, sign(what, fan, at)
	more := func(c *casefile.Case) {
		c.Private.Materials = append([]casefile.Material{{Key: "permit", Source: "upload"}}, c.Private.Materials...)
	}
	for name, tt := range map[string]struct {
		change func(c *casefile.Case)
		level  int
		after  time.Duration
		want   errs.Code
	}{
		"good":                       {level: 3},
		"the last moment":            {level: 3, after: time.Hour},
		"answers changed on the way": {change: func(c *casefile.Case) { c.Private.Answers = map[string]string{"name": "另一公司"} }, want: errs.ConsentForOther},
		"a paper changed on the way": {change: func(c *casefile.Case) { c.Private.Materials = nil }, want: errs.ConsentForOther},
		"a paper added on the way":   {change: more, want: errs.ConsentForOther},
		"a paper added by the window": {change: func(c *casefile.Case) {
			more(c)
			c.Legs = append(c.Legs, casefile.Leg{Key: "collect", Kind: item.Collect, Node: "23"})
		}},
		"a paper lost at the window": {change: func(c *casefile.Case) {
			c.Private.Materials = nil
			c.Legs = append(c.Legs, casefile.Leg{Key: "collect", Kind: item.Collect, Node: "23"})
		}, want: errs.ConsentForOther},
		"a note left out on the way": {change: func(c *casefile.Case) { c.Private.Disputes = []casefile.Dispute{{Field: "name"}} }, want: errs.ConsentForOther},
		"stale":                      {after: time.Hour + time.Second, want: errs.ConsentStale},
		"from the future":            {after: -vouch.Skew - time.Second, want: errs.ConsentStale},
		"online without a proof":     {change: func(c *casefile.Case) { c.Private.Consent.Proof = nil }, want: errs.ConsentNeeded},
		"a party that did not sign": {change: func(c *casefile.Case) {
			c.Private.Parties = []casefile.Party{{Role: "shareholder", Person: lin}}
		}, want: errs.ConsentNeeded},
		"a party left out": {change: func(c *casefile.Case) { c.Private.Parties = nil }, want: errs.ConsentForOther},
		"a party's consent in another role": {change: func(c *casefile.Case) {
			p := joined("link")
			p.Role = "supervisor"
			c.Private.Parties = []casefile.Party{p}
			other := in
			other.Private.Parties = c.Private.Parties
			b, a, _ := consent.Of(other)
			c.Private.Consent.Agreed, c.Private.Consent.Proof = b, sign(a, fan, at)
		}, want: errs.ConsentForOther},
		"a party's consent by another": {change: func(c *casefile.Case) {
			p := joined("link")
			p.Proof = c.Private.Consent.Proof
			c.Private.Parties = []casefile.Party{p}
		}, want: errs.ConsentForOther},
		"attested where that will do": {change: func(c *casefile.Case) { c.Private.Consent = casefile.Consent{Way: "attested"} }},
		"attested where it will not":  {change: func(c *casefile.Case) { c.Private.Consent = casefile.Consent{Way: "attested"} }, level: 2, want: errs.ConsentNeeded},
		"level too low":               {level: 4, want: errs.LevelTooLow},
		"moved to another case":       {change: func(c *casefile.Case) { c.ID = "case-2" }, want: errs.ConsentForOther},
		"moved to another matter":     {change: func(c *casefile.Case) { c.Item = "2020-031" }, want: errs.ConsentForOther},
		"moved to another person":     {change: func(c *casefile.Case) { c.Private.Applicant = lin }, want: errs.ConsentForOther},
		"brought by another node":     {change: func(c *casefile.Case) { c.Coordinator = "35" }, want: errs.ConsentForOther},
		"decided by another node":     {change: func(c *casefile.Case) { c.Legs = []casefile.Leg{{Kind: item.Decide, Node: "35"}} }, want: errs.ConsentForOther},
		"contents exchanged": {change: func(c *casefile.Case) {
			other := in
			other.Private.Answers = map[string]string{"name": "另一公司"}
			c.Private.Consent.Agreed, _, _ = consent.Of(other)
		}, want: errs.ConsentForOther},
		"contents that are none": {change: func(c *casefile.Case) { c.Private.Consent.Agreed = []byte("x") }, want: errs.UnreadableBody},
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			if tt.change != nil {
				tt.change(&c)
			}
			err := consent.Check(c, consent.Terms{Trust: trust, Level: tt.level, Now: at.Add(tt.after), Age: time.Hour})
			if tt.want == 0 && err != nil || tt.want != 0 && !errs.Is(err, tt.want) {
				t.Errorf("got %v, want %s", err, tt.want.Name())
			}
		})
	}
}

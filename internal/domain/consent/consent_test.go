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
	agreed, what, err := consent.Of(in)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := proof.SignJSON(provider, vouch.TypConsent, vouch.Consent{
		Agreement: what, ID: "1", From: "23", Person: fan, Level: 3, At: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	good := casefile.Case{
		ID: "case-1", No: "23-20260701-000001-0", Item: "2020-030", Coordinator: "23", Private: in.Private,
		Legs: []casefile.Leg{{Key: "decide", Kind: item.Decide, Node: "63"}},
	}
	good.Private.Consent.Agreed, good.Private.Consent.Proof = agreed, &signed
	for name, tt := range map[string]struct {
		change func(c *casefile.Case)
		level  int
		want   errs.Code
	}{
		"good":                        {level: 3},
		"answers that grew later":     {change: func(c *casefile.Case) { c.Private.Answers = map[string]string{"name": "另一公司"} }},
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
			err := consent.Check(c, trust, tt.level)
			if tt.want == 0 && err != nil || tt.want != 0 && !errs.Is(err, tt.want) {
				t.Errorf("got %v, want %s", err, tt.want.Name())
			}
		})
	}
}

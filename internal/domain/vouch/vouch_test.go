package vouch_test

import (
	"testing"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

var (
	fan = party.Person{Name: "樊晓梅", IDType: party.ResidentID, IDNo: "230183199001010025"}
	lin = party.Person{Name: "林知夏", IDType: party.ResidentID, IDNo: "350102199502020044"}
	was = vouch.Agreement{Act: vouch.Submit, To: "63", About: "2020-030", Hash: proof.HashOf([]byte("shown"))}
)

func signer(t *testing.T) *proof.Signer {
	t.Helper()
	k, err := gm.MemoryKeys().SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	return proof.NewSigner(k)
}

// A consent is for one agreement, one asker and one person. Each line tries to use it for something else.
func TestConsentIsForNothingElse(t *testing.T) {
	provider, node := signer(t), signer(t)
	trust := &office.TrustList{Nodes: []office.Node{{ID: office.IDP, Sign: provider.Public()}, {ID: "23", Sign: node.Public()}}}
	good := vouch.Consent{Agreement: was, ID: "1", From: "23", Person: fan, Level: 3, At: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)}
	for name, tt := range map[string]struct {
		change func(c *vouch.Consent)
		by     *proof.Signer
		want   func(a *vouch.Agreement)
		from   office.NodeID
		who    party.Person
		level  int
		code   errs.Code
	}{
		"good":                          {},
		"at the level asked for":        {level: 3},
		"below the level asked for":     {level: 4, code: errs.LevelTooLow},
		"other contents":                {want: func(a *vouch.Agreement) { a.Hash = proof.HashOf([]byte("changed")) }, code: errs.ConsentForOther},
		"another matter":                {want: func(a *vouch.Agreement) { a.About = "2020-031" }, code: errs.ConsentForOther},
		"another receiver":              {want: func(a *vouch.Agreement) { a.To = "35" }, code: errs.ConsentForOther},
		"another act":                   {want: func(a *vouch.Agreement) { a.Act = vouch.Query }, code: errs.ConsentForOther},
		"another asker":                 {from: "35", code: errs.ConsentForOther},
		"another person":                {who: lin, code: errs.ConsentForOther},
		"nobody":                        {change: func(c *vouch.Consent) { c.Person = party.Person{} }, code: errs.ConsentForOther},
		"signed by the sending node":    {by: node, code: errs.NotTheProvider},
		"signed by nobody that we know": {by: signer(t), code: errs.UnknownKey},
	} {
		t.Run(name, func(t *testing.T) {
			c, by, want, from, who := good, provider, was, office.NodeID("23"), fan
			if tt.change != nil {
				tt.change(&c)
			}
			if tt.by != nil {
				by = tt.by
			}
			if tt.want != nil {
				tt.want(&want)
			}
			if tt.from != "" {
				from = tt.from
			}
			if tt.who.IDNo != "" {
				who = tt.who
			}
			s, err := proof.SignJSON(by, vouch.TypConsent, c)
			if err != nil {
				t.Fatal(err)
			}
			_, err = vouch.OpenConsent(s, trust, want, from, who, tt.level)
			if tt.code == 0 && err != nil || tt.code != 0 && !errs.Is(err, tt.code) {
				t.Errorf("got %v, want %s", err, tt.code.Name())
			}
		})
	}
}

func TestScope(t *testing.T) {
	if a, ok := vouch.ParseScope(was.Scope()); !ok || a != was {
		t.Errorf("%q reads as %+v", was.Scope(), a)
	}
	for _, bad := range []string{
		"", "consent", "consent:", "consent:submit:63:2020-030", "consent:submit:63:2020-030:00", "consent:marry:63:2020-030:" + was.Hash.String(),
		"consent:submit:hub:2020-030:" + was.Hash.String(), "consent:submit:63::" + was.Hash.String(), was.Scope() + ":x", "x" + was.Scope(),
		"consent:submit:63:2020-030:" + (proof.Hash{}).String(),
	} {
		if _, ok := vouch.ParseScope(bad); ok {
			t.Errorf("%q passes", bad)
		}
	}
}

func FuzzParseScope(f *testing.F) {
	f.Add(was.Scope())
	f.Fuzz(func(t *testing.T, s string) {
		if a, ok := vouch.ParseScope(s); ok && a.Scope() != s {
			t.Errorf("%q reads as %q", s, a.Scope())
		}
	})
}

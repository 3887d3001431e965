package fsck_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"tongban/catalogue"
	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/fsck"
	"tongban/internal/handling/certify"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

const mandateText = `title = "示例委托"
title_en = "Example"
from = "2026-01-01"
until = "2026-12-31"
items = ["2020-049"]
modes = ["delegated"]
source = "示例"
[[parties]]
region = "230000"
[[parties]]
region = "630000"
[mandate]
by = "630000"
basis = "示例"
[[mandate.offices]]
code = "11230183MB9900013G"
name = "尚志"
[[mandate.limits]]
field = "content"
values = ["曾用名"]
text = "示例"
text_en = "Example"
[[basis]]
key = "示例"
law = "示例协议"
article = "第1条"
text = "示例"
text_en = "Example"
`

// entrust gives a place's catalogue the mandate as that place knows it.
func entrust(p *place, text string, more ...item.Signature) *item.Catalogue {
	a := must(item.ReadAgreement("agreements/example", text))
	list := []item.Signature{{Agreement: a.ID, Digest: a.Digest, By: "23", From: a.From}, {Agreement: a.ID, Digest: a.Digest, By: "63", From: a.From}}
	cat := item.Default().Fork()
	cat.Install(item.Published{Agreements: []item.Agreement{a}, Signatures: append(list, more...)})
	p.kit.Catalogue = cat
	return cat
}

// delegate opens a case that Shangzhi may decide in Xining's name, and brings it to Shangzhi's own officer.
func (w *world) delegate(t *testing.T, content string) (casefile.Case, casefile.Actor) {
	t.Helper()
	a := lodge.Application{
		ID: unit.NewID(), Item: "2020-049", There: region.Must("630100"), Consent: "2026-1",
		Applicant: must(party.NewPerson("樊晓梅", party.ResidentID, "230183199001010025", "13800000001")),
		Answers:   map[string]string{"content": content, "purpose": "上学", "household_address": "西宁市城中区示例街 1 号"},
		Materials: []casefile.Material{{Key: "identity", Name: "identity", Source: "elicence"}},
	}
	c := must((&lodge.Desk{Kit: w.here.kit, Store: w.here.store}).TakeIn(t.Context(), w.here.window, a))
	c = must(w.here.post.HandOver(t.Context(), w.here.window, c.ID, 0))
	return c, w.actor(w.here, "230183", office.Reviewer, office.Decider)
}

func (w *world) issuer(p *place) *certify.Issuer {
	return &certify.Issuer{Kit: p.kit, Store: p.store, Types: must(licence.LoadTypes(catalogue.FS))}
}

// seals does the work that the clock starts where something is to be sealed.
func (w *world) seals(t *testing.T, id string) {
	t.Helper()
	w.settle(t.Context())
	for _, d := range must(w.there.store.DueWork(t.Context(), w.now, time.Minute, 8)) {
		if d.Kind == unit.DueSeal && d.Case == id {
			if err := w.issuer(w.there).Seal(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.settle(t.Context())
}

// What is decided here under a mandate is sealed there, once, names both, and breaks no rule on the way.
func TestDelegated(t *testing.T) {
	for _, outcome := range []casefile.Outcome{casefile.Granted, casefile.Denied, casefile.NotAccepted} {
		t.Run(string(outcome), func(t *testing.T) {
			w := newWorld(t, func() sqltest.Database { return sqltest.SQLite(t) })
			entrust(w.here, mandateText)
			cat := entrust(w.there, mandateText)
			c, by := w.delegate(t, "曾用名")
			if c.Mode != item.Delegated {
				t.Fatalf("taken in as %s", c.Mode)
			}
			bench := &decide.Bench{Kit: w.here.kit, Store: w.here.store}
			d := casefile.Decision{Outcome: outcome, Reasons: []string{"not-police"}}
			if outcome == casefile.NotAccepted {
				c = must(bench.Decline(t.Context(), by, decide.Ref{Case: c.ID}, d))
			} else {
				must(bench.Accept(t.Context(), by, decide.Ref{Case: c.ID}))
				c = must(bench.Decide(t.Context(), by, decide.Ref{Case: c.ID}, d))
				if _, running := c.Due(); !running {
					t.Error("the clock stops before it is sealed")
				}
			}
			if !c.Unsealed() {
				t.Fatalf("%+v", c.Legs)
			}
			w.check(t, cat)
			w.seals(t, c.ID)
			if err := w.issuer(w.there).Seal(t.Context(), c.ID); !errs.Is(err, errs.NotAllowedNow) {
				t.Errorf("sealed twice: %v", err)
			}
			w.check(t, cat)
			must(w.issuer(w.here).Deliver(t.Context(), w.here.window, c.ID, 0, casefile.Delivery{Way: "counter", To: "applicant"}))
			w.settle(t.Context())
			w.check(t, cat)
			for _, p := range []*place{w.here, w.there} {
				c := must(p.store.Case(t.Context(), c.ID))
				if c.Closed.IsZero() {
					t.Errorf("open at %s: %+v", p.id, c.Legs)
				}
				decisions := 0
				for _, paper := range must(p.store.Papers(t.Context(), c.ID)) {
					switch document.Kind(paper.Kind) { //nolint:exhaustive // the others are no decisions
					case document.Grant, document.Refusal, document.NotAccepted:
						decisions++
						doc := must(document.Read(paper.Signed))
						signer := must(p.trust.Check(paper.Signed, document.Typ))
						for _, name := range []string{"尚志市政务服务中心", "西宁市", "示例委托", "不得再委托"} {
							if signer.ID != w.there.id || !strings.Contains(doc.Text(), name) {
								t.Errorf("signed by %s, lacks %s: %s", signer.ID, name, doc.Text())
							}
						}
					}
				}
				if decisions != 1 {
					t.Errorf("%d documents at %s", decisions, p.id)
				}
			}
		})
	}
}

// check holds both stores against the rules, under the mandates that the sealing place knows.
func (w *world) check(t *testing.T, cat *item.Catalogue) {
	t.Helper()
	r, err := fsck.Check(t.Context(), w.nodes(), fsck.Options{Catalogue: cat})
	if err != nil || r.Err() != nil {
		t.Fatal(err, r.Violations)
	}
}

// The node in whose name was decided believes its own book of mandates: each line is what it knows and the other does not. The
// decision comes back with a reason, counts for nothing, and the case goes on by the plan that needs no mandate.
func TestSealRefused(t *testing.T) {
	from := must(workday.ParseDate("2026-11-23"))
	for name, tt := range map[string]struct {
		there  func(p *place) *item.Catalogue
		change func(c *casefile.Case)
		reason string
	}{
		"ended": {reason: item.MandateEnded, there: func(p *place) *item.Catalogue {
			return entrust(p, mandateText, item.Signature{Agreement: "agreements/example", By: "63", From: from, Withdrawn: true})
		}},
		"another text": {reason: item.MandateEnded, there: func(p *place) *item.Catalogue {
			return entrust(p, strings.Replace(mandateText, "示例委托", "另一份委托", 1))
		}},
		"never signed": {reason: item.MandateEnded, there: func(p *place) *item.Catalogue { p.kit.Catalogue = item.Default().Fork(); return p.kit.Catalogue }},
		"a narrower limit": {reason: item.MandateLimits, there: func(p *place) *item.Catalogue {
			return entrust(p, strings.Replace(mandateText, `["曾用名"]`, `["其他"]`, 1))
		}},
		"another office": {reason: item.MandateOffice, there: func(p *place) *item.Catalogue {
			return entrust(p, strings.Replace(mandateText, "11230183MB9900013G", "11110000MB99000803", 1))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func() sqltest.Database { return sqltest.SQLite(t) })
			cat := entrust(w.here, mandateText)
			tt.there(w.there)
			c, by := w.delegate(t, "曾用名")
			bench := &decide.Bench{Kit: w.here.kit, Store: w.here.store}
			must(bench.Accept(t.Context(), by, decide.Ref{Case: c.ID}))
			must(bench.Decide(t.Context(), by, decide.Ref{Case: c.ID}, casefile.Decision{Outcome: casefile.Granted}))
			w.seals(t, c.ID)
			c = must(w.here.store.Case(t.Context(), c.ID))
			d, _ := c.LegOf(item.Decide)
			if q, at := c.At("23"); d.Reason != tt.reason || d.State != casefile.Accepted || q != casefile.QueueAccepted || at != by.Office || c.Private.Decision != nil {
				t.Fatalf("%s %s, in %s of %s", d.State, d.Reason, q, at)
			}
			if _, running := c.Due(); !running {
				t.Error("no clock runs")
			}
			if _, err := w.there.store.Case(t.Context(), c.ID); !errs.Is(err, errs.Missing) {
				t.Errorf("something is left at the other place: %v", err)
			}
			w.check(t, cat)
			c = must(w.here.post.PassOn(t.Context(), by, c.ID, 0))
			if v, _ := c.LegOf(item.Verify); c.Mode != item.Entrusted || v.Transit == nil {
				t.Errorf("passed on as %s: %+v", c.Mode, c.Legs)
			}
			w.check(t, cat)
			w.settle(t.Context())
			w.check(t, cat)
			there := w.actor(w.there, "630100", office.Reviewer)
			must(w.there.post.Verify(t.Context(), there, c.ID, 0, casefile.Verified{Outcome: casefile.Confirmed}))
			w.settle(t.Context())
			must(bench.Accept(t.Context(), by, decide.Ref{Case: c.ID}))
			must(bench.Decide(t.Context(), by, decide.Ref{Case: c.ID}, casefile.Decision{Outcome: casefile.Granted}))
			must(w.issuer(w.here).Issue(t.Context(), by, c.ID, 0))
			must(w.issuer(w.here).Deliver(t.Context(), w.here.window, c.ID, 0, casefile.Delivery{Way: "counter", To: "applicant"}))
			w.settle(t.Context())
			w.check(t, cat)
			if c = must(w.here.store.Case(t.Context(), c.ID)); c.Status() != casefile.StatusDone {
				t.Errorf("it ends as %s", c.Status())
			}
		})
	}
}

// Here is refused before anything travels where its own book says no: no mandate, or one that ended since the case was taken in.
func TestNoMandateHere(t *testing.T) {
	w := newWorld(t, func() sqltest.Database { return sqltest.SQLite(t) })
	entrust(w.here, mandateText)
	if c, _ := w.delegate(t, "其他"); c.Mode != item.Entrusted {
		t.Errorf("beyond the limits, taken in as %s", c.Mode)
	}
	c, by := w.delegate(t, "曾用名")
	bench := &decide.Bench{Kit: w.here.kit, Store: w.here.store}
	must(bench.Accept(t.Context(), by, decide.Ref{Case: c.ID}))
	entrust(w.here, mandateText, item.Signature{Agreement: "agreements/example", By: "63", From: must(workday.ParseDate("2026-11-23")), Withdrawn: true})
	if _, err := bench.Decide(t.Context(), by, decide.Ref{Case: c.ID}, casefile.Decision{Outcome: casefile.Granted}); !errs.Is(err, errs.NoMandate) {
		t.Errorf("decided without a mandate: %v", err)
	}
	must(w.here.post.PassOn(t.Context(), by, c.ID, 0))
}

// fsck notices what was sealed without a mandate, and a second document.
func TestHarmedMandate(t *testing.T) {
	w := newWorld(t, func() sqltest.Database { return sqltest.SQLite(t) })
	entrust(w.here, mandateText)
	cat := entrust(w.there, mandateText)
	c, by := w.delegate(t, "曾用名")
	bench := &decide.Bench{Kit: w.here.kit, Store: w.here.store}
	must(bench.Accept(t.Context(), by, decide.Ref{Case: c.ID}))
	must(bench.Decide(t.Context(), by, decide.Ref{Case: c.ID}, casefile.Decision{Outcome: casefile.Granted}))
	w.seals(t, c.ID)
	w.check(t, cat)
	says := func(rule string, cat *item.Catalogue) {
		t.Helper()
		r := must(fsck.Check(t.Context(), w.nodes(), fsck.Options{Catalogue: cat}))
		for _, v := range r.Violations {
			if v.Rule == rule && v.Node == w.there.id {
				return
			}
		}
		t.Errorf("nothing about %s: %v", rule, r.Violations)
	}
	says("mandate", item.Default())
	says("mandate", entrust(w.there, mandateText, item.Signature{Agreement: "agreements/example", By: "23", From: must(workday.ParseDate("2026-11-23")), Withdrawn: true}))
	db := must(sql.Open("sqlite", strings.TrimPrefix(w.there.db.DSN, "sqlite:")))
	defer func() { _ = db.Close() }()
	must(db.ExecContext(t.Context(), `DELETE FROM papers WHERE kind = 'P-06'`))
	says("I3", cat)
}

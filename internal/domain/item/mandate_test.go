package item

import (
	"slices"
	"strings"
	"testing"

	"tongban/internal/kernel/region"
)

const goodMandate = `title = "示例委托"
title_en = "Example mandate"
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
name = "示例机关"
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

func signatures(a Agreement, demo bool, more ...Signature) []Signature {
	out := []Signature{{Agreement: a.ID, Digest: a.Digest, By: "23", From: a.From, Demo: demo}, {Agreement: a.ID, Digest: a.Digest, By: "63", From: a.From, Demo: demo}}
	return append(out, more...)
}

// A mandate carries what lies with the side that entrusts, for the other side, while both stand by it.
func TestMandated(t *testing.T) {
	tests := []struct {
		name, here, there, on string
		change                func(text string) string
		sign                  func(t *testing.T, a Agreement) []Signature
		want                  bool
	}{
		{name: "in force", want: true},
		{name: "on its last day", on: "2026-12-31", want: true},
		{name: "after its last day", on: "2027-01-01"},
		{name: "before its first day", on: "2025-12-31"},
		{name: "the other way round", here: "630102", there: "230183"},
		{name: "nobody signed", sign: func(*testing.T, Agreement) []Signature { return nil }},
		{name: "one side signed", sign: func(_ *testing.T, a Agreement) []Signature { return signatures(a, false)[1:] }},
		{name: "ended by who entrusts", sign: func(t *testing.T, a Agreement) []Signature {
			t.Helper()
			return signatures(a, false, Signature{Agreement: a.ID, By: "63", From: day(t, "2026-06-01"), Withdrawn: true})
		}},
		{name: "ended from a later day", want: true, sign: func(t *testing.T, a Agreement) []Signature {
			t.Helper()
			return signatures(a, false, Signature{Agreement: a.ID, By: "63", From: day(t, "2026-06-02"), Withdrawn: true})
		}},
		{name: "a demonstration's text, signed in earnest", change: func(s string) string { return strings.Replace(s, "source", "demo = true\nsource", 1) }},
		{
			name: "a demonstration", want: true, change: func(s string) string { return strings.Replace(s, "source", "demo = true\nsource", 1) },
			sign: func(_ *testing.T, a Agreement) []Signature { return signatures(a, true) },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := goodMandate
			if tt.change != nil {
				text = tt.change(text)
			}
			c := laid(t, map[string]string{agreementAt: text}).Fork()
			sign := func(_ *testing.T, a Agreement) []Signature { return signatures(a, false) }
			if tt.sign != nil {
				sign = tt.sign
			}
			c.Install(Published{Signatures: sign(t, c.AllAgreements()[0])})
			here, there, on := "230183", "630102", "2026-06-01"
			if tt.here != "" {
				here, there = tt.here, tt.there
			}
			if tt.on != "" {
				on = tt.on
			}
			a, ok := c.Mandated("2020-049", region.Must(here), region.Must(there), day(t, on), places(t))
			can := c.Can(Query{Item: "2020-049", Here: region.Must(here), There: region.Must(there), On: day(t, on)}, places(t))
			if ok != tt.want || slices.Contains(can.Modes, Delegated) != tt.want || ok && !slices.Contains(can.Basis, a.Title) {
				t.Errorf("mandated %v, can %v %v", ok, can.Modes, can.Basis)
			}
		})
	}
}

func TestMandateLimits(t *testing.T) {
	m := Mandate{
		Offices: []NamedOffice{{Code: "A"}},
		Limits:  []MandateLimit{{Field: "content", Values: []string{"曾用名"}}, {Field: "capital", Most: 100_000}},
	}
	for _, tt := range []struct{ office, content, capital, want string }{
		{"A", "曾用名", "100000", ""},
		{"A", "曾用名", "99999.99", ""},
		{"B", "曾用名", "1", MandateOffice},
		{"", "曾用名", "1", MandateOffice},
		{"A", "其他", "1", MandateLimits},
		{"A", "", "1", MandateLimits},
		{"A", "曾用名", "100000.01", MandateLimits},
		{"A", "曾用名", "-1", MandateLimits},
		{"A", "曾用名", "", MandateLimits},
		{"A", "曾用名", "NaN", MandateLimits},
		{"A", "曾用名", "much", MandateLimits},
	} {
		if got := m.Against(tt.office, map[string]string{"content": tt.content, "capital": tt.capital}); got != tt.want {
			t.Errorf("%+v gives %q", tt, got)
		}
	}
}

func TestLintRefusesMandates(t *testing.T) {
	good := strings.NewReplacer(`"2020-049"`, `"2020-030"`, `field = "content"`, `field = "trade_name"`).Replace(goodMandate)
	if f := laid(t, map[string]string{agreementAt: good}).Lint(); len(f) != 0 {
		t.Fatalf("%v", f)
	}
	for _, tt := range []struct{ name, old, new, rule string }{
		{"of somebody who is no side", `by = "630000"`, `by = "110000"`, "no-mandate"},
		{"without end", "until = \"2026-12-31\"\n", "", "dates"},
		{"for everything", `["2020-030"]`, `["*"]`, "no-mandate"},
		{"without offices", "[[mandate.offices]]\ncode = \"11230183MB9900013G\"\nname = \"示例机关\"\n", "", "no-mandate"},
		{"for the mode of something else", `["delegated"]`, `["joint"]`, "no-mandate"},
		{"with a limit on no field", `field = "trade_name"`, `field = "contents"`, "dangling"},
		{"with an amount of no money", `values = ["曾用名"]`, `most = 5`, "dangling"},
		{"with an empty limit", "values = [\"曾用名\"]\n", "", "unknown-value"},
		{"without basis", "basis = \"示例\"\n[[mandate.offices]]", "[[mandate.offices]]", "dangling"},
		{"with an office of no code", "11230183MB9900013G", "1123", "unknown-value"},
	} {
		text := strings.Replace(good, tt.old, tt.new, 1)
		if f := laid(t, map[string]string{agreementAt: text}).Lint(); !slices.ContainsFunc(f, func(f Finding) bool { return f.Rule == tt.rule }) || text == good {
			t.Errorf("a mandate %s: %v", tt.name, f)
		}
	}
}

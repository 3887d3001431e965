package item

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
)

const overlayAt = "overlays/630100/2020-030/2026-01-01.toml"

const goodAgreement = `title = "示例协议"
title_en = "Example"
from = "2026-01-01"
items = ["2020-030"]
modes = ["joint"]
source = "示例"
mark = "unverified"
[[parties]]
region = "230000"
[[parties]]
region = "630000"
[[limits]]
leg = "decide"
start = "received"
length = "2wd"
basis = "示例"
[[basis]]
key = "示例"
law = "示例协议"
article = "第1条"
text = "示例"
text_en = "Example"
`

const agreementAt = "agreements/example.toml"

// rowOnly is a matter that is known by its row alone.
const rowOnly = "2020-029"

func TestLintRefusesRules(t *testing.T) {
	tests := []struct{ name, file, old, new, rule string }{
		{"an overlay that asks for more on a practice", overlayAt, `sources = ["promise"]`, `sources = ["upload"]`, "asks-for-more"},
		{"an overlay that wants an original", overlayAt, "form = \"electronic\"", "form = \"original\"", "asks-for-more"},
		{"an overlay that drops what is not asked", overlayAt, `material = "premises"`, `material = "premise"`, "dangling"},
		{"an overlay without its basis", overlayAt, "when_en = \"for food\"\nif = \"food\"\nbasis = \"便民\"", "when_en = \"for food\"\nif = \"food\"\nbasis = \"无\"", "dangling"},
		{"an overlay that promises later than the law", overlayAt, `length = "1wd"`, `length = "4wd"`, "promise-too-long"},
		{"an overlay that promises for no limit", overlayAt, `limit = "decide"`, `limit = "settle"`, "dangling"},
		{"an overlay with a condition on no question", overlayAt, `if = "food"`, `if = "fodd"`, "condition"},
		{"an overlay with a condition that does not parse", overlayAt, `if = "food"`, `if = "food &&"`, "condition"},
		{"an overlay without source", overlayAt, "source = \"示例\"", `source = ""`, "no-source"},
		{"an overlay of another day", overlayAt, `from = "2026-01-01"`, `from = "2026-01-02"`, "dates"},
		{"an overlay without English", overlayAt, `text_en = "Food?"`, ``, "no-english"},
		{"an overlay with an odd payer", overlayAt, `payer = "place"`, `payer = "nobody"`, "unknown-value"},
		{"postage without basis", overlayAt, "payer = \"place\"\nbasis = \"便民\"", "payer = \"place\"", "dangling"},
		{"an agreement of one side", agreementAt, "[[parties]]\nregion = \"630000\"\n", "", "one-sided"},
		{"an agreement with itself", agreementAt, `region = "630000"`, `region = "230000"`, "one-sided"},
		{"an agreement of a place that is not there", agreementAt, `region = "630000"`, `region = "990000"`, "unknown-place"},
		{"an agreement on an item that is not there", agreementAt, `"2020-030"`, `"2020-930"`, "unknown-item"},
		{"an agreement on a mode that is not there", agreementAt, `"joint"`, `"remote"`, "unknown-mode"},
		{"an agreement that ends first", agreementAt, `from = "2026-01-01"`, "from = \"2026-01-01\"\nuntil = \"2025-01-01\"", "dates"},
		{"an agreement with a limit on nothing", agreementAt, "length = \"2wd\"\nbasis = \"示例\"", "length = \"2wd\"\nbasis = \"无\"", "dangling"},
		{"a limit longer than its law", "items/" + def, "leg = \"decide\"\nstart = \"received\"\nspot = true\nlength = \"3wd\"\nextend", "leg = \"decide\"\nstart = \"received\"\nspot = true\nlength = \"5wd\"\nextend", "longer-than-law"},
		{"an extension longer than its law", "items/" + def, `extend = "3wd"`, `extend = "4wd"`, "longer-than-law"},
		{"an issue longer than its law", "items/" + def, `length = "10wd"`, `length = "11wd"`, "longer-than-law"},
		{"a law that is not in force yet", "law.tsv", "市场主体登记管理条例\t第19条\t2022-03-01", "市场主体登记管理条例\t第19条\t2022-03-02", "not-in-force"},
		{"a law without source", "law.tsv", "\tgithub.com/LawRefBook/Laws 2025-04-19\n", "\t\n", "no-source"},
		{"a question without English", "items/" + def, "[form]\n", "[[questions]]\nkey = \"x\"\ntext = \"?\"\nwhy = \"?\"\nwhy_en = \"?\"\n\n[form]\n", "no-english"},
		{"a question that turns on a later one", "items/" + def, "[form]\n", "[[questions]]\nkey = \"x\"\ntext = \"?\"\ntext_en = \"?\"\nwhy = \"?\"\nwhy_en = \"?\"\nif = \"y\"\n\n[form]\n", "condition"},
		{"visits of a mode without plan", "items/" + def, "[form]\n", "[visits]\nonsite = 1\n\n[form]\n", "unknown-mode"},
		{"a required field with a condition", "items/" + def, "key = \"capital\"\n", "key = \"capital\"\nif = \"x\"\n", "needless"},
		{"a name without English", "items/names_en.tsv", "2020-001\t", "2020-001x\t", "no-english"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := fstest.MapFS{}
			for name, f := range shipped(t) {
				m["items/"+name] = f
			}
			for name, text := range map[string]string{"law.tsv": readShipped(t, "law.tsv"), overlayAt: xiningRules, agreementAt: goodAgreement} {
				m[name] = &fstest.MapFile{Data: []byte(text)}
			}
			replace(t, m, tt.file, tt.old, tt.new)
			c, err := Open(m)
			if err != nil {
				t.Fatal(err)
			}
			found := c.Lint()
			if !slices.ContainsFunc(found, func(f Finding) bool { return f.Rule == tt.rule && (f.Path() == tt.file || f.Path() == "items/"+def) }) {
				t.Errorf("no finding %s in %s: %v", tt.rule, tt.file, found)
			}
		})
	}
}

// What people must bring beyond the national list stands on a law that is cited by article and was read.
func TestOverlayMayAskForMoreOnALaw(t *testing.T) {
	cited := strings.NewReplacer(`sources = ["promise"]`, `sources = ["upload"]`,
		"law = \"示例\"\narticle = \"第1条\"", "law = \"食品安全法\"\narticle = \"第35条\"\nrank = \"law\"").Replace(xiningRules)
	c := laid(t, map[string]string{overlayAt: cited})
	if f := c.Lint(); len(f) != 0 {
		t.Errorf("%v", f)
	}
	c = laid(t, map[string]string{overlayAt: strings.Replace(cited, `rank = "law"`, "rank = \"law\"\nmark = \"memory\"", 1)})
	if f := c.Lint(); len(f) != 1 || f[0].Rule != "asks-for-more" {
		t.Errorf("a law that nobody read: %v", f)
	}
}

func TestTwoOverlaysAtOnce(t *testing.T) {
	later := strings.Replace(xiningRules, `from = "2026-01-01"`, `from = "2026-06-01"`, 1)
	at := "overlays/630100/2020-030/2026-06-01.toml"
	if f := laid(t, map[string]string{overlayAt: xiningRules, at: later}).Lint(); len(f) != 1 || f[0].Rule != "two-versions" {
		t.Errorf("%v", f)
	}
	ended := strings.Replace(xiningRules, `from = "2026-01-01"`, "from = \"2026-01-01\"\nuntil = \"2026-05-31\"", 1)
	if f := laid(t, map[string]string{overlayAt: ended, at: later}).Lint(); len(f) != 0 {
		t.Errorf("%v", f)
	}
}

// An agreement adds a mode only once both sides have signed it, and only between them while it holds; never one for which
// a definition has no plan.
func TestAgreement(t *testing.T) {
	signed := func(a Agreement) []Signature {
		return []Signature{
			{Agreement: a.ID, Digest: a.Digest, By: "23", From: a.From}, {Agreement: a.ID, Digest: a.Digest, By: "63", From: a.From},
		}
	}
	tests := []struct {
		name, item, here, there, on string
		demo, signed                bool
		cited, joint                bool
	}{
		{"not signed", rowOnly, "230183", "630102", "2026-11-23", false, false, true, false},
		{"signed", rowOnly, "230183", "630102", "2026-11-23", false, true, true, true},
		{"the other way round", rowOnly, "630102", "230183", "2026-11-23", false, true, true, true},
		{"no plan for it", "2020-030", "230183", "630102", "2026-11-23", false, true, true, false},
		{"before it holds", rowOnly, "230183", "630102", "2025-12-31", false, true, false, false},
		{"with a third place", rowOnly, "230183", "110101", "2026-11-23", false, true, false, false},
		{"a demonstration", rowOnly, "230183", "630102", "2026-11-23", true, true, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(goodAgreement, `["2020-030"]`, `["2020-030", "`+rowOnly+`"]`, 1)
			if tt.demo {
				text = strings.Replace(text, `mark = `, "demo = true\nmark = ", 1)
			}
			c := laid(t, map[string]string{agreementAt: text}).Fork()
			if tt.signed {
				c.Install(Published{Signatures: signed(c.AllAgreements()[0])})
			}
			a := c.Can(Query{Item: tt.item, Here: region.Must(tt.here), There: region.Must(tt.there), On: day(t, tt.on)}, places(t))
			if slices.Contains(a.Basis, "示例协议") != tt.cited || slices.Contains(a.Modes, Joint) != tt.joint || tt.cited && !a.Provisional {
				t.Errorf("%+v", a)
			}
			if tt.cited && tt.item != rowOnly {
				g := ask(t, c, tt.item, tt.here, tt.there, tt.on, nil)
				if len(g.Agreements) != 1 || g.Summary.Term.Layer != AgreedLayer || g.Summary.Term.Promise.N != 2 {
					t.Errorf("%+v", g.Summary.Term)
				}
			}
		})
	}
}

func TestShippedRules(t *testing.T) {
	g := ask(t, Default(), "2020-030", "500103", "510100", "2026-11-23", nil)
	if term := g.Summary.Term; term.Promise.N != 1 || term.Layer != AgreedLayer || term.Mark != Likely {
		t.Errorf("Sichuan and Chongqing promise one day: %+v", term)
	}
	if !slices.Contains(g.Answer.Basis, "川渝营业执照互办互发") || !g.Answer.Provisional {
		t.Errorf("can cites the agreement and its mark: %+v", g.Answer)
	}
	g = ask(t, Default(), "新生儿入户", "320100", "310115", "2026-11-23", nil)
	i := slices.IndexFunc(g.Materials, func(m GuideMaterial) bool { return m.Key == "promise" })
	if i < 0 || g.Materials[i].Way != WayPromise || g.Materials[i].Rule.Mark != Likely {
		t.Errorf("%+v", g.Materials)
	}
	if len(g.Agreements) == 0 {
		t.Fatal("no agreement between Nanjing and Shanghai")
	}
	for _, a := range g.Agreements {
		if a.Carries() {
			t.Errorf("%s claims signatures that nobody gave", a.ID)
		}
	}
}

func TestOverlayInOddFolder(t *testing.T) {
	m := fstest.MapFS{"law.tsv": &fstest.MapFile{Data: []byte(readShipped(t, "law.tsv"))}, "overlays/xining/2020-030/2026-01-01.toml": &fstest.MapFile{Data: []byte(xiningRules)}}
	for name, f := range shipped(t) {
		m["items/"+name] = f
	}
	if _, err := Open(m); !errs.Is(err, errs.CatalogueBroken) {
		t.Error(err)
	}
}

// A start reads heads only; each definition is read once, when it is first asked for.
func TestStartReadsNoDefinition(t *testing.T) {
	began := time.Now()
	c, err := heads(shippedRoot())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("heads of %d items in %v", len(c.items), time.Since(began))
	a, _ := c.Version("2020-030", day(t, "2026-11-23"))
	b, _ := c.Version("2020-030", day(t, "2026-11-23"))
	if len(a.Materials) == 0 || &a.Materials[0] != &b.Materials[0] {
		t.Error("a definition is read again")
	}
}

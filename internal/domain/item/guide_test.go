package item

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

func ask(t testing.TB, c *Catalogue, item, here, there, on string, answers map[string]bool) Guide {
	t.Helper()
	g, err := c.Guide(Query{Item: item, Here: region.Must(here), There: region.Must(there), On: day(t, on)}, answers, places(t))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func ways(g Guide) map[string]Way {
	out := map[string]Way{}
	for _, m := range g.Materials {
		out[m.Key] = m.Way
	}
	return out
}

func TestGuideOfTheStory(t *testing.T) {
	g := ask(t, Default(), "企业设立登记", "230183", "630102", "2026-11-23", nil)
	if !g.Defined || g.Summary.Mode != Online || g.Summary.Visits != 0 || g.Summary.FeeFen != 0 || g.Summary.Result.Name != "营业执照" {
		t.Errorf("%+v", g.Summary)
	}
	if term := g.Summary.Term; term == nil || !term.Spot || term.Law != (workday.Limit{N: 3, Unit: workday.WorkingDays}) || term.Basis != "市场主体登记管理条例 第19条" {
		t.Errorf("%+v", term)
	}
	want := map[string]Way{
		"application": WayGenerated, "charter": WayGenerated, "appointment": WayGenerated, "identity": WayLicence,
		"premises": WayAuto, "consent": WayGenerated, "permit": WayLicence, "proxy": WayGenerated,
	}
	if diff := cmp.Diff(want, ways(g)); diff != "" {
		t.Error(diff)
	}
	for _, m := range g.Materials {
		if m.Rule.Layer != National || m.Rule.ID != "2020-030/2022-03-01" || m.Rule.Cite == "" {
			t.Errorf("%s rests on %+v", m.Key, m.Rule)
		}
		if open := m.Key == "permit" || m.Key == "proxy"; open != (m.Needed == Perhaps) {
			t.Errorf("%s: needed %d", m.Key, m.Needed)
		}
	}
	if len(g.Questions) != 2 || len(g.Overlays) != 2 || len(g.Overlays[0].Digest) != 64 || !g.Overlays[1].Demo {
		t.Errorf("%d questions, overlays %v", len(g.Questions), g.Overlays)
	}
}

func TestAnswersNarrowTheGuide(t *testing.T) {
	g := ask(t, Default(), "2020-030", "230183", "630102", "2026-11-23", map[string]bool{"agent": false, "licensed": true})
	got := ways(g)
	if _, there := got["proxy"]; there || got["permit"] != WayLicence {
		t.Errorf("%v", got)
	}
	for _, m := range g.Materials {
		if m.Needed != Yes {
			t.Errorf("%s is still open", m.Key)
		}
	}
}

// Every row has a guide, whatever is known of it: what is not known is said to be open, never zero.
func TestEveryRowHasAGuide(t *testing.T) {
	for _, it := range Default().All() {
		g := ask(t, Default(), it.Code, "320102", "630102", "2026-11-23", nil)
		s := g.Summary
		if g.Item.Code != it.Code || len(s.Modes) == 0 || s.Mode == None || !g.Answer.Possible {
			t.Errorf("%s: %+v", it.Code, g.Answer)
		}
		if len(it.Versions) > 0 {
			if !g.Defined || g.Open() || len(g.Materials) == 0 && len(g.Fields) == 0 {
				t.Errorf("%s is defined but its guide is empty", it.Code)
			}
			continue
		}
		if !g.Open() || s.FeeFen != NotVerified || s.Term != nil || s.Result.Name != "" || len(g.Materials) > 0 {
			t.Errorf("%s: something is claimed that nothing supports: %+v", it.Code, s)
		}
		if s.Visits != NotVerified && s.VisitsMark != Inferred {
			t.Errorf("%s: visits %d without ground", it.Code, s.Visits)
		}
	}
}

func TestGuideBeforeThePlacesAreChosen(t *testing.T) {
	g, err := Default().Guide(Query{Item: "2020-030", On: day(t, "2026-11-23")}, nil, places(t))
	if err != nil || g.Answer.ReasonKey != "no-place" || g.Answer.Reason == "" || g.Summary.Mode != Online || len(g.Materials) != 8 {
		t.Errorf("%v %+v", err, g.Answer)
	}
	if _, err := Default().Guide(Query{Item: "火星登记"}, nil, places(t)); errs.CodeOf(err) != errs.ItemUnknown {
		t.Error(err)
	}
}

// laid is the shipped catalogue with files laid beside it.
func laid(t testing.TB, files map[string]string) *Catalogue {
	t.Helper()
	m := fstest.MapFS{}
	for name, f := range shipped(t) {
		m["items/"+name] = f
	}
	m["law.tsv"] = &fstest.MapFile{Data: []byte(readShipped(t, "law.tsv"))}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, err := Open(m)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const xiningRules = `from = "2026-01-01"
source = "示例"
demo = true
[[basis]]
key = "便民"
law = "示例"
article = "第1条"
text = "不再要求住所文件"
text_en = "No papers on the address"
[[questions]]
key = "food"
text = "做食品吗？"
text_en = "Food?"
why = "示例"
why_en = "Example"
[[materials]]
key = "health-promise"
name = "食品安全承诺书"
name_en = "Promise on food safety"
sources = ["promise"]
form = "electronic"
when = "做食品"
when_en = "for food"
if = "food"
basis = "便民"
[[drop]]
material = "premises"
basis = "便民"
[[promises]]
limit = "decide"
length = "1wd"
basis = "便民"
[contact]
office = "西宁市行政审批服务局"
phone = "0971-12345"
[postage]
payer = "place"
basis = "便民"
`

func TestOverlaysOfBothPlacesMakeOneList(t *testing.T) {
	c := laid(t, map[string]string{
		"overlays/630100/2020-030/2026-01-01.toml": xiningRules,
		"overlays/230000/2020-030/2026-01-01.toml": `from = "2026-01-01"
source = "示例"
demo = true
[[basis]]
key = "窗口"
law = "示例"
article = "第2条"
text = "窗口留存同意书"
text_en = "The desk keeps the consent"
[[materials]]
key = "consent"
name = "跨省通办服务同意书"
name_en = "Consent"
sources = ["generated"]
form = "electronic"
required = true
basis = "窗口"
[[drop]]
material = "charter"
basis = "窗口"
[[promises]]
limit = "decide"
length = "1wd"
basis = "窗口"
`,
	})
	g := ask(t, c, "2020-030", "230183", "630102", "2026-11-23", map[string]bool{"food": true})
	got := ways(g)
	if _, there := got["premises"]; there || len(g.Dropped) != 1 || g.Dropped[0].Rule.Region != region.Must("630100") {
		t.Errorf("the deciding place spares a paper: %v %v", got, g.Dropped)
	}
	if _, there := got["charter"]; !there {
		t.Error("the receiving place cannot spare a paper on which another place decides")
	}
	n := 0
	for _, m := range g.Materials {
		if m.Key == "consent" {
			n++
		}
		if m.Key == "health-promise" && (m.Rule.Layer != ThereRule || m.Way != WayPromise || m.Needed != Yes || m.Rule.Cite != "示例 第1条") {
			t.Errorf("%+v", m)
		}
	}
	if n != 1 {
		t.Errorf("what both places ask for stands %d times", n)
	}
	if s := g.Summary; s.Term.Promise != (workday.Limit{N: 1, Unit: workday.WorkingDays}) || s.Term.Layer != ThereRule ||
		s.Postage.Payer != "place" || len(s.Contacts) != 1 || len(g.Overlays) != 2 {
		t.Errorf("%+v %+v", s, s.Term)
	}
	if g := ask(t, c, "2020-030", "230183", "630102", "2025-12-31", nil); len(g.Overlays) != 0 || len(g.Dropped) != 0 || g.Summary.Term.Layer != National {
		t.Error("an overlay holds before its first day")
	}
	if g := ask(t, c, "2020-030", "630102", "110101", "2026-11-23", nil); len(g.Dropped) != 0 || g.Summary.Term.Promise.N != 0 {
		t.Errorf("the overlay of the receiving place binds the deciding place: %+v", g.Summary.Term)
	}
}

func TestNarrowKeepsTheDigest(t *testing.T) {
	v, _ := Default().Version("2020-030", day(t, "2026-11-23"))
	v.Materials = append([]Material{{Key: "a", If: "x"}, {Key: "b", If: "not x"}}, v.Materials...)
	v.Form.Fields = append([]Field{{Key: "f", If: "x", Source: Asked}}, v.Form.Fields...)
	n := v.Narrow(map[string]bool{"x": true})
	if n.Digest != v.Digest || n.Materials[0].Key != "a" || !n.Materials[0].Required || n.Materials[1].Key == "b" || !n.Form.Fields[0].Required {
		t.Errorf("%+v", n.Materials[:2])
	}
	if n := v.Narrow(nil); len(n.Materials) != len(v.Materials) || n.Materials[0].Required {
		t.Error("an unanswered question removed or demanded something")
	}
}

func TestAContactIsNamedOnce(t *testing.T) {
	var s Summary
	s.contact(DutyContact{Office: "A", Phone: "1"}, DutyContact{Office: "A", Phone: "2"})
	s.contact(DutyContact{Office: "A", Phone: "1", Region: "630000000000"}, DutyContact{Office: "B", Phone: "1"})
	if len(s.Contacts) != 3 {
		t.Errorf("%+v", s.Contacts)
	}
}

package item

import (
	"slices"
	"testing"

	"tongban/internal/kernel/region"
)

func table(t *testing.T) *region.Table {
	t.Helper()
	r, err := region.Default()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// rent is a rule that 西宁 publishes: a paper more, unless it is an agent who comes, and a shorter promise.
const rent = `from = "2027-01-01"
source = "西宁市示例规定"

[[basis]]
key = "办法"
law = "西宁市示例办法"
article = "第3条"
text = "住所为租赁的提交租赁合同"
text_en = "A rented address needs its lease"
rank = "regulation"

[[questions]]
key = "rented"
text = "住所是租来的吗？"
text_en = "Is the address rented?"
why = "租来的要有租赁合同"
why_en = "A rented address needs its lease"

[[materials]]
key = "lease"
name = "租赁合同"
name_en = "Lease"
sources = ["upload"]
form = "copy"
when = "住所是租来的"
when_en = "if the address is rented"
if = "rented"
basis = "办法"

[[promises]]
limit = "decide"
length = "2wd"
basis = "办法"
`

func overlay(t *testing.T) Overlay {
	t.Helper()
	o, err := ReadOverlay("overlays/630100/2020-030/2027-01-01", rent)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// What is written is read back as it was, and writing it again gives the same bytes: they are what is signed.
func TestOverlayText(t *testing.T) {
	o := overlay(t)
	text, err := o.Text()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadOverlay(o.ID, text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	again, err := back.Text()
	if err != nil || again != text {
		t.Errorf("%v\n%s\nis not\n%s", err, again, text)
	}
	if found := Default().CheckOverlay(back, text); len(found) > 0 {
		t.Errorf("%v", found)
	}
	if back.Materials[0].If != "rented" || back.Promises[0].Length.N != 2 || back.From != o.From {
		t.Errorf("%+v", back)
	}
}

func TestCheckOverlayNamesWhatIsWrong(t *testing.T) {
	o := overlay(t)
	o.Basis[0].Rank = "practice"
	o.Drop = []Drop{{Material: "no-such", Basis: "办法"}}
	var rules []string
	for _, f := range Default().CheckOverlay(o, rent) {
		rules = append(rules, f.Rule)
	}
	if !slices.Equal(rules, []string{"asks-for-more", "dangling"}) {
		t.Errorf("%v", rules)
	}
}

// A published overlay holds from its day, goes before the built-in one, and ends with the next; a withdrawal leaves none.
func TestPublishedOverlaysFollowEachOther(t *testing.T) {
	c := Default().Fork()
	first := overlay(t)
	second := first
	second.From, second.Digest, second.Questions, second.Materials = day(t, "2027-03-01"), "second", nil, nil
	gone := Overlay{ID: "overlays/630100/2020-030/2027-05-01", Region: first.Region, Item: first.Item, From: day(t, "2027-05-01"), Withdrawn: true}
	c.Install(Published{Overlays: []Overlay{first, second, gone}})
	regions := table(t)
	here, there := region.Must("230183"), region.Must("630100")
	pin := func(on string) string {
		v, ok := c.Local("2020-030", here, there, day(t, on), regions)
		if !ok {
			t.Fatal(on)
		}
		return v.Pins.There
	}
	builtin, _ := Default().OverlayOf("2020-030", first.Region, day(t, "2026-12-31"))
	for _, tt := range []struct{ on, want string }{
		{"2026-12-31", builtin.Digest},
		{"2027-01-01", first.Digest},
		{"2027-02-28", first.Digest},
		{"2027-03-01", "second"},
		{"2027-04-30", "second"},
		{"2027-05-01", NoRules},
	} {
		if got := pin(tt.on); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.on, got, tt.want)
		}
	}
	if got, _ := Default().Local("2020-030", here, there, day(t, "2027-02-01"), regions); got.Pins.There != builtin.Digest {
		t.Error("a fork changed the built-in catalogue")
	}
}

// The definition between two places asks what the deciding place asks, and Diff tells a draft what is new.
func TestLocalAndPinned(t *testing.T) {
	c := Default().Fork()
	o := overlay(t)
	c.Install(Published{Overlays: []Overlay{o}})
	regions := table(t)
	here, there := region.Must("230183"), region.Must("630100")
	before, _ := c.Local("2020-030", here, there, day(t, "2026-12-31"), regions)
	after, _ := c.Local("2020-030", here, there, day(t, "2027-01-01"), regions)
	var got []string
	for _, ch := range Diff(before, after) {
		got = append(got, ch.Kind+" "+ch.Part+" "+ch.Key)
	}
	if !slices.Equal(got, []string{"asked-more material lease", "asked-more question rented", "shorter limit decide"}) {
		t.Errorf("%v", got)
	}
	if other, _ := c.Local("2020-030", there, here, day(t, "2027-01-01"), regions); len(Diff(before, other)) == 0 || other.Limits[1].Promised.N == 2 {
		t.Error("as the receiving place it asks for its paper, and does not promise for the deciding one")
	}
	pinned, err := c.Pinned(after.Digest, after.Pins)
	if err != nil || len(Diff(after, pinned)) != 0 || pinned.Pins != after.Pins {
		t.Errorf("%v", err)
	}
	if _, err := c.Pinned("no-such", Pins{}); err == nil {
		t.Error("a definition that nobody holds")
	}
}

func TestTry(t *testing.T) {
	o := overlay(t)
	trial := Trial{
		Here: region.Must("230183"), There: region.Must("630100"), On: day(t, "2027-01-01"), Mode: Online, Term: "2wd",
		Answers: map[string]bool{"rented": true, "agent": false, "licensed": false},
	}
	if m := Default().Try("2020-030", o, trial, table(t)); len(m) > 0 {
		t.Errorf("%v", m)
	}
	trial.Term, trial.Mode, trial.Materials = "9wd", Joint, []string{"lease"}
	m := Default().Try("2020-030", o, trial, table(t))
	if len(m) != 3 || m[2].Got != "2wd" || !slices.Contains([]string{"online", "entrusted"}, m[0].Got) {
		t.Errorf("%v", m)
	}
}

// Only an agreement that both places signed, in its text and for the day, adds its modes.
func TestAgreementsCarryWhatBothSigned(t *testing.T) {
	const id = "agreements/demo-pair"
	text := `title = "两地协议"
title_en = "The two places"
from = "2026-01-01"
items = ["2020-030"]
modes = ["joint"]
source = "示例"
[[parties]]
region = "230000"
[[parties]]
region = "630000"
[[basis]]
key = "协议"
law = "两地协议"
article = "第1条"
text = "互办"
text_en = "For each other"
`
	a, err := ReadAgreement(id, text)
	if err != nil {
		t.Fatal(err)
	}
	on := day(t, "2026-11-23")
	by := func(province string, f func(*Signature)) Signature {
		s := Signature{Agreement: id, Digest: a.Digest, By: province, From: day(t, "2026-01-01")}
		if f != nil {
			f(&s)
		}
		return s
	}
	for _, tt := range []struct {
		name string
		said []Signature
		want bool
	}{
		{"nobody", nil, false},
		{"one side", []Signature{by("23", nil)}, false},
		{"both", []Signature{by("23", nil), by("63", nil)}, true},
		{"another text", []Signature{by("23", nil), by("63", func(s *Signature) { s.Digest = "other" })}, false},
		{"over", []Signature{by("23", nil), by("63", func(s *Signature) { s.Until = day(t, "2026-11-22") })}, false},
		{"not yet", []Signature{by("23", nil), by("63", func(s *Signature) { s.From = day(t, "2026-11-24") })}, false},
		{"taken back", []Signature{by("23", nil), by("63", nil), by("63", func(s *Signature) { s.Withdrawn, s.From = true, on })}, false},
		{"to be taken back", []Signature{by("23", nil), by("63", nil), by("63", func(s *Signature) { s.Withdrawn, s.From = true, on.AddDays(1) })}, true},
		{"a third place", []Signature{by("23", nil), by("62", nil)}, false},
	} {
		c := Default().Fork()
		c.Install(Published{Agreements: []Agreement{a}, Signatures: tt.said})
		got := c.Agreements("2020-030", region.Must("230183"), region.Must("630100"), on, table(t))
		i := slices.IndexFunc(got, func(g Agreement) bool { return g.ID == id })
		if i < 0 || got[i].Carries() != tt.want {
			t.Errorf("%s: carries is not %v: %+v", tt.name, tt.want, got)
		}
		can := c.Can(Query{Item: "2020-030", Here: region.Must("230183"), There: region.Must("630100"), On: on}, table(t))
		said := slices.ContainsFunc(can.Marks, func(n Note) bool { return n.What == "agreement-unsigned" })
		if said == tt.want || !can.Possible {
			t.Errorf("%s: can says so: %v, possible %v", tt.name, said, can.Possible)
		}
	}
}

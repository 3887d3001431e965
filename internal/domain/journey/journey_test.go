package journey

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/party"
)

var now = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

// rules have one of everything: a yes-no question, a found and two asked fields, another party, papers of each kind.
func rules() item.Version {
	return item.Version{
		Questions: []item.Question{{Key: "agent", Text: "由别人代办吗"}},
		Form: item.Form{Fields: []item.Field{
			{Key: "name", Label: "姓名", Type: item.Person, Required: true, Source: item.FromEvidence, From: "idcard.name", Fallback: item.FallAsk},
			{Key: "trade", Label: "字号", Type: item.Text, Required: true, Max: 5, Source: item.Asked, Fallback: item.FallAsk},
			{Key: "spare", Label: "备选", Type: item.Text, Max: 5, Source: item.Asked, Fallback: item.FallAsk},
			{Key: "proxy", Label: "代办人", Type: item.Text, If: "agent", Source: item.Asked, Fallback: item.FallAsk},
			{Key: "second", Label: "监事", Type: item.Person, Source: item.FromEvidence, From: "invited.name", Fallback: item.FallWait},
			{Key: "owner", Label: "房主", Type: item.Text, Required: true, Source: item.FromEvidence, From: "land.owner", Fallback: item.FallUpload},
		}},
		Materials: []item.Material{
			{Key: "form", Required: true, Sources: []string{"generated"}},
			{Key: "deed", Required: true, Sources: []string{"shared", "promise", "upload"}, Resource: "land"},
			{Key: "permit", Sources: []string{"upload"}},
		},
	}
}

func found() map[string]Record {
	return map[string]Record{
		"idcard": {Values: map[string]string{"name": "樊"}, Name: "公安", At: now},
		"land":   {Values: map[string]string{"owner": "樊"}, Name: "不动产", At: now},
	}
}

func way(d Draft) string {
	var out []string
	for _, s := range Steps(d, rules().Narrow(d.Said)) {
		mark := " "
		if s.Done {
			mark = "+"
		}
		out = append(out, mark+s.Path())
	}
	return strings.Join(out, "")
}

func TestTheWay(t *testing.T) {
	said := map[string]bool{"agent": false}
	all := Draft{
		Said: said, Records: found(), Answers: map[string]string{"trade": "雪莲", "spare": ""},
		Seen: map[string]bool{"found": true, "invite": true, "materials": true},
	}
	for _, c := range []struct {
		what string
		d    Draft
		want string
	}{
		{"a new draft", Draft{Records: found()}, " ask/agent found q/trade q/spare q/proxy invite materials check"},
		{"no agent: nobody is asked about one", Draft{Records: found(), Said: said}, "+ask/agent found q/trade q/spare invite materials check"},
		{"all done but the check", all, "+ask/agent+found+q/trade+q/spare+invite+materials check"},
		{"an answer that is too long is no answer", with(all, func(d *Draft) { d.Answers["trade"] = "一二三四五六" }), "+ask/agent+found q/trade+q/spare+invite+materials check"},
		{"the police do not answer: the row is a question", with(all, func(d *Draft) { d.Records["idcard"] = Record{Gap: Down} }), "+ask/agent+found q/name+q/trade+q/spare+invite+materials check"},
		{"what was found is wrong: it is asked", with(all, func(d *Draft) { d.Wrong["name"] = "不是我" }), "+ask/agent+found q/name+q/trade+q/spare+invite+materials check"},
		{"the land register does not answer: a paper instead", with(all, func(d *Draft) { d.Records["land"] = Record{Gap: Down} }), "+ask/agent+found+q/trade+q/spare+invite materials check"},
	} {
		if got := way(c.d); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.what, got, c.want)
		}
	}
}

func with(d Draft, f func(*Draft)) Draft { d = d.Clone(); f(&d); return d }

func TestNextAndAfter(t *testing.T) {
	steps := []Step{{Kind: Found, Done: true}, {Kind: Question, Field: "a"}, {Kind: Question, Field: "b", Done: true}, {Kind: Check}}
	if n := Next(steps); n.Field != "a" {
		t.Errorf("next is %v", n)
	}
	if n := After(steps, Step{Kind: Question, Field: "b"}); n.Field != "a" {
		t.Errorf("after the last answer comes %v, though an earlier one is open", n)
	}
	if Reachable(steps, "check") || !Reachable(steps, "q/b") || Reachable(steps, "q/none") {
		t.Error("what may be shown")
	}
	steps[1].Done = true
	if n := After(steps, Step{Kind: Question, Field: "b"}); n.Kind != Check || !Reachable(steps, "check") {
		t.Errorf("after everything comes %v", n)
	}
	if s, ok := Before(steps, "q/a"); !ok || s.Kind != Found {
		t.Errorf("before a comes %v", s)
	}
}

func TestPapers(t *testing.T) {
	state := func(d Draft) string {
		var out []string
		for _, p := range Papers(d, rules()) {
			s := p.Material.Key + "=" + p.Source
			if !p.Done {
				s += "?"
			}
			out = append(out, s)
		}
		return strings.Join(out, " ")
	}
	down := map[string]Record{"land": {Gap: Down, Name: "不动产"}}
	for _, c := range []struct {
		what string
		d    Draft
		want string
	}{
		{"found", Draft{Records: found()}, "form=generated deed=shared permit="},
		{"the register is down", Draft{Records: down}, "form=generated deed=? permit= instead-of-owner=?"},
		{"declared", Draft{Records: down, Supplies: map[string]string{"deed": "promise"}}, "form=generated deed=promise permit= instead-of-owner=?"},
		{"to be uploaded, nothing there yet", Draft{Records: found(), Supplies: map[string]string{"permit": "upload"}}, "form=generated deed=shared permit=upload?"},
		{"uploaded", Draft{Records: down, Supplies: map[string]string{"deed": "upload", "instead-of-owner": "upload"}, Files: []exchange.File{{Material: "deed"}, {Material: "instead-of-owner"}}}, "form=generated deed=upload permit= instead-of-owner=upload"},
		{"a way that the item does not have", Draft{Records: found(), Supplies: map[string]string{"permit": "promise"}}, "form=generated deed=shared permit="},
	} {
		if got := state(c.d); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.what, got, c.want)
		}
	}
}

func TestGuest(t *testing.T) {
	g := &Guest{Secret: []byte("hash"), Until: now.Add(InviteLife), State: Invited}
	if !g.Opens([]byte("hash")) || g.Opens([]byte("hasj")) || g.Opens(nil) || (*Guest)(nil).Opens([]byte("hash")) || (&Guest{}).Opens(nil) {
		t.Error("who opens the invitation")
	}
	if g.Over(now) || !g.Over(now.Add(InviteLife)) {
		t.Error("when it is over")
	}
	d := Draft{Guest: g}
	if d.Facts(rules())["invited.name"] != "" {
		t.Error("an invitation without an answer gives a name")
	}
	g.State, g.Person = Joined, party.Person{Name: "林", IDNo: "1"}
	if d.Facts(rules())["invited.name"] != "林" {
		t.Error("who joined gives no name")
	}
}

func TestMovedSaysWhatChanged(t *testing.T) {
	old, next := rules(), rules()
	next.Form.Fields[1].Max = 9
	next.Form.Fields = append(next.Form.Fields, item.Field{Key: "new", Label: "新项", Source: item.Asked})
	next.Materials = next.Materials[:2]
	next.Fee.Fen = 100
	var got []string
	for _, c := range Moved(old, next) {
		got = append(got, c.What+" "+c.How+" "+c.Name)
	}
	want := []string{"question changed 字号", "question new 新项", "material gone ", "fee changed "}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if len(Moved(old, old)) != 0 {
		t.Error("the same rules differ")
	}
}

func TestAChangeLeavesTheDraftThatItBeganWith(t *testing.T) {
	d := Draft{Answers: map[string]string{"a": "1"}, Guest: &Guest{State: Invited}}
	c := d.Clone()
	c.Answers["a"], c.Guest.State, c.Said["x"] = "2", Joined, true
	if d.Answers["a"] != "1" || d.Guest.State != Invited || d.Said["x"] {
		t.Error("the clone shares what it changes")
	}
}

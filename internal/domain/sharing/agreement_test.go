package sharing

import (
	"testing"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/resource"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

func signer(t testing.TB) *proof.Signer {
	t.Helper()
	k, err := gm.MemoryKeys().SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	return proof.NewSigner(k)
}

var monday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

func estate() resource.Resource {
	return resource.Resource{
		Owner: "63", Key: "realestate", Version: 1, Name: "不动产登记信息", NameEn: "Real estate register", Office: "630100", Source: "realestate",
		Fields: []string{"address", "owner"}, Attribute: resource.Conditional, Basis: "政务数据共享条例 第14条", Freshness: resource.Live, PerDay: 100,
		From: workday.DateOf(monday),
	}
}

func terms() Terms {
	return Terms{
		Agreement: "0199b0a0-0000-7000-8000-000000000001", Version: 1, Parties: []office.NodeID{"23", "63"}, From: workday.DateOf(monday),
		Until: workday.NewDate(2027, 11, 22), Cost: "各自承担", Grants: []Grant{{
			Provider: "63", Resource: "realestate", Askers: []office.NodeID{"23"}, Fields: []string{"owner"}, Items: []string{"2020-030"},
			Purpose: "核对住所", Basis: "市场主体登记管理条例 第16条", PerDay: 10, WithinMS: 2000, KeepDays: 30,
		}},
	}
}

// What a statement must be to be taken at all: every row spoils one thing.
func TestOpenStatement(t *testing.T) {
	north, west := signer(t), signer(t)
	trust := &office.TrustList{Version: 1, Nodes: []office.Node{{ID: "23", Sign: north.Public()}, {ID: "63", Sign: west.Public()}}}
	for name, tt := range map[string]struct {
		do   func(st *Statement)
		by   *proof.Signer
		typ  string
		want errs.Code
	}{
		"as it should be":        {},
		"by a stranger":          {by: signer(t), want: errs.UnknownKey},
		"another type":           {typ: "rules", want: errs.WrongType},
		"in an equal's name":     {do: func(st *Statement) { st.By = "23" }, want: errs.SharingNotTheirs},
		"proposed for others":    {do: func(st *Statement) { st.Terms.Parties = []office.NodeID{"23", "32"} }, want: errs.SharingNotTheirs},
		"no number":              {do: func(st *Statement) { st.Seq = 0 }, want: errs.SharingUnreadable},
		"no such kind":           {do: func(st *Statement) { st.Kind = "decree" }, want: errs.SharingUnreadable},
		"ended without a reason": {do: func(st *Statement) { st.Kind, st.Agreement = End, st.Terms.Agreement }, want: errs.SharingUnreadable},
		"signs nothing":          {do: func(st *Statement) { st.Kind, st.Agreement = Sign, st.Terms.Agreement }, want: errs.SharingUnreadable},
		"describes an equal's data": {do: func(st *Statement) {
			r := estate()
			r.Owner = "23"
			st.Kind, st.Resource = Describe, &r
		}, want: errs.SharingNotTheirs},
		"a resource without a basis": {do: func(st *Statement) {
			r := estate()
			r.Basis = " "
			st.Kind, st.Resource = Describe, &r
		}, want: errs.ResourceIncomplete},
		"alone":                {do: func(st *Statement) { st.Terms.Parties = []office.NodeID{"63"} }, want: errs.TermsIncomplete},
		"no cost":              {do: func(st *Statement) { st.Terms.Cost = "" }, want: errs.TermsIncomplete},
		"no purpose":           {do: func(st *Statement) { st.Terms.Grants[0].Purpose = "" }, want: errs.TermsIncomplete},
		"no quota":             {do: func(st *Statement) { st.Terms.Grants[0].PerDay = 0 }, want: errs.TermsIncomplete},
		"asks itself":          {do: func(st *Statement) { st.Terms.Grants[0].Askers = []office.NodeID{"63"} }, want: errs.TermsIncomplete},
		"an asker from aside":  {do: func(st *Statement) { st.Terms.Grants[0].Askers = []office.NodeID{"32"} }, want: errs.TermsIncomplete},
		"ends before it began": {do: func(st *Statement) { st.Terms.Until = workday.NewDate(2026, 1, 1) }, want: errs.TermsIncomplete},
		"too large":            {do: func(st *Statement) { st.Terms.Cost = string(make([]byte, Max)) }, want: errs.SharingUnreadable},
	} {
		x := terms()
		st := Statement{By: "63", Seq: 1, At: monday, Officer: "a", Kind: Propose, Terms: &x}
		if tt.do != nil {
			tt.do(&st)
		}
		by, typ := west, Typ
		if tt.by != nil {
			by = tt.by
		}
		if tt.typ != "" {
			typ = tt.typ
		}
		s, err := proof.SignJSON(by, typ, st)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(s, trust); (tt.want == 0) != (err == nil) || tt.want != 0 && !errs.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNext(t *testing.T) {
	one, two, other := proof.Hash{1}, proof.Hash{2}, proof.Hash{9}
	at := Link{Seq: 1, Hash: one}
	for name, tt := range map[string]struct {
		st          Statement
		hash, known proof.Hash
		want        errs.Code
	}{
		"the next":          {Statement{Seq: 2, Prev: one}, two, proof.Hash{}, 0},
		"again":             {Statement{Seq: 1}, one, one, errs.SharingOld},
		"two of one number": {Statement{Seq: 1}, other, one, errs.SharingTwice},
		"one is missing":    {Statement{Seq: 3, Prev: two}, other, proof.Hash{}, errs.SharingGap},
		"after another one": {Statement{Seq: 2, Prev: other}, two, proof.Hash{}, errs.SharingGap},
	} {
		if err := at.Next(tt.st, tt.hash, tt.known); (tt.want == 0) != (err == nil) || tt.want != 0 && !errs.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The life of an agreement, told to two books in different orders: both end the same after every day.
func TestAgreementStands(t *testing.T) {
	first := terms()
	hash, _ := first.Hash()
	second := terms()
	second.Version, second.Prev, second.Grants[0].PerDay = 2, hash, 20
	newer, _ := second.Hash()
	hijack := terms()
	hijack.Version, hijack.Prev, hijack.Parties = 9, newer, []office.NodeID{"32", "63"}
	hijack.Grants[0].Askers = []office.NodeID{"32"}
	stolen, _ := hijack.Hash()
	id := first.Agreement
	say := func(by office.NodeID, seq int, st Statement) Statement {
		st.By, st.Seq, st.At = by, seq, monday.Add(time.Duration(seq)*time.Hour)
		return st
	}
	propose := say("23", 1, Statement{Kind: Propose, Terms: &first})
	sign23 := say("23", 2, Statement{Kind: Sign, Agreement: id, On: hash})
	sign63 := say("63", 1, Statement{Kind: Sign, Agreement: id, On: hash})
	counter := say("63", 2, Statement{Kind: Propose, Terms: &second})
	counter63 := say("63", 3, Statement{Kind: Sign, Agreement: id, On: newer})
	counter23 := say("23", 3, Statement{Kind: Sign, Agreement: id, On: newer})
	hijacker := say("32", 1, Statement{Kind: Propose, Terms: &hijack})
	hijacked := say("32", 2, Statement{Kind: Sign, Agreement: id, On: stolen})
	ended32 := say("32", 3, Statement{Kind: End, Agreement: id, Reason: "x"})
	suspend := say("63", 4, Statement{Kind: Suspend, Agreement: id, Reason: "x"})
	resume := say("63", 5, Statement{Kind: Resume, Agreement: id})
	end := say("23", 4, Statement{Kind: End, Agreement: id, Reason: "x"})
	again := say("23", 5, Statement{Kind: Resume, Agreement: id})
	day := workday.DateOf(monday)
	for name, tt := range map[string]struct {
		all   []Statement
		on    workday.Date
		want  Standing
		quota int // by which 63 answers 23 about 2020-030; 0: not at all
	}{
		"proposed":              {[]Statement{propose, sign23}, day, Proposed, 0},
		"signed by all":         {[]Statement{propose, sign23, sign63}, day, InForce, 10},
		"before its day":        {[]Statement{propose, sign23, sign63}, day.AddDays(-1), Later, 0},
		"after its day":         {[]Statement{propose, sign23, sign63}, workday.NewDate(2027, 11, 23), Expired, 0},
		"countered, not signed": {[]Statement{propose, sign23, sign63, counter, counter63}, day, InForce, 10},
		"countered and signed":  {[]Statement{propose, sign23, sign63, counter, counter63, counter23}, day, InForce, 20},
		"a third tries":         {[]Statement{propose, sign23, sign63, hijacker, hijacked, ended32}, day, InForce, 10},
		"suspended":             {[]Statement{propose, sign23, sign63, suspend}, day, Suspended, 0},
		"resumed":               {[]Statement{propose, sign23, sign63, suspend, resume}, day, InForce, 10},
		"ended for good":        {[]Statement{propose, sign23, sign63, end, again}, day, Ended, 0},
	} {
		for _, backwards := range []bool{false, true} {
			b := NewBook()
			r := estate()
			b.Add(say("63", 9, Statement{Kind: Describe, Resource: &r}))
			list := map[office.NodeID][]Statement{}
			for _, st := range tt.all {
				list[st.By] = append(list[st.By], st)
			}
			order := []office.NodeID{"23", "32", "63"}
			if backwards {
				order = []office.NodeID{"63", "32", "23"}
			}
			for _, by := range order {
				for _, st := range list[by] {
					b.Add(st)
				}
			}
			a, ok := b.Agreement(id)
			if got, _ := a.Stands(tt.on); !ok || got != tt.want {
				t.Errorf("%s: %s", name, got)
			}
			g, _, ok := b.GrantFor("63", "23", "realestate", "2020-030", tt.on)
			if ok != (tt.quota > 0) || g.PerDay != tt.quota {
				t.Errorf("%s: grant %v of %d", name, ok, g.PerDay)
			}
			for _, wrong := range []struct {
				asker     office.NodeID
				res, item string
			}{{"32", "realestate", "2020-030"}, {"23", "household", "2020-030"}, {"23", "realestate", "2020-052"}} {
				if _, _, ok := b.GrantFor("63", wrong.asker, wrong.res, wrong.item, tt.on); ok {
					t.Errorf("%s: granted to %v", name, wrong)
				}
			}
		}
	}
}

// The rules of a matter name what may be asked for: no more than they need.
func TestNamed(t *testing.T) {
	source := item.Evidence{Key: "realestate", Gives: []string{"address", "owner", "use"}}
	v := item.Version{Form: item.Form{Fields: []item.Field{
		{From: "realestate.owner", Source: item.FromEvidence},
		{From: "realestate.colour", Source: item.FromEvidence},
		{From: "idcard.name", Source: item.FromEvidence},
		{From: "realestate.use", Source: item.Asked},
	}}}
	if got := Named(v, source); len(got) != 1 || got[0] != "owner" {
		t.Errorf("%v", got)
	}
	v.Materials = []item.Material{{Resource: "realestate", Sources: []string{"upload"}}}
	if got := Named(v, source); len(got) != 1 {
		t.Errorf("a paper that only people bring: %v", got)
	}
	v.Materials[0].Sources = []string{"shared", "upload"}
	if got := Named(v, source); len(got) != 3 {
		t.Errorf("a paper that the source stands in for: %v", got)
	}
}

func TestGrantFitsItsResource(t *testing.T) {
	g, r, day := terms().Grants[0], estate(), workday.DateOf(monday)
	if err := g.Fits(r, day); err != nil {
		t.Error(err)
	}
	for name, f := range map[string]func(){
		"denied":    func() { r.Attribute = resource.Denied },
		"withdrawn": func() { r.Withdrawn = true },
		"a field":   func() { r.Fields = []string{"address"} },
		"too many":  func() { r.PerDay = 5 },
		"too early": func() { r.From = day.AddDays(1) },
	} {
		r = estate()
		f()
		if err := g.Fits(r, day); !errs.Is(err, errs.TermsIncomplete) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Proposals are answered within the days of the law (第21条), reckoned in working days.
func TestReplyBy(t *testing.T) {
	cal, err := workday.Default()
	if err != nil {
		t.Fatal(err)
	}
	day := workday.DateOf(monday)
	for want, attributes := range map[string][]resource.Attribute{
		"2026-11-24": {resource.Unconditional}, "2026-12-07": {resource.Unconditional, resource.Conditional},
	} {
		if by, _ := DefaultClocks().ReplyBy(cal, day, attributes); by.String() != want {
			t.Errorf("%v: %s, want %s", attributes, by, want)
		}
	}
}

// Whatever arrives is refused or holds; nothing breaks.
func FuzzOpen(f *testing.F) {
	west := signer(f)
	trust := &office.TrustList{Version: 1, Nodes: []office.Node{{ID: "63", Sign: west.Public()}}}
	x := terms()
	b, err := proof.Marshal(Statement{By: "63", Seq: 1, At: monday, Kind: Propose, Terms: &x})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"by":"63","seq":1,"at":"2026-11-23T02:00:00Z","kind":"resource","resource":{"owner":"63"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := west.Sign(Typ, body)
		if err != nil {
			t.Fatal(err)
		}
		st, err := Open(s, trust)
		if err != nil {
			return
		}
		book := NewBook()
		book.Add(st)
		for _, a := range book.Of("63") {
			a.Stands(workday.DateOf(monday))
		}
	})
}

package sharing

import (
	"testing"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

const bizType = "11100000MB0143028R001"

func day(t *testing.T, s string) workday.Date {
	t.Helper()
	d, err := workday.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Which licences a place takes follows from its statements alone: the narrower before the wider, the later before the earlier,
// and none that only one officer stands by, unless it takes back.
func TestRecognises(t *testing.T) {
	from := func(s string) workday.Date { return day(t, s) }
	b := NewBook()
	seq := 0
	say := func(r licence.Recognition, second bool) {
		seq++
		b.Add(Statement{By: "23", Seq: seq, At: monday, Officer: "a", Kind: Recognise, Recognition: &r})
		if second {
			seq++
			b.Add(Statement{By: "23", Seq: seq, At: monday, Officer: "b", Kind: Confirm, Confirms: seq - 1})
		}
	}
	say(licence.Recognition{Type: bizType, From: from("2026-01-01"), Basis: "b"}, true)
	say(licence.Recognition{Of: "63", Type: bizType, Item: "2020-030", From: from("2026-03-01"), Until: from("2026-06-30"), Basis: "b"}, true)
	say(licence.Recognition{Of: "44", Type: bizType, From: from("2026-05-01"), Withdraw: true, Basis: "b"}, false)
	say(licence.Recognition{Of: "44", Type: bizType, From: from("2026-09-01"), Basis: "b"}, true)
	say(licence.Recognition{Of: "32", Type: bizType, Item: "2020-031", From: from("2026-01-01"), Until: from("2026-01-02"), Basis: "b"}, false)
	seq++ // the officer who said it is no second one
	b.Add(Statement{By: "23", Seq: seq, At: monday, Officer: "a", Kind: Confirm, Confirms: seq - 1})

	for name, c := range map[string]struct {
		by, of         office.NodeID
		typ, item, day string
		want           string // the statement that is cited; "" for a place's own
		no             bool
	}{
		"general":                        {by: "23", of: "63", typ: bizType, item: "2020-001", day: "2026-02-01", want: "23/1"},
		"before it begins":               {by: "23", of: "63", typ: bizType, item: "2020-001", day: "2025-12-31", no: true},
		"for the matter, on its day":     {by: "23", of: "63", typ: bizType, item: "2020-030", day: "2026-06-30", want: "23/3"},
		"for the matter, after it":       {by: "23", of: "63", typ: bizType, item: "2020-030", day: "2026-07-01", no: true},
		"the matter before that":         {by: "23", of: "63", typ: bizType, item: "2020-030", day: "2026-02-28", want: "23/1"},
		"not withdrawn yet":              {by: "23", of: "44", typ: bizType, item: "2020-001", day: "2026-04-30", want: "23/1"},
		"withdrawn by one officer":       {by: "23", of: "44", typ: bizType, item: "2020-001", day: "2026-05-01", no: true},
		"and taken again":                {by: "23", of: "44", typ: bizType, item: "2020-001", day: "2026-09-01", want: "23/6"},
		"narrowed by one officer only":   {by: "23", of: "32", typ: bizType, item: "2020-031", day: "2026-02-01", want: "23/1"},
		"another type":                   {by: "23", of: "63", typ: bizType[:20] + "2", item: "2020-001", day: "2026-02-01", no: true},
		"another place's word":           {by: "63", of: "23", typ: bizType, item: "2020-001", day: "2026-02-01", no: true},
		"one's own needs nobody's leave": {by: "63", of: "63", typ: bizType, item: "2020-001", day: "2026-02-01"},
	} {
		r, err := b.Recognises(c.by, c.of, c.typ, c.item, day(t, c.day))
		if c.no != errs.Is(err, errs.NotRecognised) || !c.no && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := r.Name(); c.want != "" && got != c.want {
			t.Errorf("%s: by %s, want %s", name, got, c.want)
		}
	}
	if got := b.Recognitions("23"); len(got) != 5 || got[0].Second != "" || got[1].Name() != "23/6" {
		t.Errorf("%+v", got)
	}
}

// What no place can mean is no statement of recognition.
func TestOpenRecognition(t *testing.T) {
	west := signer(t)
	trust := &office.TrustList{Version: 1, Nodes: []office.Node{{ID: "63", Sign: west.Public()}}}
	good := licence.Recognition{Of: "23", Type: bizType, From: workday.DateOf(monday), Basis: "b"}
	for name, tt := range map[string]struct {
		do   func(st *Statement)
		want errs.Code
	}{
		"as it should be":           {},
		"says nothing":              {func(st *Statement) { st.Recognition = nil }, errs.RecognitionWrong},
		"itself":                    {func(st *Statement) { st.Recognition.Of = "63" }, errs.RecognitionWrong},
		"the hub":                   {func(st *Statement) { st.Recognition.Of = office.Hub }, errs.RecognitionWrong},
		"no basis":                  {func(st *Statement) { st.Recognition.Basis = "" }, errs.RecognitionWrong},
		"no type":                   {func(st *Statement) { st.Recognition.Type = "x" }, errs.RecognitionWrong},
		"no day":                    {func(st *Statement) { st.Recognition.From = workday.Date{} }, errs.RecognitionWrong},
		"backwards":                 {func(st *Statement) { st.Recognition.Until = st.Recognition.From.AddDays(-1) }, errs.RecognitionWrong},
		"withdrawn until":           {func(st *Statement) { st.Recognition.Withdraw, st.Recognition.Until = true, st.Recognition.From }, errs.RecognitionWrong},
		"confirms nothing":          {func(st *Statement) { st.Kind = Confirm }, errs.SharingUnreadable},
		"confirms what is not said": {func(st *Statement) { st.Kind, st.Confirms = Confirm, 9 }, errs.SharingUnreadable},
	} {
		r := good
		st := Statement{By: "63", Seq: 2, At: monday, Officer: "a", Kind: Recognise, Recognition: &r}
		if tt.do != nil {
			tt.do(&st)
		}
		s, err := proof.SignJSON(west, Typ, st)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(s, trust); (tt.want == 0) != (err == nil) || tt.want != 0 && !errs.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

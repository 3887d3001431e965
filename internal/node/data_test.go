package node_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/caseproof"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/question"
	"tongban/internal/domain/sharing"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/node"
	"tongban/internal/proof"
)

// A question over three provinces: what is answered is what was agreed and asked for and no more; it is in the provider's log
// before it arrives, and the person finds it there; without the person's word nothing is told.
func TestDataForACase(t *testing.T) {
	e := newEquals(t)
	ctx, asker, provider := t.Context(), e.nodes["63"], e.nodes["35"]
	if _, err := asker.Data.Ask(ctx, e.reviewer, e.c.ID, want); !errs.Is(err, errs.NotConsented) {
		t.Fatalf("without the applicant's word: %v", err)
	}
	e.consent(e.request())
	got, err := asker.Data.Ask(ctx, e.reviewer, e.c.ID, want)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Values) != 1 || got.Values["name"] != "樊晓梅" || len(got.Checks) != 1 || !got.Checks["number"] {
		t.Errorf("%+v", got)
	}
	settle(t, provider)
	leaf := lastEntry(t, provider)
	if !bytes.Equal(accesslog.LeafHash(leaf), got.Entry) {
		t.Error("the entry that the answer promises is not the one in the log")
	}
	if s := string(leaf); strings.Contains(s, "樊") || strings.Contains(s, "230183199001010025") || !strings.Contains(s, e.c.ID) {
		t.Errorf("the entry tells the wrong things: %s", s)
	}
	found, err := asker.Store.FoundOf(ctx, e.c.ID)
	if err != nil || len(found) != 1 || found[0].Provider != "35" {
		t.Errorf("%d found, %v", len(found), err)
	}
	asked, err := provider.Store.Asked(ctx, fan(t), 10)
	if err != nil || asked[e.c.ID].No != e.c.No {
		t.Errorf("the person does not find the question: %v, %v", asked, err)
	}
	other := party.Person{Name: "林知夏", IDType: party.ResidentID, IDNo: "350102199502020044"}
	if asked, err := provider.Store.Asked(ctx, other, 10); err != nil || len(asked) != 0 {
		t.Errorf("somebody else finds it: %v, %v", asked, err)
	}
}

func lastEntry(t *testing.T, n *node.Node) []byte {
	t.Helper()
	size, err := n.Store.TreeSize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := n.Store.LogEntry(t.Context(), size-1)
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

// No role can ask without holding the case: not the operator, not the steward who signed the terms, not an officer of another office,
// and nobody at a node that does not hold it.
func TestInsiders(t *testing.T) {
	e := newEquals(t)
	ctx := t.Context()
	e.consent(e.request())
	before, _ := counted(t, e.nodes["35"])
	for _, role := range office.Roles() {
		for name, by := range map[string]casefile.Actor{
			"another office": {ID: "x", Office: "somewhere", Node: "63", Roles: []office.Role{role}},
			"own office":     {ID: "x", Office: e.reviewer.Office, Node: "63", Roles: []office.Role{role}},
		} {
			_, err := e.nodes["63"].Data.Ask(ctx, by, e.c.ID, want)
			may := name == "own office" && (role == office.Reviewer || role == office.Decider || role == office.Window)
			if may != (err == nil) {
				t.Errorf("%s of %s: %v", role, name, err)
			}
			if _, err := e.nodes["63"].Data.Ask(ctx, by, "0199b0a0-0000-7000-8000-00000000abcd", want); err == nil {
				t.Errorf("%s asked for no case", role)
			}
		}
	}
	clerk := actor(t, e.nodes["23"], "230183", office.Window)
	if _, err := e.nodes["23"].Data.Ask(ctx, clerk, e.c.ID, want); err == nil {
		t.Error("who handed the case over still asks")
	}
	if after, _ := counted(t, e.nodes["35"]); after-before != 3 {
		t.Errorf("%d answers left the provider", after-before)
	}
}

// counted is how many answers and refusals a node's log holds.
func counted(t *testing.T, n *node.Node) (answers, refusals int) {
	t.Helper()
	for {
		busy, err := n.Tick(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !busy {
			break
		}
	}
	if err := n.Store.LogFrom(t.Context(), 0, func(_ int64, leaf []byte) error {
		if strings.Contains(string(leaf), `"what":"answer `) {
			answers++
		}
		if strings.Contains(string(leaf), `"what":"refuse`) {
			refusals++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return answers, refusals
}

// Everything that a lying, careless or outdated asker may bring: refused with its code, logged, and nothing told.
func TestBadQuestions(t *testing.T) {
	e := newEquals(t)
	ctx, asker, provider := t.Context(), e.nodes["63"], e.nodes["35"]
	e.consent(e.request())
	good, err := asker.Data.Prepare(ctx, e.c, want)
	if err != nil {
		t.Fatal(err)
	}
	good.Officer, good.Office = e.reviewer.ID, e.reviewer.Office
	resign := func(by office.NodeID, typ string, v any) proof.Signed {
		t.Helper()
		s, err := proof.SignJSON(e.signer(by), typ, v)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	status := func(q *question.Query, by office.NodeID, change func(*caseproof.Status)) {
		var st caseproof.Status
		if err := q.Proof.Status.Into(&st); err != nil {
			t.Fatal(err)
		}
		change(&st)
		q.Proof.Status = resign(by, caseproof.TypStatus, st)
	}
	consent := func(q *question.Query, by office.NodeID, change func(*vouch.Consent)) {
		var k vouch.Consent
		if err := q.Proof.Consent.Into(&k); err != nil {
			t.Fatal(err)
		}
		change(&k)
		q.Proof.Consent = resign(by, vouch.TypConsent, k)
	}
	fact := func(q *question.Query, by office.NodeID, change func(*casefile.Fact)) {
		var f casefile.Fact
		if err := q.Proof.Opening.Into(&f); err != nil {
			t.Fatal(err)
		}
		change(&f)
		q.Proof.Opening = resign(by, casefile.TypFact, f)
		status(q, "23", func(st *caseproof.Status) { st.Opening = q.Proof.Opening.Hash() })
	}
	lin := party.Person{Name: "林知夏", IDType: party.ResidentID, IDNo: "350102199502020044"}
	answered, refused := counted(t, provider)
	for name, tt := range map[string]struct {
		do    func(q *question.Query)
		after func(q *question.Query) // once it has its time and number
		by    office.NodeID
		want  errs.Code
	}{
		"as it should be":                {},
		"by somebody else":               {by: "23", want: errs.SharingNotTheirs},
		"another resource":               {do: func(q *question.Query) { q.Resource = "household" }, want: errs.NoAgreement},
		"another matter":                 {do: func(q *question.Query) { q.Item = "2020-031" }, want: errs.NoAgreement},
		"older terms":                    {do: func(q *question.Query) { q.Terms = proof.Hash{1} }, want: errs.NotInAgreement},
		"another purpose":                {do: func(q *question.Query) { q.Purpose = "看看" }, want: errs.NotInAgreement},
		"another basis":                  {do: func(q *question.Query) { q.Basis = "x" }, want: errs.NotInAgreement},
		"a field that nobody agreed on":  {do: func(q *question.Query) { q.Fields = []string{"valid_until"} }, want: errs.NotInAgreement},
		"a check that nobody agreed on":  {do: func(q *question.Query) { q.Checks = map[string]string{"valid_until": "x"} }, want: errs.NotInAgreement},
		"nothing asked":                  {do: func(q *question.Query) { q.Fields, q.Checks = nil, nil }, want: errs.QueryUnreadable},
		"injection through a value":      {do: func(q *question.Query) { q.Checks = map[string]string{"number": "' OR 1=1 --\r\nX: y"} }},
		"injection through the resource": {do: func(q *question.Query) { q.Resource = "idcard' OR '1'='1" }, want: errs.NoAgreement},
		"last year's":                    {after: func(q *question.Query) { q.At, q.Until = q.At.AddDate(-1, 0, 0), q.Until.AddDate(-1, 0, 0) }, want: errs.QueryExpired},
		"a clock far ahead":              {after: func(q *question.Query) { q.At, q.Until = q.At.Add(time.Hour), q.Until.Add(time.Hour) }, want: errs.QueryExpired},
		"good for ever":                  {after: func(q *question.Query) { q.Until = q.Until.AddDate(1, 0, 0) }, want: errs.QueryExpired},
		"a clock a little ahead":         {after: func(q *question.Query) { q.At, q.Until = q.At.Add(30*time.Second), q.Until.Add(30*time.Second) }},
		"no opening":                     {do: func(q *question.Query) { q.Proof.Opening = proof.Signed{} }, want: errs.CaseStatusStale},
		"an opening of its own":          {do: func(q *question.Query) { fact(q, "63", func(f *casefile.Fact) { f.By = "63" }) }, want: errs.NoCaseProof},
		"an opening changed":             {do: func(q *question.Query) { fact(q, "23", func(f *casefile.Fact) { f.Office = "x" }) }, want: errs.NoCaseProof},
		"an opening that is none":        {do: func(q *question.Query) { fact(q, "23", func(f *casefile.Fact) { f.Act = casefile.ActAccept }) }, want: errs.NoCaseProof},
		"a log that nobody witnessed":    {do: func(q *question.Query) { q.Proof.Log.Witnesses = q.Proof.Log.Witnesses[:1] }, want: errs.NoCaseProof},
		"an entry not in the log":        {do: func(q *question.Query) { q.Proof.Log.Lines = nil }, want: errs.NoCaseProof},
		"an entry too new": {do: func(q *question.Query) {
			q.Proof.Log.Lines = []accesslog.Line{{Index: -1, Leaf: q.Proof.Log.Lines[0].Leaf}}
		}, want: errs.NoCaseProof},
		"no status":                {do: func(q *question.Query) { q.Proof.Status = proof.Signed{} }, want: errs.CaseStatusStale},
		"a status of its own":      {do: func(q *question.Query) { status(q, "63", func(*caseproof.Status) {}) }, want: errs.CaseStatusStale},
		"a coordinator of its own": {do: func(q *question.Query) { status(q, "63", func(st *caseproof.Status) { st.Node = "63" }) }, want: errs.NoCaseProof},
		"a status of ten minutes ago": {do: func(q *question.Query) {
			status(q, "23", func(st *caseproof.Status) { st.At = st.At.Add(-10 * time.Minute) })
		}, want: errs.CaseStatusStale},
		"a status from the future":    {do: func(q *question.Query) { status(q, "23", func(st *caseproof.Status) { st.At = st.At.Add(time.Hour) }) }, want: errs.CaseStatusStale},
		"a closed case":               {do: func(q *question.Query) { status(q, "23", func(st *caseproof.Status) { st.Holder = "" }) }, want: errs.CaseShut},
		"a case that another holds":   {do: func(q *question.Query) { status(q, "23", func(st *caseproof.Status) { st.Holder = "23" }) }, want: errs.NotWithAsker},
		"no receipt":                  {do: func(q *question.Query) { q.Proof.Chain = nil }, want: errs.NotWithAsker},
		"another receipt":             {do: func(q *question.Query) { status(q, "23", func(st *caseproof.Status) { st.Receipt = proof.Hash{1} }) }, want: errs.NotWithAsker},
		"a foreign case":              {do: func(q *question.Query) { q.ID = "0199b0a0-0000-7000-8000-00000000abcd" }, want: errs.CaseStatusStale},
		"somebody who is no party":    {do: func(q *question.Query) { q.Subject = lin }, want: errs.SubjectNotInCase},
		"a rule that does not exist":  {do: func(q *question.Query) { status(q, "23", func(st *caseproof.Status) { st.Rule.Digest = "00" }) }, want: errs.NotInRule},
		"no consent":                  {do: func(q *question.Query) { q.Proof.Consent = proof.Signed{} }, want: errs.NotConsented},
		"a consent of its own":        {do: func(q *question.Query) { consent(q, "63", func(*vouch.Consent) {}) }, want: errs.NotConsented},
		"a consent of another person": {do: func(q *question.Query) { consent(q, office.IDP, func(k *vouch.Consent) { k.Person = lin }) }, want: errs.NotConsented},
		"a consent of a year ago": {do: func(q *question.Query) {
			consent(q, office.IDP, func(k *vouch.Consent) { k.At = k.At.AddDate(-1, 0, 0) })
		}, want: errs.NotConsented},
		"a consent to apply":             {do: func(q *question.Query) { consent(q, office.IDP, func(k *vouch.Consent) { k.Act = vouch.Submit }) }, want: errs.NotConsented},
		"a consent at too low a level":   {do: func(q *question.Query) { consent(q, office.IDP, func(k *vouch.Consent) { k.Level = 1 }) }, want: errs.NotConsented},
		"a consent for another receiver": {do: func(q *question.Query) { consent(q, office.IDP, func(k *vouch.Consent) { k.To = "63" }) }, want: errs.NotConsented},
		"a consent asked for elsewhere":  {do: func(q *question.Query) { consent(q, office.IDP, func(k *vouch.Consent) { k.From = "63" }) }, want: errs.NotConsented},
		"more than the person agreed to": {do: func(q *question.Query) { agreedTo(t, e, q, func(r *question.Request) { r.Fields = []string{"name"} }) }, want: errs.NotConsented},
		"agreed to for another case":     {do: func(q *question.Query) { agreedTo(t, e, q, func(r *question.Request) { r.Case = "x" }) }, want: errs.NotConsented},
		"agreed to for another asker":    {do: func(q *question.Query) { agreedTo(t, e, q, func(r *question.Request) { r.Asker = "23" }) }, want: errs.NotConsented},
		"a question as large as a parcel": {do: func(q *question.Query) {
			q.Checks = map[string]string{"number": strings.Repeat("x", question.MaxQuery)}
		}, want: errs.QueryUnreadable},
	} {
		q := good
		q.Proof.Chain, q.Proof.Log.Lines = append([]proof.Signed(nil), good.Proof.Chain...), append([]accesslog.Line(nil), good.Proof.Log.Lines...)
		if tt.do != nil {
			tt.do(&q)
		}
		s, err := asker.Data.Sign(&q)
		if err != nil {
			t.Fatal(err)
		}
		if tt.after != nil {
			tt.after(&q)
			s = resign("63", question.TypQuery, q)
		}
		if tt.by != "" {
			s = resign(tt.by, question.TypQuery, q)
		}
		answers, err := asker.Data.Send(ctx, "35", []proof.Signed{s})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		a, err := question.OpenAnswer(answers[0], asker.Kit.Trust(), q, s.Hash())
		if (tt.want == 0) != (err == nil) || tt.want != 0 && !errs.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
		if tt.want != 0 && len(a.Values)+len(a.Checks) > 0 {
			t.Errorf("%s: refused, and told %v %v", name, a.Values, a.Checks)
		}
		nowAnswered, nowRefused := counted(t, provider)
		if (tt.want == 0) != (nowAnswered == answered+1) || (tt.want != 0) != (nowRefused == refused+1) {
			t.Errorf("%s: %d answers and %d refusals more in the log", name, nowAnswered-answered, nowRefused-refused)
		}
		answered, refused = nowAnswered, nowRefused
	}
}

// agreedTo puts another request into a question, agreed to by the person.
func agreedTo(t *testing.T, e *equals, q *question.Query, change func(*question.Request)) {
	t.Helper()
	var r question.Request
	if err := proof.Unmarshal(q.Proof.Request, &r); err != nil {
		t.Fatal(err)
	}
	change(&r)
	body, what, err := r.Agreement()
	if err != nil {
		t.Fatal(err)
	}
	s, err := proof.SignJSON(e.signer(office.IDP), vouch.TypConsent, vouch.Consent{
		Agreement: what, ID: "2", From: "23", Person: fan(t), Level: 3, At: time.Now().UTC(),
	})
	if err != nil {
		t.Fatal(err)
	}
	q.Proof.Request, q.Proof.Consent = body, s
}

// A question is good once; a batch holds many, each judged alone; a quota ends; an agreement that ends meanwhile ends the asking;
// a provider that is away says so.
func TestReplayBatchQuotaAndEnds(t *testing.T) {
	e := newEquals(t)
	ctx, asker, provider := t.Context(), e.nodes["63"], e.nodes["35"]
	e.consent(e.request())
	good, err := asker.Data.Prepare(ctx, e.c, want)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(n int) []error {
		t.Helper()
		var list []proof.Signed
		var qs []question.Query
		for range n {
			q := good
			s, err := asker.Data.Sign(&q)
			if err != nil {
				t.Fatal(err)
			}
			list, qs = append(list, s), append(qs, q)
		}
		answers, err := asker.Data.Send(ctx, "35", list)
		if err != nil {
			t.Fatal(err)
		}
		out := make([]error, n)
		for i := range answers {
			_, out[i] = question.OpenAnswer(answers[i], asker.Kit.Trust(), qs[i], list[i].Hash())
		}
		return out
	}
	q := good
	s, err := asker.Data.Sign(&q)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []errs.Code{0, errs.QueryRepeated} {
		answers, err := asker.Data.Send(ctx, "35", []proof.Signed{s})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := question.OpenAnswer(answers[0], asker.Kit.Trust(), q, s.Hash()); want == 0 && err != nil || want != 0 && !errs.Is(err, want) {
			t.Errorf("time %d: %v", i+1, err)
		}
	}
	used := 0
	for _, err := range append(ask(64), ask(60)...) {
		switch {
		case err == nil:
			used++
		case !errs.Is(err, errs.QuotaUsed):
			t.Fatal(err)
		}
	}
	if used == 0 || used+2 > 100 {
		t.Errorf("%d more were answered of 100 a day", used)
	}
	if _, err := asker.Data.Send(ctx, "35", make([]proof.Signed, 65)); err == nil {
		t.Error("65 questions in one envelope")
	}

	var id string
	provider.Shares.Look(func(b *sharing.Book) { id = b.Of("35")[0].ID })
	if _, err := provider.Shares.Stop(ctx, steward("a"), id, sharing.Suspend, "系统升级"); err != nil {
		t.Fatal(err)
	}
	if err := ask(1)[0]; !errs.Is(err, errs.NoAgreement) { // the asker has not heard of it yet
		t.Errorf("suspended: %v", err)
	}
	e.net.Partition("63", "35")
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if _, err := asker.Data.Ask(short, e.reviewer, e.c.ID, want); !errs.Is(err, errs.ProviderAway) {
		t.Errorf("away: %v", err)
	}
}

// What a table must be; what is refused leaves the version before in force.
func TestTables(t *testing.T) {
	e := newEquals(t)
	ctx, provider := t.Context(), e.nodes["35"]
	for name, file := range map[string]string{
		"empty":            "",
		"no data":          "person,name,number,birth,address\n",
		"a column short":   "person,name,number,birth\n1,2,3,4\n",
		"schema drift":     "person,name,number,birth,street\n12345,b,c,d,e\n",
		"a ragged line":    "person,name,number,birth,address\n12345,b,c\n",
		"twice the number": "person,name,number,birth,address\n12345,b,c,d,e\n12345,b,c,d,e\n",
		"no number":        "person,name,number,birth,address\n,b,c,d,e\n",
		"no text":          "person,name,number,birth,address\n12345,\xff\xfe,c,d,e\n",
		"a giant cell":     "person,name,number,birth,address\n12345," + strings.Repeat("x", 3000) + ",c,d,e\n",
	} {
		if _, _, err := provider.Tables.Import(ctx, steward("a"), "idcard", strings.NewReader(file)); !errs.Is(err, errs.TableRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := provider.Tables.Import(ctx, office.Officer{ID: "o", Roles: []office.Role{office.Operator}}, "idcard", strings.NewReader("")); !errs.Is(err, errs.NotYours) {
		t.Errorf("the operator imports: %v", err)
	}
	rec, _, err := provider.Tables.Record(ctx, "idcard", fan(t))
	if err != nil || rec["name"] != "樊晓梅" {
		t.Errorf("%v, %v", rec, err)
	}
	next := "\ufeffnumber,person,name,birth,address\nx,230183199001010025,樊晓,1990-01-01,y\n"
	if version, _, err := provider.Tables.Import(ctx, steward("a"), "idcard", strings.NewReader(next)); err != nil || version != 2 {
		t.Fatal(version, err)
	}
	if rec, _, err := provider.Tables.Record(ctx, "idcard", fan(t)); err != nil || rec["name"] != "樊晓" {
		t.Errorf("%v, %v", rec, err)
	}
}

package node_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tongban/internal/adapter/oidc"
	"tongban/internal/domain/challenge"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/retention"
	"tongban/internal/handling/object"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/node"
	"tongban/internal/proof"
)

func (k *keeping) objections(n *node.Node) []challenge.Challenge {
	k.t.Helper()
	list, err := n.Store.Challenges(k.t.Context(), k.c.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	return list
}

func (k *keeping) turn() {
	k.t.Helper()
	for range 2 {
		settle(k.t, k.nodes["23"], k.asker, k.provider)
	}
}

// An office objects while the owner is away; the owner answers later, once, and the office hears it. Deletion waits for the answer.
func TestAnOfficeObjects(t *testing.T) {
	k := newKeeping(t)
	ctx := t.Context()
	k.net.Partition("63", "35")
	wish := object.Wish{ID: unit.NewID(), Told: k.found.ID, Field: "name", Words: "the register has 樊小梅"}
	for name, w := range map[string]object.Wish{
		"not asked for":  {ID: unit.NewID(), Told: k.found.ID, Field: "address", Words: "x"},
		"without words":  {ID: unit.NewID(), Told: k.found.ID, Field: "name", Words: " \u200b "},
		"of no question": {ID: unit.NewID(), Told: unit.NewID(), Field: "name", Words: "x"},
		"without key":    {ID: "1", Told: k.found.ID, Field: "name", Words: "x"},
	} {
		if err := k.asker.Objects.Raise(ctx, k.reviewer, k.c.ID, w); err == nil {
			t.Errorf("taken: %s", name)
		}
	}
	stranger := k.reviewer
	stranger.Office = "somewhere else"
	if err := k.asker.Objects.Raise(ctx, stranger, k.c.ID, wish); err == nil {
		t.Error("another office objects")
	}
	for range 2 { // the button pressed twice
		if err := k.asker.Objects.Raise(ctx, k.reviewer, k.c.ID, wish); err != nil {
			t.Fatal(err)
		}
	}
	again := wish
	again.ID = unit.NewID()
	if err := k.asker.Objects.Raise(ctx, k.reviewer, k.c.ID, again); !errs.Is(err, errs.ObjectionOpen) {
		t.Errorf("a second one about the same: %v", err)
	}
	k.turn()
	if len(k.objections(k.asker)) != 1 || len(k.objections(k.provider)) != 0 {
		t.Fatal("it is not where it should be while the owner is away")
	}
	k.net.Heal("63", "35")
	k.later(time.Hour)
	todo, err := k.provider.Store.ChallengesToDo(ctx, 9)
	if err != nil || len(todo) != 1 || todo[0].Words != wish.Words {
		t.Fatalf("%+v, %v", todo, err)
	}
	due, _ := k.provider.Kit.Calendar.Due(day(k.provider), workday.Limit{N: 10, Unit: workday.WorkingDays})
	if todo[0].Due != due || todo[0].Late(due) || !todo[0].Late(due.AddDays(1)) {
		t.Errorf("due %s, want %s", todo[0].Due, due)
	}
	k.end(false)
	k.later(40 * dayLong)
	if len(k.list()) != 1 {
		t.Error("deleted while an objection is open")
	}
	answer := challenge.Answer{Kind: challenge.Right, Text: "seen the paper file"}
	for name, try := range map[string]func() error{
		"no steward": func() error {
			return k.provider.Objects.Answer(ctx, office.Officer{ID: "x", Office: "o", Roles: []office.Role{office.Reviewer}}, wish.ID, 1, answer)
		},
		"at the asker":   func() error { return k.asker.Objects.Answer(ctx, steward("a"), wish.ID, 1, answer) },
		"on an old page": func() error { return k.provider.Objects.Answer(ctx, steward("a"), wish.ID, 9, answer) },
		"without words": func() error {
			return k.provider.Objects.Answer(ctx, steward("a"), wish.ID, 1, challenge.Answer{Kind: challenge.Right})
		},
		"of no known kind": func() error {
			return k.provider.Objects.Answer(ctx, steward("a"), wish.ID, 1, challenge.Answer{Kind: "?", Text: "x"})
		},
	} {
		if try() == nil {
			t.Errorf("answered %s", name)
		}
	}
	if err := k.provider.Objects.Answer(ctx, steward("a"), wish.ID, 1, answer); err != nil {
		t.Fatal(err)
	}
	if err := k.provider.Objects.Answer(ctx, steward("a"), wish.ID, 2, answer); !errs.Is(err, errs.ObjectionOver) {
		t.Errorf("answered twice: %v", err)
	}
	k.later(41 * dayLong)
	if o := k.objections(k.asker); len(o) != 1 || o[0].Open() || o[0].Answer.Kind != challenge.Right || o[0].Answer.Text != answer.Text {
		t.Fatalf("the office heard %+v", o)
	}
	k.later(43 * dayLong)
	if len(k.list()) != 0 {
		t.Error("kept although the objection is answered")
	}
	if v := k.rules(); len(v) > 0 {
		t.Errorf("%+v", v)
	}
}

// The person objects where it was told. A correction reaches the office that used the value, without who objected and why, also when
// what it was told is deleted there.
func TestACorrectionReachesWhoUsedTheValue(t *testing.T) {
	for _, deleted := range []bool{false, true} {
		k := newKeeping(t)
		ctx := t.Context()
		if deleted {
			k.end(false)
			k.later(40 * dayLong)
			if len(k.list()) != 0 {
				t.Fatal("not deleted")
			}
		}
		wish := object.Wish{ID: unit.NewID(), Told: k.found.ID, Field: "number", Words: "SECRET words"}
		other := party.Person{Name: "林知夏", IDType: party.ResidentID, IDNo: "350102199502020044"}
		if err := k.provider.Objects.Say(ctx, other, wish); !errs.Is(err, errs.NoSuchObjection) {
			t.Errorf("somebody else objects: %v", err)
		}
		if err := k.provider.Objects.Say(ctx, fan(t), wish); err != nil {
			t.Fatal(err)
		}
		k.turn()
		if len(k.objections(k.asker)) != 0 {
			t.Error("the asker hears of an objection that is not answered")
		}
		if err := k.provider.Objects.Answer(ctx, steward("a"), wish.ID, 1, challenge.Answer{Kind: challenge.Corrected, Text: "mended"}); err != nil {
			t.Fatal(err)
		}
		k.turn()
		list, err := k.asker.Store.ChallengesBy(ctx, k.reviewer.Office, 9)
		if err != nil || len(list) != 1 || list[0].Field != "number" || list[0].Answer.Text != "mended" || list[0].Words != "" || list[0].Person {
			t.Fatalf("the office hears %+v, %v", list, err)
		}
		if n, _, err := k.provider.Store.Waiting(ctx); n != 0 || err != nil {
			t.Errorf("%d wait for ever, %v", n, err)
		}
		if v := k.rules(); len(v) > 0 {
			t.Errorf("%+v", v)
		}
	}
}

// What a lying counterpart says about values is refused for good and changes nothing.
func TestLiesAboutValues(t *testing.T) {
	k := newKeeping(t)
	now := time.Now().UTC().Truncate(time.Microsecond)
	a := k.answer()
	fair := challenge.Challenge{ID: unit.NewID(), Told: a.About(), Asker: "63", Owner: "35", Field: "name", Words: "x", At: now}
	done := &challenge.Answer{Kind: challenge.Corrected, Text: "x", At: now}
	for _, tt := range []struct {
		name     string
		from, to office.NodeID
		spoil    func(o *challenge.Challenge)
	}{
		{"by who did not ask", "23", "35", func(o *challenge.Challenge) { o.Asker = "23" }},
		{"in another's name", "23", "35", func(*challenge.Challenge) {}},
		{"about another question", "63", "35", func(o *challenge.Challenge) { o.Told.ID = unit.NewID() }},
		{"about another resource", "63", "35", func(o *challenge.Challenge) { o.Told.Resource = "y" }},
		{"about what was not asked", "63", "35", func(o *challenge.Challenge) { o.Field = "address" }},
		{"with hidden characters", "63", "35", func(o *challenge.Challenge) { o.Words = "a\u202eb" }},
		{"for a person", "63", "35", func(o *challenge.Challenge) { o.Person = true }},
		{"answered by who asked", "63", "35", func(o *challenge.Challenge) { o.Answer = done }},
		{"corrected by who told nothing", "23", "63", func(o *challenge.Challenge) { o.Owner, o.Answer, o.Words = "23", done, "" }},
		{"corrected, of another question", "35", "63", func(o *challenge.Challenge) { o.Told.Question, o.Answer, o.Words = proof.Hash{1}, done, "" }},
		{"held right, unasked", "35", "63", func(o *challenge.Challenge) {
			o.Answer, o.Words = &challenge.Answer{Kind: challenge.Right, Text: "x", At: now}, ""
		}},
	} {
		o := fair
		tt.spoil(&o)
		body, err := proof.Marshal(challenge.Word{Challenge: o})
		if err != nil {
			t.Fatal(err)
		}
		n := k.nodes[tt.from]
		u := unit.Unit{At: now}
		if err := n.Kit.Post(&u, exchange.Envelope{ID: unit.NewID(), To: tt.to, Kind: exchange.Challenge, Case: k.c.ID, Leg: "decide", At: now, Private: body}); err != nil {
			t.Fatal(err)
		}
		if err := n.Store.Commit(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		k.turn()
		if len(k.objections(k.nodes[tt.to])) != 0 {
			t.Fatalf("believed: %s", tt.name)
		}
		if n, _, err := n.Store.Waiting(t.Context()); n != 0 || err != nil {
			t.Errorf("%s: %d wait for ever, %v", tt.name, n, err)
		}
	}
}

// The person reads what was told about them and objects by the form, the steward sees whose record it is and answers, and the office
// that had asked finds the correction in its list and with the case.
func TestPagesOfObjections(t *testing.T) {
	k := newKeeping(t)
	here := k.provider
	handler := func(n *node.Node, client string, officers ...office.Officer) http.Handler {
		h, err := n.Handler(node.WebConfig{
			PublicURL: "http://" + client + ".localhost", Issuer: "http://id.localhost", ClientID: client, HTTPClient: &http.Client{Transport: noProvider{}}, Officers: officers,
		})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	owner := handler(here, "fujian", office.Officer{ID: "lin", Name: "林", Office: actor(t, here, "350100").Office, Roles: []office.Role{office.Steward}})
	desk := handler(k.asker, "qinghai", office.Officer{ID: "zhao", Name: "赵", Office: k.reviewer.Office, Roles: []office.Role{office.Reviewer}})
	do := func(h http.Handler, n *node.Node, client, path string, form url.Values, who oidc.Identity) (int, string) {
		t.Helper()
		s := httptest.NewRecorder()
		if err := oidc.NewSessions(client, false, n.Vault, nil).Write(s, who); err != nil {
			t.Fatal(err)
		}
		method := http.MethodGet
		if form != nil {
			method = http.MethodPost
		}
		r := httptest.NewRequestWithContext(t.Context(), method, "http://"+client+".localhost"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(s.Result().Cookies()[0])
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	says := func(code int, body string, want int, words ...string) {
		t.Helper()
		if code != want || strings.Contains(body, "sharing.") {
			t.Errorf("%d instead of %d, or a text is missing", code, want)
		}
		for _, s := range words {
			if !strings.Contains(body, s) {
				t.Errorf("does not say %q", s)
			}
		}
	}
	fan := oidc.Identity{Subject: "s1", Name: "樊晓梅", IDNo: "230183199001010025", Level: 3}
	other := oidc.Identity{Subject: "s2", Name: "林知夏", IDNo: "350102199502020044", Level: 3}
	lin := oidc.Identity{Subject: "lin", Name: "林", Level: 4, Officer: true}
	zhao := oidc.Identity{Subject: "zhao", Name: "赵", Level: 4, Officer: true}
	code, body := do(owner, here, "fujian", "/objections", nil, fan)
	says(code, body, http.StatusOK, "青海", "居民身份证信息", `value="name"`, `value="number"`)
	if code, body := do(owner, here, "fujian", "/objections", nil, other); code != http.StatusOK || strings.Contains(body, "青海") {
		t.Errorf("somebody else: %d, or sees it", code)
	}
	form := url.Values{"told": {k.found.ID}, "key": {unit.NewID()}, "field": {"name"}}
	code, body = do(owner, here, "fujian", "/objections", form, fan)
	says(code, body, http.StatusUnprocessableEntity, errs.ObjectionWords.Text("zh").What, form.Get("key"))
	form.Set("words", "<script>alert(1)</script>")
	if code, _ := do(owner, here, "fujian", "/objections", form, other); code != http.StatusNotFound {
		t.Errorf("somebody else objects: %d", code)
	}
	if code, _ := do(owner, here, "fujian", "/objections", form, fan); code != http.StatusSeeOther {
		t.Fatalf("objecting: %d", code)
	}
	code, body = do(owner, here, "fujian", "/desk/sharing/objections", nil, lin)
	one := "/desk/sharing/objections/" + form.Get("key")
	says(code, body, http.StatusOK, one)
	if strings.Contains(body, fan.IDNo) {
		t.Error("the list names her")
	}
	code, body = do(owner, here, "fujian", one, nil, lin)
	says(code, body, http.StatusOK, fan.IDNo, "&lt;script&gt;")
	code, body = do(owner, here, "fujian", one, url.Values{"row": {"1"}}, lin)
	says(code, body, http.StatusUnprocessableEntity, errs.ObjectionAnswer.Text("zh").Next)
	if code, _ := do(owner, here, "fujian", one, url.Values{"row": {"1"}, "kind": {"corrected"}, "text": {"已改姓名"}}, lin); code != http.StatusSeeOther {
		t.Fatalf("answering: %d", code)
	}
	k.turn()
	code, body = do(owner, here, "fujian", "/objections", nil, fan)
	says(code, body, http.StatusOK, "已改姓名")
	code, body = do(desk, k.asker, "qinghai", "/desk/corrections", nil, zhao)
	says(code, body, http.StatusOK, "已改姓名", "/desk/cases/"+k.c.ID+"/data")
	if strings.Contains(body, "script&gt;") {
		t.Error("the other office reads what the person wrote")
	}
	code, body = do(desk, k.asker, "qinghai", "/desk/cases/"+k.c.ID+"/data", nil, zhao)
	says(code, body, http.StatusOK, "已改姓名", "/data/object")
	form = url.Values{"told": {k.found.ID}, "key": {unit.NewID()}, "field": {"number"}, "words": {"x"}}
	if code, _ := do(desk, k.asker, "qinghai", "/desk/cases/"+k.c.ID+"/data/object", form, zhao); code != http.StatusSeeOther {
		t.Errorf("the officer objects: %d", code)
	}
	code, body = do(desk, k.asker, "qinghai", "/desk/cases/"+k.c.ID+"/data", nil, zhao)
	says(code, body, http.StatusOK, "还没有答复")
	if got, err := k.asker.Eraser.Terms(t.Context(), k.c, k.list()); err != nil || got[0].Why != retention.CaseOpen {
		t.Errorf("%+v, %v", got, err)
	}
}

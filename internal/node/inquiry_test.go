package node_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tongban/internal/adapter/oidc"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/inquiry"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/fsck"
	"tongban/internal/handling/inquire"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/node"
	"tongban/internal/proof"
)

// asking is a federation in which 西宁 holds a case of 尚志's and may ask an office in 福建.
type asking struct {
	*equals
	here, there *node.Node     // 63 asks, 35 is asked
	officer     casefile.Actor // of the asked office
}

func newAsking(t *testing.T) *asking {
	t.Helper()
	e := newEquals(t)
	a := &asking{equals: e, here: e.nodes["63"], there: e.nodes["35"]}
	a.officer = actor(t, a.there, "350100", office.Reviewer)
	a.officer.Node = "35"
	return a
}

func (a *asking) turn() {
	a.t.Helper()
	for range 3 {
		settle(a.t, a.nodes["23"], a.here, a.there)
	}
}

func (a *asking) want() inquire.Want {
	return inquire.Want{ID: unit.NewID(), Desk: a.officer.Office, Type: "company", Fields: []string{"registered", "void"}, Words: "SECRET words"}
}

func (a *asking) ask() inquiry.Inquiry {
	a.t.Helper()
	q, err := a.here.Asks.Ask(a.t.Context(), a.reviewer, a.c.ID, a.want())
	if err != nil {
		a.t.Fatal(err)
	}
	a.turn()
	return a.at(a.here, q.ID)
}

func (a *asking) at(n *node.Node, id string) inquiry.Inquiry {
	a.t.Helper()
	q, err := n.Store.Inquiry(a.t.Context(), id)
	if err != nil {
		a.t.Fatal(err)
	}
	return q
}

// rules holds all three provinces against what never bends, and finds every outbox empty.
func (a *asking) rules() {
	a.t.Helper()
	var all []fsck.Node
	for id, n := range a.nodes {
		all = append(all, fsck.Node{ID: id, Reader: n.Store, Trust: n.Trust.List()})
		if waiting, _, err := n.Store.Waiting(a.t.Context()); waiting != 0 || err != nil {
			a.t.Errorf("%s: %d parcels wait, %v", id, waiting, err)
		}
	}
	r, err := fsck.Check(a.t.Context(), all, fsck.Options{Now: time.Now()})
	if err == nil {
		err = r.Err()
	}
	if err != nil || r.Checked["inquiries"] == 0 {
		a.t.Errorf("%v: %v", r.Checked, err)
	}
}

// later moves the business time of all.
func (a *asking) later(d time.Duration) {
	at := time.Now().Add(d)
	for _, n := range a.nodes {
		n.Kit.Now = func() time.Time { return at }
	}
}

// A question goes to an office that has never heard of the case, is answered there in fields, and both letters are signed; the case
// stays where it is, and the form sent twice asks once.
func TestAnOfficeAsksAnother(t *testing.T) {
	a := newAsking(t)
	ctx := t.Context()
	before, _ := a.c.Holder()
	w := a.want()
	for range 2 {
		if _, err := a.here.Asks.Ask(ctx, a.reviewer, a.c.ID, w); err != nil {
			t.Fatal(err)
		}
	}
	a.turn()
	if list, err := a.there.Store.InquiriesTo(ctx, a.officer.Office, 9); err != nil || len(list) != 1 || list[0].About.Name != "樊晓梅" || list[0].About.Phone != "" {
		t.Fatalf("the asked office has %+v, %v", list, err)
	}
	c, err := a.here.Store.Case(ctx, a.c.ID)
	if after, _ := c.Holder(); err != nil || after != before || !c.Inquired {
		t.Errorf("the case moved: %+v, %v", after, err)
	}
	if facts, err := a.nodes["23"].Store.FactAct(ctx, a.c.ID, casefile.ActInquire); err != nil || strings.Contains(string(facts.Signed.Body), "SECRET") {
		t.Errorf("the coordinator does not know, or the fact tells too much: %v", err)
	}
	q := a.at(a.there, w.ID)
	stranger := a.officer
	stranger.Office = "x"
	if _, err := a.there.Asks.Answer(ctx, stranger, q.ID, q.Row, inquiry.Reply{Values: map[string]string{"registered": "yes"}}); !errs.Is(err, errs.NotAsked) {
		t.Errorf("another office answers: %v", err)
	}
	if _, err := a.there.Asks.Answer(ctx, a.officer, q.ID, q.Row, inquiry.Reply{}); !errs.Is(err, errs.InquiryGap) {
		t.Errorf("nothing is answered: %v", err)
	}
	reply := inquiry.Reply{Values: map[string]string{"registered": "yes", "void": "unknown", "other": "x"}, Note: "SECRET note"}
	if _, err := a.there.Asks.Answer(ctx, a.officer, q.ID, q.Row, reply); err != nil {
		t.Fatal(err)
	}
	if _, err := a.there.Asks.Answer(ctx, a.officer, q.ID, q.Row, reply); !errs.Is(err, errs.Stale) {
		t.Errorf("answered twice: %v", err)
	}
	a.turn()
	got := a.at(a.here, w.ID)
	if got.State != inquiry.Answered || got.Reply.Values["registered"] != "yes" || got.Reply.Values["other"] != "" || got.Reply.Note != "SECRET note" {
		t.Errorf("%+v", got.Reply)
	}
	papers, err := a.here.Store.Papers(ctx, a.c.ID)
	letters := 0
	for _, p := range papers {
		if p.Kind == string(document.Inquiry) {
			letters++
		}
	}
	if err != nil || letters != 2 {
		t.Errorf("%d letters, %v", letters, err)
	}
	a.rules()
}

// Late: the other office is reminded after the deadline and every second working day, and both see that it is late. Declined: a
// shared reason. Withdrawn: the applicant takes the case back, and what was asked is taken back by the clock.
func TestAQuestionHasItsOwnClockAndEnds(t *testing.T) {
	a := newAsking(t)
	ctx := t.Context()
	late, declined := a.ask(), a.ask()
	no := a.at(a.there, declined.ID)
	if _, err := a.there.Asks.Answer(ctx, a.officer, no.ID, no.Row, inquiry.Reply{Declined: "because"}); !errs.Is(err, errs.ReasonNeeded) {
		t.Errorf("a reason of one's own: %v", err)
	}
	if _, err := a.there.Asks.Answer(ctx, a.officer, no.ID, no.Row, inquiry.Reply{Declined: "no-record"}); err != nil {
		t.Fatal(err)
	}
	a.turn()
	if q := a.at(a.here, declined.ID); q.State != inquiry.Declined || q.Reply.Declined != "no-record" {
		t.Errorf("%+v", q)
	}
	a.later(time.Until(late.Due.End()) + time.Hour)
	a.turn()
	a.turn()
	today := day(a.there)
	for _, n := range []*node.Node{a.here, a.there} {
		q := a.at(n, late.ID)
		if list, err := n.Store.InquiriesLate(ctx, today, 9); err != nil || len(list) != 1 || len(q.Reminded) != 1 || !q.Late(today) {
			t.Errorf("%s: %d late, %d reminders, %v", n.ID, len(list), len(q.Reminded), err)
		}
	}
	a.later(time.Until(late.Due.End()) + 9*24*time.Hour)
	a.turn()
	if n := len(a.at(a.there, late.ID).Reminded); n != 2 {
		t.Errorf("%d reminders a week later", n)
	}
	if _, err := a.nodes["23"].Lodge.Withdraw(ctx, nil, a.c.ID, 0); err != nil {
		t.Fatal(err)
	}
	a.turn()
	a.turn()
	for _, n := range []*node.Node{a.here, a.there} {
		if q := a.at(n, late.ID); q.State != inquiry.Withdrawn || q.Why != "withdrawn" {
			t.Errorf("%s: %s %s", n.ID, q.State, q.Why)
		}
	}
	if q := a.at(a.there, late.ID); true {
		if _, err := a.there.Asks.Answer(ctx, a.officer, q.ID, q.Row, inquiry.Reply{Values: map[string]string{"registered": "yes"}}); !errs.Is(err, errs.InquiryOver) {
			t.Errorf("answered after it was taken back: %v", err)
		}
	}
	a.rules()
}

// An answer that crossed the taking back on its way counts: both say that it was answered.
func TestAnAnswerThatCrossesItsWithdrawalCounts(t *testing.T) {
	a := newAsking(t)
	ctx := t.Context()
	q := a.ask()
	there := a.at(a.there, q.ID)
	if _, err := a.here.Asks.Withdraw(ctx, a.reviewer, q.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := a.there.Asks.Answer(ctx, a.officer, q.ID, there.Row, inquiry.Reply{Values: map[string]string{"registered": "no"}}); err != nil {
		t.Fatal(err)
	}
	a.turn()
	for _, n := range []*node.Node{a.here, a.there} {
		if q := a.at(n, q.ID); q.State != inquiry.Answered || q.Reply.Values["registered"] != "no" {
			t.Errorf("%s: %s", n.ID, q.State)
		}
	}
	a.rules()
}

// What a counterpart may not say is refused for good and kept nowhere: a question without a case that proves it, about somebody
// else than its applicant, in another's name, an answer to what was never asked of it.
func TestALyingAskerLearnsNothing(t *testing.T) {
	a := newAsking(t)
	ctx := t.Context()
	q := a.ask()
	sent, _, err := a.here.Store.Sent(ctx, q.ID)
	if err != nil {
		t.Fatal(err)
	}
	var e exchange.Envelope
	if err := sent.Signed.Into(&e); err != nil {
		t.Fatal(err)
	}
	for name, bend := range map[string]func(w *inquiry.Word){
		"about somebody else": func(w *inquiry.Word) {
			w.Ask.About = party.Person{Name: "x", IDType: party.ResidentID, IDNo: "350102199502020044"}
		},
		"without proof":     func(w *inquiry.Word) { w.Proof = nil },
		"an old proof":      func(w *inquiry.Word) { w.Proof.At = w.Proof.At.Add(-time.Hour) },
		"a proof to come":   func(w *inquiry.Word) { w.Proof.At = w.Proof.At.Add(time.Hour) },
		"another case":      func(w *inquiry.Word) { w.Ask.Of.No = "23202611230000017" },
		"no such field":     func(w *inquiry.Word) { w.Ask.Fields = []string{"secrets"} },
		"no such type":      func(w *inquiry.Word) { w.Ask.Type = "tax" },
		"in another's name": func(w *inquiry.Word) { w.Ask.From = "23" },
		"to no office here": func(w *inquiry.Word) { w.Ask.Desk = a.reviewer.Office },
		"hidden characters": func(w *inquiry.Word) { w.Ask.Words = "a\u202eb" },
		"a foreign letter":  func(w *inquiry.Word) { w.Letter = &sent.Signed },
		"nothing":           func(w *inquiry.Word) { *w = inquiry.Word{} },
	} {
		var w inquiry.Word
		if err := proof.Unmarshal(e.Private, &w); err != nil {
			t.Fatal(err)
		}
		w.Ask.ID = unit.NewID()
		id := w.Ask.ID
		bend(&w)
		body, err := proof.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		u := unit.Unit{At: a.here.Kit.Now()}
		if err := a.here.Kit.Post(&u, exchange.Envelope{ID: id, To: "35", Kind: exchange.Inquiry, Case: a.c.ID, Leg: "decide", At: u.At, Private: body}); err != nil {
			t.Fatal(err)
		}
		if err := a.here.Store.Commit(ctx, u); err != nil {
			t.Fatal(err)
		}
		a.turn()
		if _, s, err := a.here.Store.Sent(ctx, id); err != nil || s == nil || s.Status != exchange.Refused {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
		if _, err := a.there.Store.Inquiry(ctx, id); !errs.Is(err, errs.Missing) {
			t.Errorf("%s: kept, %v", name, err)
		}
	}
}

// The officer asks by the form and the other answers by theirs; gaps come back with all that was entered, nobody else opens it.
func TestAskingAndAnsweringOnPages(t *testing.T) {
	a := newAsking(t)
	site := func(n *node.Node, client string, officers ...office.Officer) func(who, path string, form url.Values) (int, string) {
		h, err := n.Handler(node.WebConfig{
			PublicURL: "http://" + client + ".localhost", Issuer: "http://id.localhost", ClientID: client, HTTPClient: &http.Client{Transport: noProvider{}}, Officers: officers,
		})
		if err != nil {
			t.Fatal(err)
		}
		return func(who, path string, form url.Values) (int, string) {
			t.Helper()
			method := http.MethodGet
			if form != nil {
				method = http.MethodPost
			}
			r := httptest.NewRequestWithContext(t.Context(), method, "http://"+client+".localhost"+path, strings.NewReader(form.Encode()))
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			if form != nil {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			w := httptest.NewRecorder()
			if err := oidc.NewSessions(client, false, n.Vault, nil).Write(w, oidc.Identity{Subject: who, Name: who, Level: 4, Officer: true}); err != nil {
				t.Fatal(err)
			}
			r.AddCookie(w.Result().Cookies()[0])
			w = httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Code, w.Body.String()
		}
	}
	here := site(a.here, "qinghai", office.Officer{ID: "zhao", Name: "z", Office: a.reviewer.Office, Roles: []office.Role{office.Reviewer}})
	there := site(a.there, "fujian", office.Officer{ID: "lin", Name: "l", Office: a.officer.Office, Roles: []office.Role{office.Reviewer}},
		office.Officer{ID: "other", Name: "o", Office: "x", Roles: []office.Role{office.Reviewer}},
		office.Officer{ID: "watch", Name: "w", Office: a.officer.Office, Roles: []office.Role{office.Supervisor}})
	says := func(code int, body string, want int, words ...string) {
		t.Helper()
		if code != want {
			t.Fatalf("%d, want %d", code, want)
		}
		for _, w := range words {
			if !strings.Contains(body, w) {
				t.Errorf("the page does not say %q", w)
			}
		}
		if strings.Contains(body, "inquiry.") {
			t.Errorf("a text is missing")
		}
	}
	form := "/desk/cases/" + a.c.ID + "/ask-other"
	code, body := here("zhao", form, nil)
	says(code, body, http.StatusOK, "企业登记情况", "市场主体登记管理条例 第37条", "期限未核实", "协查的时间计入办理时限")
	code, body = here("zhao", form, url.Values{"key": {unit.NewID()}, "type": {"company"}, "words": {"kept words"}})
	says(code, body, http.StatusUnprocessableEntity, "请选一个机关", "请至少选一个项目", "kept words")
	id := unit.NewID()
	code, body = here("zhao", form, url.Values{"key": {id}, "type": {"company"}, "office": {a.officer.Office}, "fields": {"registered", "void"}})
	says(code, body, http.StatusSeeOther)
	code, body = here("zhao", "/desk/cases/"+a.c.ID, nil)
	says(code, body, http.StatusOK, "1 件协查在等答复")
	a.turn()
	code, body = there("lin", "/desk", nil)
	says(code, body, http.StatusOK, "协查待答复")
	code, body = there("lin", "/desk/inquiries", nil)
	says(code, body, http.StatusOK, "/desk/inquiries/"+id)
	if strings.Contains(body, "樊晓梅") {
		t.Error("a list names somebody")
	}
	one := "/desk/inquiries/" + id
	code, body = there("lin", one, nil)
	says(code, body, http.StatusOK, "樊晓梅", "登记在册")
	if strings.Contains(body, "230183199001010025") {
		t.Error("the number is shown in full")
	}
	if code, _ = there("other", one, nil); code != http.StatusForbidden {
		t.Errorf("another office looks: %d", code)
	}
	code, body = there("watch", "/desk/inquiries", nil)
	says(code, body, http.StatusOK, "没有过期的协查")
	if code, _ = there("watch", one, url.Values{"row": {"1"}, "v.registered": {"yes"}}); code != http.StatusForbidden {
		t.Errorf("who watches answers: %d", code)
	}
	code, body = there("lin", one, url.Values{"row": {"1"}, "note": {"kept note"}})
	says(code, body, http.StatusUnprocessableEntity, "请答复：登记在册", "kept note")
	code, body = there("lin", one, url.Values{"row": {"1"}, "do": {"decline"}})
	says(code, body, http.StatusUnprocessableEntity, "请选一个原因")
	code, body = there("lin", one, url.Values{"row": {"1"}, "v.registered": {"yes"}, "v.void": {"no"}, "note": {"a note"}})
	says(code, body, http.StatusSeeOther)
	code, body = there("lin", one+"/answer", nil)
	says(code, body, http.StatusOK, "核实回函", "双方签章")
	if code, _ = there("lin", one, url.Values{"row": {"2"}, "v.registered": {"no"}}); code != http.StatusConflict {
		t.Errorf("answered twice: %d", code)
	}
	a.turn()
	code, body = here("zhao", one, nil)
	says(code, body, http.StatusOK, "已答复", "a note", "核实回函")
	code, body = here("zhao", one+"/letter", nil)
	says(code, body, http.StatusOK, "协查函")
	a.rules()
}

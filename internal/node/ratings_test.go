package node_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tongban/internal/adapter/oidc"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/domain/rating"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/node"
	"tongban/internal/proof"
)

// delivered is a case that went all the way.
func (w *told) delivered() casefile.Case {
	w.t.Helper()
	ctx := w.t.Context()
	c := w.handedOver()
	_, err := w.there.Bench.Accept(ctx, w.officer, decide.Ref{Case: c.ID})
	w.ok(err)
	_, err = w.there.Bench.Decide(ctx, w.officer, decide.Ref{Case: c.ID}, casefile.Decision{Outcome: casefile.Granted})
	w.ok(err)
	_, err = w.there.Issuer.Issue(ctx, w.officer, c.ID, 0)
	w.ok(err)
	w.turn()
	c, err = w.here.Issuer.Deliver(ctx, w.clerk, c.ID, 0, casefile.Delivery{Way: "counter", To: "applicant"})
	w.ok(err)
	w.turn()
	return c
}

func (w *told) ratings(n *node.Node, id string) []rating.Rating {
	w.t.Helper()
	list, err := n.Store.Ratings(w.t.Context(), id)
	w.ok(err)
	return list
}

func bad(target rating.Target) rating.Wish {
	return rating.Wish{ID: unit.NewID(), Target: target, Level: rating.VeryDissatisfied, Text: "slow <script>alert(1)</script>", Named: true}
}

func as(a casefile.Actor, id string, role office.Role) casefile.Actor {
	a.ID, a.Roles = id, []office.Role{role}
	return a
}

// A bad rating of the deciding office reaches it without who rated, goes through its steps there, and is closed by a return
// call that the province makes where it was given.
func TestABadRatingReachesTheOfficeThatCausedIt(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.delivered()
	wish := bad(rating.Decider)
	for range 2 { // the button pressed twice
		w.ok(w.here.Rates.Give(ctx, c, wish))
	}
	w.turn()
	got := w.ratings(w.there, c.ID)
	if len(got) != 1 || got[0].Office != w.officer.Office || got[0].Text != wish.Text || got[0].Care.State != rating.Open {
		t.Fatalf("at the office: %+v", got)
	}
	if n, err := w.here.Store.CountRatingsToDo(ctx, rating.Work, ""); n != 0 || err != nil {
		t.Errorf("the window has %d to do, %v", n, err)
	}
	lead, watch := as(w.officer, "lead", office.Lead), as(w.officer, "watch", office.Supervisor)
	step := func(n *node.Node, by casefile.Actor, a rating.Act, want errs.Code) {
		t.Helper()
		r := w.ratings(n, c.ID)[0]
		err := n.Rates.Do(ctx, by, r.ID, r.Row, a, "words")
		if want == 0 {
			w.ok(err)
		} else if !errs.Is(err, want) {
			t.Errorf("%s by %s: %v, want %s", a, by.ID, err, want.Name())
		}
		w.turn()
	}
	step(w.there, w.officer, rating.Verify, errs.NotYours)
	step(w.there, watch, rating.Verify, errs.NotYours)
	elsewhere := lead
	elsewhere.Office = w.clerk.Office
	step(w.there, elsewhere, rating.Verify, errs.NoSuchRating)
	if err := w.there.Rates.Do(ctx, lead, got[0].ID, got[0].Row+1, rating.Verify, "x"); !errs.Is(err, errs.Stale) {
		t.Errorf("an old page: %v", err)
	}
	step(w.there, lead, rating.Verify, 0)
	step(w.there, lead, rating.Appeal, 0)
	step(w.there, lead, rating.Uphold, errs.NotYours)
	step(w.there, watch, rating.Reject, 0)
	w.out.take()
	step(w.there, lead, rating.Fix, 0)
	if kinds := w.kinds(c.ID); kinds[len(kinds)-1] != notice.RatingHeard {
		t.Errorf("told %v", kinds)
	}
	if sent := w.out.take(); len(sent) != 1 {
		t.Errorf("sent %+v", sent)
	}
	step(w.there, watch, rating.Content, errs.RatingMove) // who was rated does not call
	caller := as(w.clerk, "caller", office.Supervisor)
	step(w.here, as(w.clerk, "boss", office.Lead), rating.Content, errs.NoSuchRating)
	home := w.ratings(w.here, c.ID)[0]
	if _, err := w.here.Rates.Whom(ctx, as(w.clerk, "boss", office.Lead), home); !errs.Is(err, errs.NotYours) {
		t.Errorf("the window learns whom to call: %v", err)
	}
	if whom, err := w.here.Rates.Whom(ctx, caller, home); err != nil || whom.Private.Applicant.Phone == "" {
		t.Errorf("the caller does not: %v", err)
	}
	step(w.here, caller, rating.Content, 0)
	for _, n := range []*node.Node{w.here, w.there} {
		if r := w.ratings(n, c.ID)[0]; r.Care.State != rating.Closed || !r.Care.Called() {
			t.Errorf("at %s: %+v", n.ID, r.Care)
		}
		if left, _, err := n.Store.Waiting(ctx); left != 0 || err != nil {
			t.Errorf("%s: %d parcels wait, %v", n.ID, left, err)
		}
	}
	sums, err := w.here.Store.RatingSums(ctx, w.now.Add(-24*time.Hour), w.now.Add(24*time.Hour))
	if err != nil || len(sums) != 1 || sums[0].N != 1 || sums[0].Level != rating.VeryDissatisfied {
		t.Errorf("sums %+v, %v", sums, err)
	}
}

// A counterpart that lies about what people say is refused for good, and nothing of it is kept.
func TestALyingCounterpartRatesNobody(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.delivered()
	r, err := rating.New(c, w.here.ID, nil, bad(rating.Decider), rating.Web, rating.Default(), w.here.Kit.Calendar, w.now)
	w.ok(err)
	r.Office = w.clerk.Office
	for _, body := range []any{rating.Word{Rating: r.ID, Given: &r}, rating.Word{Rating: "x", Act: rating.Content}, "no word"} {
		raw, err := proof.Marshal(body)
		w.ok(err)
		u := unit.Unit{At: w.now}
		w.ok(w.here.Kit.Post(&u, exchange.Envelope{ID: unit.NewID(), To: "63", Kind: exchange.Rating, Case: c.ID, Leg: "decide", At: w.now, Private: raw}))
		w.ok(w.here.Store.Commit(ctx, u))
		w.turn()
		if got := w.ratings(w.there, c.ID); len(got) > 0 {
			t.Errorf("kept %+v", got)
		}
		if n, _, err := w.here.Store.Waiting(ctx); n != 0 || err != nil {
			t.Errorf("%d wait for ever, %v", n, err)
		}
	}
}

func TestTheCodeOnTheReceiptRatesTheWindowOnce(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.lodged()
	code, no := w.here.Rates.Code(c), string(c.No)
	if len(code) != 10 || w.there.Rates.Code(c) == code {
		t.Fatalf("code %q", code)
	}
	for name, try := range map[string][2]string{
		"a wrong code": {no, "2222222222"}, "no code": {no, ""}, "a number that nobody has": {string(casefile.MakeNo("23", workday.DateOf(w.now), 999)), code}, "no number": {"x", code},
	} {
		if err := w.here.Rates.GiveByCode(ctx, try[0], try[1], bad(rating.Window)); !errs.Is(err, errs.NoRatingCode) {
			t.Errorf("%s: %v", name, err)
		}
	}
	wish := bad(rating.Decider) // whatever the form says, it is the window
	for range 2 {
		w.ok(w.here.Rates.GiveByCode(ctx, no, code, wish))
	}
	got := w.ratings(w.here, c.ID)
	if len(got) != 1 || got[0].Target != rating.Window || got[0].Channel != rating.Code {
		t.Fatalf("%+v", got)
	}
	if err := w.here.Rates.GiveByCode(ctx, no, code, bad(rating.Window)); !errs.Is(err, errs.RatedAlready) {
		t.Errorf("twice: %v", err)
	}
	w.ok(w.here.Rates.Give(ctx, c, bad(rating.Window))) // who signs in may say more
	if err := w.here.Rates.Give(ctx, c, bad(rating.Window)); !errs.Is(err, errs.RatedAlready) {
		t.Errorf("a third time: %v", err)
	}
}

func TestPaperAndTelephoneAreKeyedIn(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.lodged()
	window := as(w.clerk, "window", office.Window)
	w.ok(w.here.Rates.Key(ctx, window, string(c.No), rating.Paper, bad(rating.Window)))
	if got := w.ratings(w.here, c.ID); len(got) != 1 || got[0].Channel != rating.Paper || got[0].By != "window" {
		t.Errorf("%+v", got)
	}
	for name, err := range map[string]error{
		"by a reviewer":         w.here.Rates.Key(ctx, as(w.clerk, "r", office.Reviewer), string(c.No), rating.Paper, bad(rating.Window)),
		"as if from the web":    w.here.Rates.Key(ctx, window, string(c.No), rating.Web, bad(rating.Window)),
		"at another province":   w.there.Rates.Key(ctx, as(w.officer, "w", office.Window), string(c.No), rating.Paper, bad(rating.Window)),
		"with no form's number": w.here.Rates.Key(ctx, window, string(c.No), rating.Phone, rating.Wish{ID: "x", Target: rating.Window, Level: 1}),
	} {
		if err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// No page that a handler may open says who rated: not the lists, not the rating, not the case, not the undelivered notices. The
// return call alone shows the person, to a role that handles no case.
func TestHandlersNeverSeeWhoRated(t *testing.T) {
	w := newTold(t)
	ctx := t.Context()
	c := w.delivered()
	wish := bad(rating.Window)
	wish.Text = "unmistakable words"
	w.ok(w.here.Rates.Give(ctx, c, wish))
	id := w.ratings(w.here, c.ID)[0].ID
	var officers []office.Officer
	cookies := map[string]*http.Cookie{}
	sessions := oidc.NewSessions("heilongjiang", false, w.here.Vault, nil)
	for _, role := range office.Roles() {
		officers = append(officers, office.Officer{ID: string(role), Name: string(role), Office: w.clerk.Office, Roles: []office.Role{role}})
		rec := httptest.NewRecorder()
		w.ok(sessions.Write(rec, oidc.Identity{Subject: string(role), Name: string(role), Level: 4, Officer: true}))
		cookies[string(role)] = rec.Result().Cookies()[0]
	}
	web, err := w.here.Handler(node.WebConfig{
		PublicURL: "http://heilongjiang.localhost", Issuer: "http://id.localhost", ClientID: "heilongjiang", Officers: officers,
		HTTPClient: &http.Client{Transport: noProvider{}},
	})
	w.ok(err)
	open := func(role, path string, form url.Values) (int, string) {
		method := http.MethodGet
		if form != nil {
			method = http.MethodPost
		}
		r := httptest.NewRequestWithContext(ctx, method, "http://heilongjiang.localhost"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		r.AddCookie(cookies[role])
		rec := httptest.NewRecorder()
		web.ServeHTTP(rec, r)
		return rec.Code, rec.Body.String()
	}
	who := regexp.MustCompile(regexp.QuoteMeta(c.Private.Applicant.Name) + "|" + regexp.QuoteMeta(string(c.No)) + "|" + c.ID + "|" + c.Private.Applicant.Phone)
	look := func(state rating.State) {
		t.Helper()
		for _, role := range []string{"window", "reviewer", "decider", "lead"} {
			for _, path := range []string{"/desk/ratings", "/desk/ratings/" + id} {
				code, body := open(role, path, nil)
				if code == http.StatusOK && who.MatchString(body) {
					t.Errorf("%s: %s by %s shows %q", state, path, role, who.FindString(body))
				}
			}
			for _, path := range []string{"/desk", "/desk/cases/" + c.ID, "/desk/cases/" + c.ID + "/history", "/desk/cases/" + c.ID + "/messages", "/desk/notices"} {
				if code, body := open(role, path, nil); code == http.StatusOK && (strings.Contains(body, wish.Text) || strings.Contains(body, id)) {
					t.Errorf("%s: %s by %s shows the rating", state, path, role)
				}
			}
		}
	}
	look(rating.Open)
	lead := as(w.clerk, "lead", office.Lead)
	for i, a := range []rating.Act{rating.Verify, rating.Fix} {
		w.ok(w.here.Rates.Do(ctx, lead, id, int64(i+1), a, "done"))
	}
	// The notice of it reaches nobody; even then it is no list of the office's.
	w.out.answer = errs.New(errs.NoticeRefused, "no such number")
	w.turn()
	look(rating.Answered)
	if code, body := open("supervisor", "/desk/ratings/"+id, nil); code != http.StatusOK || !who.MatchString(body) {
		t.Errorf("who calls back does not see whom: %d", code)
	}
	if code, _ := open("lead", "/desk/ratings/"+id, url.Values{"row": {"3"}, "act": {"content"}, "text": {"x"}}); code != http.StatusForbidden {
		t.Errorf("who was rated calls back: %d", code)
	}
	if code, _ := open("supervisor", "/desk/ratings/"+id, url.Values{"row": {"3"}, "act": {"content"}, "text": {"<script>"}}); code != http.StatusSeeOther {
		t.Errorf("the return call: %d", code)
	}
	if code, body := open("supervisor", "/desk/ratings/"+id, nil); code != http.StatusOK || who.MatchString(body) || strings.Contains(body, "<script>") {
		t.Errorf("after the call: %d", code)
	}
}

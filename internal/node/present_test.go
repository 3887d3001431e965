package node_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tongban/internal/adapter/oidc"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/presentation"
	"tongban/internal/handling/certify"
	"tongban/internal/handling/present"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/node"
	"tongban/internal/page/text"
	"tongban/internal/proof"
)

// sites sends requests to the nodes' pages by host, and remembers the last answer that was posted.
type sites struct {
	to     map[string]http.Handler
	down   bool
	posted string
}

func (s *sites) RoundTrip(r *http.Request) (*http.Response, error) {
	h, ok := s.to[r.URL.Host]
	if !ok || s.down {
		return nil, io.ErrUnexpectedEOF
	}
	in := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), http.NoBody)
	in.Header = r.Header
	if r.Method == http.MethodPost {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		s.posted = string(b)
		in.Body = io.NopCloser(bytes.NewReader(b))
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, in)
	return w.Result(), nil
}

// showing is 黑龙江, whose counter holds a case of 樊晓梅 and asks, and 青海, which issued licences to her.
type showing struct {
	t           *testing.T
	here, there *node.Node
	net         *sites
	c           casefile.Case
	clerk       casefile.Actor
	desk        *present.Desk
	papers      []string
	cookies     map[string]*http.Cookie // by host and person
}

const fanNo, linNo = "230183199001010025", "350102199502020044"

func newShowing(t *testing.T) *showing {
	t.Helper()
	s := &showing{t: t, net: &sites{to: map[string]http.Handler{}}, cookies: map[string]*http.Cookie{}}
	s.here, s.there = pair(t)
	s.clerk = actor(t, s.here, atOwn, office.Window)
	var err error
	if s.c, err = s.here.Lodge.TakeIn(t.Context(), s.clerk, application(t, s.here)); err != nil {
		t.Fatal(err)
	}
	away := func(who party.Person) casefile.Case {
		a := application(t, s.there)
		a.There, a.Applicant = region.Must(atOwn), who
		c, err := s.there.Lodge.TakeIn(t.Context(), actor(t, s.there, "630100", office.Window), a)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	other := s.c.Private.Applicant
	other.Name, other.IDNo = "林知夏", linNo
	far, farther := away(s.c.Private.Applicant), away(other)
	by := actor(t, s.there, "630100").Office
	s.papers = append(s.papers, licensedTo(t, s.there, far, by, "63010000001", fanNo, 1), licensedTo(t, s.there, far, by, "63010000002", fanNo, 2), licensedTo(t, s.there, farther, by, "63010000003", linNo, 3))
	for label, n := range map[string]*node.Node{"heilongjiang": s.here, "qinghai": s.there} {
		sessions := oidc.NewSessions(label, false, n.Vault, nil)
		for who, id := range map[string]oidc.Identity{
			"fan": {Subject: "s1", Name: "樊晓梅", IDNo: fanNo, Level: 3}, "lin": {Subject: "s2", Name: "林知夏", IDNo: linNo, Level: 3},
			"clerk": {Subject: s.clerk.ID, Name: "x", Level: 4, Officer: true},
		} {
			w := httptest.NewRecorder()
			if err := sessions.Write(w, id); err != nil {
				t.Fatal(err)
			}
			s.cookies[label+" "+who] = w.Result().Cookies()[0]
		}
		web, err := n.Handler(node.WebConfig{
			PublicURL: "http://" + label + ".localhost", Issuer: "http://id.localhost", ClientID: label, HTTPClient: &http.Client{Transport: s.net},
			Officers:  []office.Officer{{ID: s.clerk.ID, Name: "x", Office: s.clerk.Office, Roles: []office.Role{office.Window}}},
			Entrances: map[office.NodeID]string{"23": "http://heilongjiang.localhost", "63": "http://qinghai.localhost"},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.net.to[label+".localhost"] = web
	}
	s.desk = present.New(present.Desk{Kit: s.here.Kit, Store: s.here.Store, Signer: s.here.Issuer.Tokens.ES256, Types: s.here.Issuer.Types, Standing: func(ctx context.Context, by office.NodeID, ref statuslist.Ref) (time.Time, bool, error) {
		x, err := s.here.Status.Standing(ctx, by, ref)
		return x.At, x.Late, err
	}})
	return s
}

func (s *showing) visit(who, method, address string, form url.Values) *httptest.ResponseRecorder {
	s.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		s.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(s.t.Context(), method, address, strings.NewReader(form.Encode()))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	label, _, _ := strings.Cut(u.Host, ".")
	if c := s.cookies[label+" "+who]; c != nil {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.net.to[u.Host].ServeHTTP(w, r)
	return w
}

// ask has the counter ask by its page, and gives the request's id.
func (s *showing) ask(fields ...string) string {
	s.t.Helper()
	w := s.visit("clerk", http.MethodPost, "http://heilongjiang.localhost/desk/cases/"+s.c.ID+"/ask-licence", url.Values{
		"type": {"11100000MB0143028R001"}, "field": fields, "purpose": {"核对登记的号码"},
	})
	if w.Code != http.StatusSeeOther {
		s.t.Fatalf("ask: %d %s", w.Code, w.Body)
	}
	list, err := s.here.Store.Presentations(s.t.Context(), s.c.ID)
	if err != nil || len(list) == 0 {
		s.t.Fatalf("%d requests, %v", len(list), err)
	}
	for _, p := range list {
		if p.State == unit.PresentOpen {
			return p.ID
		}
	}
	s.t.Fatal("no request is open")
	return ""
}

func link(id string) string {
	return "http://qinghai.localhost/licence-request?" + url.Values{
		"client_id": {"tongban-23"}, "request_uri": {"http://heilongjiang.localhost/present/" + id + "/request"},
	}.Encode()
}

var hidden = regexp.MustCompile(`name="(client_id|request_uri|print)" value="([^"]*)"`)

// form reads the page of a request as a browser would.
func (s *showing) form(who, id string) url.Values {
	s.t.Helper()
	w := s.visit(who, http.MethodGet, link(id), nil)
	if w.Code != http.StatusOK {
		s.t.Fatalf("request page: %d %s", w.Code, w.Body)
	}
	out := url.Values{"do": {"agree"}}
	for _, m := range hidden.FindAllStringSubmatch(w.Body.String(), -1) {
		out.Set(m[1], strings.ReplaceAll(m[2], "&amp;", "&"))
	}
	return out
}

func (s *showing) state(id string) present.Asked {
	s.t.Helper()
	a, err := s.desk.Find(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// A counter asks for a licence that another province issued; the holder sees who asks and for what, chooses among two, and agrees. The
// office sees what it asked for and no more, the holder sees the use, and the answer counts once.
func TestALicenceIsShownAtTheCounter(t *testing.T) {
	s := newShowing(t)
	id := s.ask(licence.ClaimNo)
	if w := s.visit("fan", http.MethodGet, "http://heilongjiang.localhost/present/"+id, nil); w.Header().Get("Location") != "/cases/"+string(s.c.No)+"/shown" {
		t.Errorf("the code leads to %d %s", w.Code, w.Header().Get("Location"))
	}
	if w := s.visit("lin", http.MethodGet, "http://heilongjiang.localhost/present/"+id, nil); w.Code != http.StatusNotFound {
		t.Errorf("a stranger with the code: %d", w.Code)
	}
	if w := s.visit("fan", http.MethodGet, "http://heilongjiang.localhost/cases/"+string(s.c.No)+"/shown", nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "核对登记的号码") {
		t.Errorf("the applicant's page: %d %s", w.Code, w.Body)
	}
	page := s.visit("fan", http.MethodGet, link(id), nil).Body.String()
	for _, want := range []string{"核对登记的号码", string(s.c.No), s.papers[0], s.papers[1], "黑龙江"} {
		if !strings.Contains(page, want) {
			t.Errorf("the holder does not read %q", want)
		}
	}
	if strings.Contains(page, s.papers[2]) {
		t.Error("another person's licence is offered")
	}
	form := s.form("fan", id)
	if w := s.visit("fan", http.MethodPost, "http://qinghai.localhost/licence-request", form); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("no licence chosen: %d", w.Code)
	}
	form.Set("licence", s.papers[1])
	changed := url.Values{"do": {"agree"}, "client_id": form["client_id"], "request_uri": form["request_uri"], "licence": form["licence"], "print": {"x"}}
	if w := s.visit("fan", http.MethodPost, "http://qinghai.localhost/licence-request", changed); w.Code != http.StatusConflict {
		t.Errorf("another request than was seen: %d", w.Code)
	}
	s.net.down = true
	if w := s.visit("fan", http.MethodPost, "http://qinghai.localhost/licence-request", form); w.Code != http.StatusServiceUnavailable {
		t.Errorf("who asks is down: %d", w.Code)
	}
	s.net.down = false
	if w := s.visit("fan", http.MethodPost, "http://qinghai.localhost/licence-request", form); w.Code != http.StatusSeeOther {
		t.Fatalf("agree: %d %s", w.Code, w.Body)
	}
	got := s.state(id)
	if got.State != unit.PresentTaken || got.Shown == nil || got.Shown.Licence != s.papers[1] || got.Shown.Values[licence.ClaimNo] != "63010000002" || got.Shown.By != "63" {
		t.Errorf("taken %+v", got.Shown)
	}
	if strings.Contains(got.Shown.Token, "樊晓梅") || got.Shown.Values[licence.ClaimHolderName] != "" {
		t.Error("more was shown than was asked for")
	}
	desk := s.visit("clerk", http.MethodGet, "http://heilongjiang.localhost/desk/cases/"+s.c.ID+"/ask-licence", nil).Body.String()
	if !strings.Contains(desk, "63010000002") || !strings.Contains(desk, text.T("zh", "presentation.state.taken")) {
		t.Error("the office does not see what was shown")
	}
	uses := s.visit("fan", http.MethodGet, "http://qinghai.localhost/wallet/"+s.papers[1], nil).Body.String()
	for _, want := range []string{"核对登记的号码", text.T("zh", "presentation.use.taken")} {
		if !strings.Contains(uses, want) {
			t.Errorf("the use does not say %q", want)
		}
	}
	if w := s.visit("fan", http.MethodPost, "http://qinghai.localhost/licence-request", form); w.Code != http.StatusConflict {
		t.Errorf("the same form again: %d", w.Code)
	}
	again, err := url.ParseQuery(s.net.posted)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		form url.Values
		code int
	}{
		"replayed":    {again, http.StatusConflict},
		"wrong state": {url.Values{"state": {"x"}, "vp_token": again["vp_token"]}, http.StatusNotFound},
		"too large":   {url.Values{"state": again["state"], "vp_token": {strings.Repeat("A", 4*presentation.MaxAnswer)}}, http.StatusRequestEntityTooLarge},
	} {
		if w := s.visit("", http.MethodPost, "http://heilongjiang.localhost/present/"+id+"/answer", want.form); w.Code != want.code {
			t.Errorf("%s: %d, want %d", name, w.Code, want.code)
		}
	}
	if w := s.visit("", http.MethodGet, "http://heilongjiang.localhost/present/"+id+"/request", nil); w.Code != http.StatusConflict {
		t.Errorf("the request after its answer: %d", w.Code)
	}
}

// Somebody else's licence, an answer to another request, and one whose licence was taken away count for nothing; the request stays
// open. A holder who says no is not asked again.
func TestOthersLicencesCountForNothing(t *testing.T) {
	s := newShowing(t)
	id := s.ask(licence.ClaimNo)
	form := s.form("lin", id)
	form.Set("licence", s.papers[2])
	if w := s.visit("lin", http.MethodPost, "http://qinghai.localhost/licence-request", form); w.Code == http.StatusSeeOther {
		t.Errorf("another holder: %d", w.Code)
	}
	a := s.state(id)
	swapped, err := url.ParseQuery(s.net.posted)
	if err != nil || swapped.Get("vp_token") == "" {
		t.Fatalf("nothing was posted: %v", err)
	}
	if err := s.desk.Take(t.Context(), id, present.Answer{State: a.Request.State, Token: swapped.Get("vp_token")}); !errs.Is(err, errs.HolderDiffers) {
		t.Errorf("another holder's answer: %v", err)
	}
	if a.State != unit.PresentOpen {
		t.Errorf("it is %s", a.State)
	}
	decider := actor(t, s.there, "630100", office.Decider)
	if _, err := s.there.Issuer.Do(t.Context(), decider, s.papers[0], 0, licence.Doing{Act: licence.ActSuspend, Reason: "penalty"}); err != nil {
		t.Fatal(err)
	}
	form = s.form("fan", id)
	form.Set("licence", s.papers[0])
	if w := s.visit("fan", http.MethodPost, "http://qinghai.localhost/licence-request", form); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a suspended licence: %d", w.Code)
	}
	form.Set("do", "refuse")
	if w := s.visit("fan", http.MethodPost, "http://qinghai.localhost/licence-request", form); w.Code != http.StatusSeeOther {
		t.Errorf("no: %d %s", w.Code, w.Body)
	}
	if got := s.state(id); got.State != unit.PresentRefused || got.Shown != nil {
		t.Errorf("after no: %+v", got)
	}
	if w := s.visit("fan", http.MethodGet, link(id), nil); w.Code != http.StatusConflict {
		t.Errorf("asked again: %d", w.Code)
	}
	for name, bad := range map[string]string{
		"not on the list": "http://qinghai.localhost/licence-request?client_id=tongban-99&request_uri=http://evil.localhost/present/" + id + "/request",
		"elsewhere":       "http://qinghai.localhost/licence-request?client_id=tongban-23&request_uri=http://evil.localhost/present/" + id + "/request",
		"nothing":         "http://qinghai.localhost/licence-request",
	} {
		if w := s.visit("fan", http.MethodGet, bad, nil); w.Code < 400 || w.Code >= 500 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	uses, err := (&certify.Wallet{Issuer: s.there.Issuer, Store: s.there.Store}).Showings(t.Context(), fan(t), "")
	if err != nil || len(uses) != 1 || uses[0].State != certify.UseRefused {
		t.Errorf("the holder's list: %+v %v", uses, err)
	}
}

// An officer of another office, without words, or of a case that is elsewhere, asks for nothing.
func TestWhoMayAskForALicence(t *testing.T) {
	s := newShowing(t)
	all := present.Wish{Type: "11100000MB0143028R001", Fields: []string{licence.ClaimNo}, Purpose: "x"}
	with := func(change func(w *present.Wish)) present.Wish {
		w := all
		change(&w)
		return w
	}
	other := actor(t, s.here, atOther, office.Window)
	lead := actor(t, s.here, atOwn, office.Lead)
	for name, x := range map[string]struct {
		by   casefile.Actor
		wish present.Wish
		want errs.Code
	}{
		"another office": {other, all, errs.CaseElsewhere},
		"a lead":         {lead, all, errs.NotYours},
		"no purpose":     {s.clerk, with(func(w *present.Wish) { w.Purpose = " " }), errs.PurposeMissing},
		"a long one":     {s.clerk, with(func(w *present.Wish) { w.Purpose = strings.Repeat("核", 201) }), errs.PurposeMissing},
		"no fields":      {s.clerk, with(func(w *present.Wish) { w.Fields = []string{"colour"} }), errs.FieldsMissing},
		"no such type":   {s.clerk, with(func(w *present.Wish) { w.Type = "x" }), errs.LicenceTypeUnknown},
	} {
		if _, err := s.desk.Ask(t.Context(), x.by, s.c.ID, x.wish); !errs.Is(err, x.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.desk.Ask(t.Context(), s.clerk, s.c.ID, all); err != nil {
		t.Error(err)
	}
}

// presented has an office ask the applicant of a case to show a licence, and gives the request's id.
func presented(t *testing.T, n *node.Node, c casefile.Case, by casefile.Actor) string {
	t.Helper()
	me, _ := n.Trust.List().Node(n.ID)
	q, err := presentation.New(n.Issuer.Tokens.ES256, me, "11100000MB0143028R001", []string{licence.ClaimNo}, presentation.Use{
		Office: by.Office, OfficeName: "x", Case: string(c.No), Item: c.Item, Purpose: "x",
	}, c.Last)
	if err != nil {
		t.Fatal(err)
	}
	body, err := proof.Marshal(present.Asked{Request: q, Case: c.ID, Officer: by.ID})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Store.Commit(t.Context(), unit.Unit{At: c.Last, Presented: []unit.Presentation{
		{ID: q.ID, Case: c.ID, State: unit.PresentOpen, At: q.At, Until: q.Until, Body: body},
	}}); err != nil {
		t.Fatal(err)
	}
	return q.ID
}

// licensed has an office issue a licence in a case, and gives its identifier.
func licensed(t *testing.T, n *node.Node, c casefile.Case, by string) string {
	t.Helper()
	return licensedTo(t, n, c, by, "23018300001", c.Private.Applicant.IDNo, 1)
}

// licensedTo has an office issue a licence to somebody.
func licensedTo(t *testing.T, n *node.Node, c casefile.Case, by, no, holder string, idx int) string {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	id, err := licence.NewIdentifier("11100000MB0143028R001", by, no, 1)
	must(err)
	l := licence.Licence{
		ID: id, TypeCode: "11100000MB0143028R001", TypeName: "营业执照", No: no, Version: 1, Issued: "2026-11-20", From: "2026-11-20",
		Holder: licence.Holder{Name: "樊晓梅", Code: holder, CodeType: "111"}, Issuer: licence.Issuer{Name: by, Code: by, Node: n.ID}, CaseID: c.ID,
	}
	signed, err := licence.Issue(n.Kit.Signer, l)
	must(err)
	life, fact, err := (licence.Life{ID: id, Type: l.TypeCode, Case: c.ID, List: 1, Idx: idx}).Do(licence.Doing{Act: licence.ActIssue, By: n.ID, Office: by}, c.Last)
	must(err)
	act, err := proof.SignJSON(n.Kit.Signer, licence.TypFact, fact)
	must(err)
	must(n.Store.Commit(t.Context(), unit.Unit{
		At: c.Last, Licences: []unit.Standing{{Life: life, Signed: act}},
		Papers: []unit.Paper{{ID: unit.NewID(), Case: c.ID, Kind: licence.Typ, Title: l.TypeName, Number: id, Signed: signed, At: c.Last}},
	}))
	return id
}

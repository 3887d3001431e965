package node_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/adapter/oidc"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/caseproof"
	"tongban/internal/domain/challenge"
	"tongban/internal/domain/depart"
	"tongban/internal/domain/document"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/inquiry"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/domain/original"
	"tongban/internal/domain/watch"
	"tongban/internal/face/api"
	"tongban/internal/handling/dispute"
	"tongban/internal/handling/unit"
	"tongban/internal/node"
	"tongban/internal/proof"
)

var update = flag.Bool("update", false, "rewrite testdata/matrix.txt; read what changed before you commit it")

// persona is somebody who comes to a node's door.
type persona struct {
	name   string
	cookie *http.Cookie // nil: nobody signed in
	token  string       // of the interface for machines; "" for those who have none
}

// matrix is a node with a case of 樊晓梅 at its office in 尚志, and everybody who might come.
type matrix struct {
	web    *node.Web
	api    http.Handler
	who    []persona
	c      casefile.Case
	file   string
	notice string // one that did not arrive
	work   string // that the own office works in a system of its own
	order  string // one to the own office

	objection string // of this province to another's figure
	alarm     string // one of the own office, that the supervisor was told of
	shown     string // what the own office asks the applicant to show
	node      *node.Node
	paper     string // a licence that the own office issued in the case
	said      string // an objection to what the own node told
	asked     string // what the other office asks the own one
	bag       string // in which the own office sent a paper
}

const atOwn, atOther = "230183", "230102" // 尚志, and another office of the same province

func newMatrix(t *testing.T) *matrix {
	t.Helper()
	here, there := pair(t)
	m := &matrix{}
	clerk := actor(t, here, atOwn, office.Window)
	c, err := here.Lodge.TakeIn(t.Context(), clerk, application(t, here))
	if err != nil {
		t.Fatal(err)
	}
	m.c = c
	var officers []office.Officer
	var tokens []api.Token
	sessions := oidc.NewSessions("heilongjiang", false, here.Vault, nil)
	come := func(name string, who oidc.Identity, token string) {
		w := httptest.NewRecorder()
		if err := sessions.Write(w, who); err != nil {
			t.Fatal(err)
		}
		m.who = append(m.who, persona{name, w.Result().Cookies()[0], token})
	}
	for _, role := range office.Roles() {
		for where, place := range map[string]string{"own": atOwn, "other": atOther} {
			name := string(role) + "@" + where
			o := office.Officer{ID: name, Name: name, Office: actor(t, here, place).Office, Roles: []office.Role{role}}
			officers = append(officers, o)
			tokens = append(tokens, api.Token{SHA256: sha256.Sum256([]byte(name)), Officer: o})
			come(name, oidc.Identity{Subject: name, Name: name, Level: 4, Officer: true}, name)
		}
		// An officer of another province signs in here as anybody may; that they are an officer there says nothing.
		foreign := string(role) + "@63"
		come(foreign, oidc.Identity{Subject: foreign, Name: foreign, Level: 4, Officer: true}, foreign)
		tokens = append(tokens, api.Token{SHA256: sha256.Sum256([]byte(foreign)), Officer: office.Officer{
			ID: foreign, Office: actor(t, there, "630100").Office, Roles: []office.Role{role},
		}})
	}
	come("applicant", oidc.Identity{Subject: "s1", Name: "樊晓梅", IDNo: "230183199001010025", Level: 3}, "")
	come("stranger", oidc.Identity{Subject: "s2", Name: "林知夏", IDNo: "350102199502020044", Level: 3}, "")
	come("phone-only", oidc.Identity{Subject: "s3", Phone: "13800000003", Level: 1}, "")
	m.who = append(m.who, persona{name: "nobody"})
	slices.SortFunc(m.who, func(a, b persona) int { return strings.Compare(a.name, b.name) })
	if m.web, err = here.Handler(node.WebConfig{
		PublicURL: "http://heilongjiang.localhost", Issuer: "http://id.localhost", ClientID: "heilongjiang", Officers: officers,
		HTTPClient: &http.Client{Transport: noProvider{}},
	}); err != nil {
		t.Fatal(err)
	}
	m.api = api.New(api.Config{
		Kit: here.Kit, Store: here.Store, Files: here.Files, Lodge: here.Lodge, Bench: here.Bench, Issuer: here.Issuer, Post: here.Post,
		Tokens: tokens,
	})
	papers, err := here.Store.Papers(t.Context(), c.ID)
	if err != nil || len(papers) == 0 {
		t.Fatalf("no paper: %v", err)
	}
	m.file = papers[0].ID
	stuck := notice.New(notice.Accepted, []byte("x"), c.ID, clerk.Office, c.Last, map[string]string{})
	stuck.State, stuck.Next, m.notice = notice.Stuck, time.Time{}, stuck.ID
	if err := here.Store.Commit(t.Context(), unit.Unit{At: c.Last, Notices: []notice.Notice{stuck}}); err != nil {
		t.Fatal(err)
	}
	w := depart.Work{ID: strings.Repeat("0", 32), System: "qinghai-market", Office: clerk.Office, Case: c.ID, Leg: "decide", At: c.Last, State: depart.Given}
	m.work = w.ID
	if err := here.Store.Commit(t.Context(), unit.Unit{At: c.Last, Works: []depart.Work{w}}); err != nil {
		t.Fatal(err)
	}
	m.alarm = unit.NewID()
	if err := here.Store.Commit(t.Context(), unit.Unit{At: c.Last, Alarms: []watch.Alarm{{
		ID: m.alarm, Case: c.ID, No: c.No, Item: c.Item, Cause: "x", Kind: watch.Limit, Leg: "collect", Node: here.ID, Office: clerk.Office,
		Level: watch.Red, At: c.Last, Up: c.Last, Steps: []watch.Step{{Act: watch.Raise, At: c.Last, Level: watch.Red}},
	}}}); err != nil {
		t.Fatal(err)
	}
	m.objection = unit.NewID()
	if err := here.Contests.Raise(t.Context(), casefile.Actor{ID: "x", Roles: []office.Role{office.Supervisor}}, dispute.Wish{
		ID: m.objection, Of: there.ID, Month: figure.MonthOf(c.Last), Figure: "promise", Text: "x",
	}); err != nil {
		t.Fatal(err)
	}
	order, err := here.Kit.Watch.Order(unit.NewID(), c, here.ID, &office.Office{Code: clerk.Office, Node: here.ID}, "", "x", here.Kit.Calendar, c.Last)
	if err != nil {
		t.Fatal(err)
	}
	m.order = order.ID
	if err := here.Store.Commit(t.Context(), unit.Unit{At: c.Last, Orders: []watch.Filed{order.File(proof.Signed{}, "x")}}); err != nil {
		t.Fatal(err)
	}
	m.node = here
	m.paper = licensed(t, here, c, clerk.Office)
	m.said = unit.NewID()
	if err := here.Store.Commit(t.Context(), unit.Unit{
		At: c.Last, Answered: &unit.Answered{Asker: "63", ID: "q", Case: m.said, Subject: fan(t), Resource: "idcard", Fields: []string{"name"}, Question: proof.Hash{1}},
		Challenges: []challenge.Challenge{{ID: m.said, Told: challenge.Told{ID: "q", Case: m.said}, Asker: "63", Owner: here.ID, Field: "name", Words: "x", At: c.Last}},
	}); err != nil {
		t.Fatal(err)
	}
	m.shown = presented(t, here, c, clerk)
	m.bag = bagged(t, here, c)
	m.asked = asked(t, here, c, actor(t, here, atOther).Office, clerk.Office)
	return m
}

// bagged puts a paper of a case into a bag, and gives its number.
func bagged(t *testing.T, n *node.Node, c casefile.Case) string {
	t.Helper()
	c, err := n.Store.Case(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	window, decider, _ := c.PaperEnds()
	ch, b, err := original.Chain{Case: c.ID, No: c.No, Early: &original.Leave{Why: "x"}}.Pack(original.Bag{
		ID: unit.NewID(), No: original.MakeNo(c.No, 1), From: window.Office, Node: window.Node, To: decider.Office, Way: original.ByHand, Ref: "x", At: c.Last, Due: day(n),
	}, []original.Paper{{ID: unit.NewID(), Material: "premises", Name: "x", Pages: 1, Form: original.Copy}})
	if err != nil {
		t.Fatal(err)
	}
	c = c.WithOriginals(ch.Summary())
	if err := n.Store.Commit(t.Context(), unit.Unit{At: c.Last, Case: &c, Originals: &ch}); err != nil {
		t.Fatal(err)
	}
	return string(b.No)
}

// asked has an office ask another about a case.
func asked(t *testing.T, n *node.Node, c casefile.Case, by, of string) string {
	t.Helper()
	q := inquiry.Inquiry{State: inquiry.Open, Ask: inquiry.Ask{
		ID: unit.NewID(), Of: caseproof.Of(c), Leg: "decide", Type: "company", Fields: []string{"registered"}, From: n.ID, Office: by, To: n.ID, Desk: of,
		About: c.Private.Applicant, At: c.Last, Due: day(n),
	}}
	u := unit.Unit{At: c.Last}
	var err error
	if q.Letter, err = n.Kit.Issue(&u, c, document.Inquiry, document.Data{
		ID: q.ID, CaseNo: string(c.No), Date: "2026-11-20", ApplicantName: "x", ItemName: "x", Inquiry: document.Inquired{By: by}, Answers: make([]document.Answer, 1),
	}); err != nil {
		t.Fatal(err)
	}
	u.Papers, u.Inquiries = nil, []inquiry.Inquiry{q}
	if err := n.Store.Commit(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	return q.ID
}

// noProvider is an identity provider that is down.
type noProvider struct{}

func (noProvider) RoundTrip(*http.Request) (*http.Response, error) { return nil, fmt.Errorf("down") }

var slot = regexp.MustCompile(`\{(\w+)\}`)

// paths fills a pattern's slots: every act of a case, the case itself, its paper.
func (m *matrix) paths(pattern string) (method string, paths []string) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		method, path = http.MethodGet, pattern
	}
	path = strings.TrimSuffix(path, "{$}")
	id := m.c.ID
	switch {
	case strings.Contains(path, "papers/{id}"):
		id = m.file
	case strings.Contains(path, "notices/{id}"):
		id = m.notice
	case strings.Contains(path, "work/{id}"):
		id = m.work
	case strings.Contains(path, "orders/{id}"):
		id = m.order
	case strings.Contains(path, "sharing/objections/{id}"):
		id = m.said
	case strings.Contains(path, "objections/{id}"):
		id = m.objection
	case strings.Contains(path, "watch/{id}"):
		id = m.alarm
	case strings.Contains(path, "/present/{id}"):
		id = m.shown
	case strings.Contains(path, "inquiries/{id}"):
		id = m.asked
	case strings.Contains(path, "licences/{id}"), strings.Contains(path, "wallet/{id}"):
		id = m.paper
	}
	fill := func(act string) string {
		return slot.ReplaceAllStringFunc(path, func(s string) string {
			switch s {
			case "{id}":
				return id
			case "{no}":
				return string(m.c.No)
			case "{n}":
				return "0"
			case "{act}":
				return act
			case "{item}":
				return "2020-030"
			case "{form}":
				return "record"
			case "{bag}":
				return m.bag
			case "{letter}":
				return "letter"
			case "{what}":
				if strings.Contains(path, "licences/") {
					return "suspend"
				}
			}
			return "x"
		})
	}
	if strings.Contains(path, "/cases/{no}/papers/{id}") {
		path = strings.Replace(path, "{id}", m.file, 1)
	}
	if !strings.Contains(path, "{act}") {
		return method, []string{fill("")}
	}
	for _, act := range []string{"review", "accept", "correct", "return", "decline", "suspend", "resume", "ask-extend", "extend", "keep-limit", "decide", "deliver", "withdraw", "supplement", "recall", "issue", "recuse", "dance"} {
		paths = append(paths, fill(act))
	}
	return method, paths
}

// let reports whether a request got past the question who asks. It may still have been refused for what it says.
func let(t *testing.T, h http.Handler, method, path string, who persona) bool {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://heilongjiang.localhost"+path, strings.NewReader(""))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost && !strings.HasPrefix(path, "/api/") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if who.cookie != nil {
		r.AddCookie(who.cookie)
	}
	if who.token != "" {
		r.Header.Set("Authorization", "Bearer "+who.token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	switch code := w.Code; {
	case code == http.StatusInternalServerError:
		t.Errorf("%s %s by %s: %d", method, path, who.name, code)
		return true
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusNotFound:
		return false
	case code == http.StatusServiceUnavailable: // the way to sign in, with the provider down
		return false
	case code >= 300 && code < 400:
		to, err := url.Parse(w.Header().Get("Location"))
		return err == nil && to.Path != "/login" && to.Host != "id.localhost"
	}
	return true
}

// names of everybody, and of those whom a line of the matrix sums up.
func sum(in []string, all []persona) string {
	switch {
	case len(in) == len(all):
		return "everybody"
	case len(in) == 0:
		return "no one"
	}
	return strings.Join(in, " ")
}

// Every route of every face is tried by every role of the own office, another office and another province, by the applicant,
// by strangers and by nobody. Who got in is written down in testdata/matrix.txt: a new route, or a change of who may, must be
// read and committed. The lines below it hold whatever the file says.
func TestWhoMayGoWhere(t *testing.T) {
	m := newMatrix(t)
	var lines []string
	for _, face := range []struct { // in this order: the last acts at the machines' door change the case
		h        http.Handler
		patterns []string
	}{{m.web, m.web.Routes()}, {m.api, api.Routes()}} {
		h := face.h
		for _, pattern := range slices.Compact(slices.Sorted(slices.Values(face.patterns))) {
			if pattern == "/" || strings.HasPrefix(pattern, "GET /assets/") {
				continue // no page, and files for anybody
			}
			method, paths := m.paths(pattern)
			for _, path := range paths {
				var in []string
				for _, who := range m.who {
					if !let(t, h, method, path, who) {
						continue
					}
					in = append(in, who.name)
					m.mustNot(t, method, path, who.name)
				}
				name := strings.NewReplacer(m.bag, "{bag}", m.c.ID, "{id}", string(m.c.No), "{no}", m.file, "{paper}", m.notice, "{notice}", m.alarm, "{alarm}", m.order, "{order}", m.objection, "{objection}", m.paper, "{licence}", m.asked, "{inquiry}", m.shown, "{request}", m.said, "{challenge}").Replace(method + " " + path)
				lines = append(lines, fmt.Sprintf("%-48s %s", name, sum(in, m.who)))
			}
		}
	}
	slices.Sort(lines)
	got := strings.Join(slices.Compact(lines), "\n") + "\n"
	if *update {
		if err := os.WriteFile("testdata/matrix.txt", []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/matrix.txt")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("who may go where has changed; look at each line, then run with -update:\n%s", d)
	}
}

// mustNot are the sentences that no golden file can change.
func (m *matrix) mustNot(t *testing.T, method, path, who string) {
	t.Helper()
	role, at, officer := strings.Cut(who, "@")
	desk := path == "/desk" || strings.HasPrefix(path, "/desk/") && path != "/desk/sign-out" && path != "/desk/display"
	caseOf := !strings.HasPrefix(path, "/v/") && strings.Contains(path, m.c.ID) || strings.Contains(path, m.file) || strings.Contains(path, m.paper)
	switch {
	case desk && (!officer || at == "63"):
		t.Errorf("%s got into %s %s, and is no officer here", who, method, path)
	case strings.HasPrefix(path, "/desk/rules") && !slices.Contains([]string{"steward", "supervisor", "lead"}, role):
		t.Errorf("%s got into %s %s, and keeps no rules", who, method, path)
	case strings.HasPrefix(path, "/desk/rules") && method == http.MethodPost && role != "steward":
		t.Errorf("%s changed rules by %s", who, path)
	case desk && role == "supervisor" && (strings.HasPrefix(path, "/desk/ratings") || strings.HasPrefix(path, "/desk/complaints") || strings.HasPrefix(path, "/desk/watch") || strings.HasPrefix(path, "/desk/orders") || strings.HasPrefix(path, "/desk/objections") || path == "/desk/inquiries"):
	case strings.HasPrefix(path, "/desk/sharing") && !slices.Contains([]string{"steward", "supervisor", "lead"}, role):
		t.Errorf("%s got into %s %s, and keeps no catalogue", who, method, path)
	case strings.HasPrefix(path, "/desk/sharing") && method == http.MethodPost && role != "steward" && role != "lead":
		t.Errorf("%s changed sharing by %s", who, path)
	case strings.HasPrefix(path, "/desk/objections"):
		t.Errorf("%s contests figures by %s %s", who, method, path)
	case strings.HasPrefix(path, "/desk/orders/new"):
		t.Errorf("%s gives orders by %s %s", who, method, path)
	case strings.HasPrefix(path, "/desk/orders/") && at != "own":
		t.Errorf("%s got to an order to another office by %s %s", who, method, path)
	case strings.HasPrefix(path, "/desk/watch/") && at != "own":
		t.Errorf("%s got to an alarm of another office by %s %s", who, method, path)
	case desk && !strings.HasPrefix(path, "/desk/rules") && !strings.HasPrefix(path, "/desk/sharing") && !slices.Contains([]string{"window", "reviewer", "decider", "lead"}, role):
		t.Errorf("%s got into %s %s, and handles no case", who, method, path)
	case strings.HasPrefix(path, "/api/") && (!officer || at == "63"):
		t.Errorf("%s got into %s %s", who, method, path)
	case (desk || strings.HasPrefix(path, "/api/")) && caseOf && at != "own":
		t.Errorf("%s got to a case of another office by %s %s", who, method, path)
	case strings.HasPrefix(path, "/wallet/") && who != "applicant":
		t.Errorf("%s got to the applicant's licence by %s %s", who, method, path)
	case strings.Contains(strings.ReplaceAll(path, m.bag, ""), string(m.c.No)) && who != "applicant":
		t.Errorf("%s got to the applicant's case by %s %s", who, method, path)
	}
}

// A form of another site is refused for everybody, whoever is signed in: each POST is tried.
func TestNoFormFromAnotherSite(t *testing.T) {
	m := newMatrix(t)
	tried := 0
	for _, pattern := range m.web.Routes() {
		method, paths := m.paths(pattern)
		if method != http.MethodPost {
			continue
		}
		for _, who := range m.who {
			for name, set := range map[string]func(h http.Header){
				"fetch metadata": func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") },
				"sibling host":   func(h http.Header) { h.Set("Sec-Fetch-Site", "same-site") },
				"origin":         func(h http.Header) { h.Set("Origin", "http://evil.example") },
				"no origin":      func(h http.Header) { h.Set("Origin", "null") },
			} {
				r := httptest.NewRequestWithContext(t.Context(), method, "http://heilongjiang.localhost"+paths[0], strings.NewReader("x=1"))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				set(r.Header)
				if who.cookie != nil {
					r.AddCookie(who.cookie)
				}
				w := httptest.NewRecorder()
				m.web.ServeHTTP(w, r)
				tried++
				if w.Code != http.StatusForbidden {
					t.Errorf("%s, %s by %s: %d", pattern, name, who.name, w.Code)
				}
			}
		}
	}
	if tried == 0 {
		t.Error("no form was tried")
	}
}

// Every page forbids framing, sniffing and foreign scripts, and no page with personal data may be cached.
func TestEveryPageIsSecured(t *testing.T) {
	m := newMatrix(t)
	for _, pattern := range m.web.Routes() {
		method, paths := m.paths(pattern)
		for _, who := range m.who {
			r := httptest.NewRequestWithContext(t.Context(), method, "http://heilongjiang.localhost"+paths[0], http.NoBody)
			if who.cookie != nil {
				r.AddCookie(who.cookie)
			}
			w := httptest.NewRecorder()
			m.web.ServeHTTP(w, r)
			h := w.Header()
			for name, want := range map[string]string{
				"Content-Security-Policy": "default-src", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "",
			} {
				if got := h.Get(name); got == "" || !strings.Contains(got, want) {
					t.Errorf("%s by %s: %s is %q", pattern, who.name, name, got)
				}
			}
			if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") {
				t.Errorf("%s by %s may be framed: %s", pattern, who.name, csp)
			}
			if strings.Contains(w.Body.String(), "樊") && !strings.Contains(h.Get("Cache-Control"), "no-store") {
				t.Errorf("%s by %s names the applicant and may be cached: %q", pattern, who.name, h.Get("Cache-Control"))
			}
		}
	}
}

package node_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"tongban/internal/adapter/oidc"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/domain/original"
	"tongban/internal/handling/unit"
	"tongban/internal/node"
	"tongban/internal/proof"
)

// What the other end may not say is refused for good and changes nothing: bags in another's name, lists of other bags, papers out of
// nowhere, receipts for what was never sent, a window's word from who decides.
func TestALyingEndMovesNoPaper(t *testing.T) {
	w := newCarrying(t)
	ctx := t.Context()
	w.call()
	no, paper := w.send()
	_, ch := w.at(w.here)
	b, _ := ch.Bag(no)
	before, _ := w.at(w.here)
	bag := func(change func(b *original.Bag, word *original.Word)) original.Word {
		x := b
		x.From, x.Node, x.To, x.Papers, x.No = b.To, w.there.ID, b.From, []string{}, original.MakeNo(ch.No, 2)
		word := original.Word{Bag: &x}
		change(&x, &word)
		return word
	}
	for name, word := range map[string]original.Word{
		"nothing":                {},
		"a call of the window's": {Call: &original.Call{Office: w.clerk.Office, Materials: []string{"premises"}}},
		"a call for what is not": {Call: &original.Call{Office: w.zhao.Office, Materials: []string{"crown jewels"}}},
		"an empty bag":           bag(func(*original.Bag, *original.Word) {}),
		"papers that nobody gave": bag(func(x *original.Bag, word *original.Word) {
			word.Fresh, x.Papers = []original.Paper{{ID: "p", Material: "premises", Name: "x", Pages: 1, Form: original.Copy}}, []string{"p"}
		}),
		"in the window's name": bag(func(x *original.Bag, _ *original.Word) { x.From, x.Node, x.To = b.From, b.Node, b.To }),
		"a number of another case": bag(func(x *original.Bag, _ *original.Word) {
			x.No = original.MakeNo(casefile.MakeNo("63", day(w.here), 9), 2)
		}),
		"the bag of the other end": {No: no, Got: &original.Got{Marks: map[string]original.Mark{paper.ID: original.Here}, Paper: b.List}},
		"lost before its day":      {No: no, Lost: &original.Loss{Why: "x"}},
		"made good by who decides": {Trace: &original.Trace{Paper: paper.ID, Ending: original.Replaced, Office: w.zhao.Office, Words: "x"}},
		"hidden characters":        {Trace: &original.Trace{Paper: paper.ID, Ending: original.Found, Office: w.zhao.Office, Words: "a\u202eb"}},
		"given by who decides":     {Given: []string{paper.ID}},
	} {
		word.ID, word.At = unit.NewID(), w.there.Kit.Now().UTC().Truncate(time.Microsecond)
		if word.Bag != nil {
			word.Bag.ID = word.ID
		}
		if word.Got != nil {
			word.Got.ID = word.ID
		}
		if word.Call != nil {
			word.Call.ID = word.ID
		}
		body, err := proof.Marshal(word)
		w.must(err)
		u := unit.Unit{At: word.At}
		w.must(w.there.Kit.Post(&u, exchange.Envelope{ID: word.ID, To: w.here.ID, Kind: exchange.Papers, Case: w.id, Leg: "collect", At: word.At, Private: body}))
		w.must(w.there.Store.Commit(ctx, u))
		w.turn()
		if _, s, err := w.there.Store.Sent(ctx, word.ID); err != nil || s == nil || s.Status != exchange.Refused {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	if after, _ := w.at(w.here); after.Row != before.Row {
		t.Errorf("the case changed from %d to %d", before.Row, after.Row)
	}
}

// The way over the pages: a typo, a bag of another office, a forgotten line and the second scan each get a clear word, and nothing that
// was typed is lost.
func TestOriginalsOnPages(t *testing.T) {
	w := newCarrying(t)
	site := func(n *node.Node, client string, officers ...office.Officer) func(who, path string, form url.Values) (int, string) {
		h, err := n.Handler(node.WebConfig{
			PublicURL: "http://" + client + ".localhost", Issuer: "http://id.localhost", ClientID: client, HTTPClient: &http.Client{Transport: noProvider{}}, Officers: officers,
		})
		w.must(err)
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
			out := httptest.NewRecorder()
			w.must(oidc.NewSessions(client, false, n.Vault, nil).Write(out, oidc.Identity{Subject: who, Name: who, Level: 4, Officer: true}))
			r.AddCookie(out.Result().Cookies()[0])
			out = httptest.NewRecorder()
			h.ServeHTTP(out, r)
			return out.Code, out.Body.String()
		}
	}
	here := site(w.here, "heilongjiang", office.Officer{ID: "li", Name: "李窗口", Office: w.clerk.Office, Roles: []office.Role{office.Window}},
		office.Officer{ID: "wang", Name: "王组长", Office: w.lead.Office, Roles: []office.Role{office.Lead}},
		office.Officer{ID: "other", Name: "o", Office: actor(t, w.here, atOther).Office, Roles: []office.Role{office.Reviewer}})
	there := site(w.there, "qinghai", office.Officer{ID: "zhao", Name: "赵审核", Office: w.zhao.Office, Roles: []office.Role{office.Reviewer}})
	says := func(code int, body string, want int, words ...string) {
		t.Helper()
		if code != want {
			t.Fatalf("%d, want %d: %s", code, want, body)
		}
		for _, word := range words {
			if !strings.Contains(body, word) {
				t.Errorf("the page does not say %q", word)
			}
		}
		if strings.Contains(body, "originals.") {
			t.Errorf("a text is missing: %s", body)
		}
	}
	one := "/desk/cases/" + w.id + "/originals"
	row := func(n *node.Node) []string {
		c, _ := w.at(n)
		return []string{strconv.FormatInt(c.Row, 10)}
	}
	code, body := there("zhao", one, nil)
	says(code, body, http.StatusOK, "还不能要原件", "去核对扫描件")
	code, body = there("zhao", one, url.Values{"row": row(w.there), "do": {"call"}, "materials": {"premises"}})
	says(code, body, http.StatusUnprocessableEntity, "扫描件还没有全部核对为符合")
	w.checked()
	code, body = there("zhao", one, nil)
	says(code, body, http.StatusOK, "要哪几份原件", "住所证明")
	code, body = there("zhao", one, url.Values{"row": row(w.there), "do": {"call"}, "words": {"kept words"}})
	says(code, body, http.StatusUnprocessableEntity, "kept words")
	code, body = there("zhao", one, url.Values{"row": row(w.there), "do": {"call"}, "materials": {"premises"}})
	says(code, body, http.StatusSeeOther)
	w.turn()
	code, body = here("li", "/desk/originals", nil)
	says(code, body, http.StatusOK, "要收齐寄出：1 份")
	if strings.Contains(body, "樊晓梅") {
		t.Error("a list names somebody")
	}
	code, body = here("li", "/desk", nil)
	says(code, body, http.StatusOK, "原件要处理")
	pack := url.Values{"do": {"send"}, "line": {"premises"}, "form.premises": {"original"}, "way": {"post"}, "ref": {"RA473124828US"}}
	pack["row"] = row(w.here)
	code, body = here("li", one, pack)
	says(code, body, http.StatusUnprocessableEntity, "RA473124828US")
	pack.Set("ref", "RA473124829US")
	code, body = here("li", one, pack)
	says(code, body, http.StatusUnprocessableEntity, "每份写明页数")
	pack.Set("pages.premises", "3")
	code, body = here("li", one, pack)
	says(code, body, http.StatusSeeOther)
	_, ch := w.at(w.here)
	no, paper := string(ch.Bags[0].No), ch.Papers[0].ID
	code, body = here("li", one+"/"+no, nil)
	says(code, body, http.StatusOK, "RA473124829US", "3 页", "袋签")
	code, body = here("li", one+"/"+no+"/label", nil)
	says(code, body, http.StatusOK, no, "只有收件单位可以拆开")
	if strings.Contains(body, "樊晓梅") || strings.Contains(body, "住所证明") {
		t.Error("the label tells who or what")
	}
	code, body = there("zhao", "/desk/originals", url.Values{"number": {no}})
	says(code, body, http.StatusUnprocessableEntity, "没有收到过这个袋的交接清单", no) // its word has not come yet
	w.turn()
	code, body = there("zhao", "/desk/originals", url.Values{"number": {no[:len(no)-1] + "x"}})
	says(code, body, http.StatusUnprocessableEntity, "袋号不对")
	code, body = here("other", "/desk/originals", url.Values{"number": {no}})
	says(code, body, http.StatusUnprocessableEntity, "这个袋不是交给您单位的", "收件单位是")
	if code, _ = here("other", one+"/"+no, nil); code != http.StatusForbidden {
		t.Errorf("another office opens it: %d", code)
	}
	code, body = there("zhao", "/desk/originals", url.Values{"number": {" " + strings.ReplaceAll(no, "-", "")}})
	says(code, body, http.StatusSeeOther)
	code, body = there("zhao", one+"/"+no, nil)
	says(code, body, http.StatusOK, "逐份点收", "住所证明")
	code, body = there("zhao", one+"/"+no, url.Values{"row": row(w.there), "note": {"kept note"}})
	says(code, body, http.StatusUnprocessableEntity, "每一行都要点收", "kept note")
	code, body = there("zhao", one+"/"+no, url.Values{"row": row(w.there), "mark." + paper: {"differs"}})
	says(code, body, http.StatusUnprocessableEntity, "请写明情况")
	tick := url.Values{"row": row(w.there), "mark." + paper: {"differs"}, "note": {"only two pages"}}
	for _, want := range []string{"已签收。和清单不一样", "已经签收过了"} {
		code, _ = there("zhao", one+"/"+no, tick)
		if code != http.StatusSeeOther {
			t.Fatalf("%d", code)
		}
		said := "?said=odd"
		if strings.Contains(want, "过") {
			said = "?said=twice"
		}
		code, body = there("zhao", one+"/"+no+said, nil)
		says(code, body, http.StatusOK, want, "only two pages")
	}
	w.turn()
	code, body = here("wang", one, nil)
	says(code, body, http.StatusOK, "和清单不一样，正在核对")
	code, body = here("li", "/desk/cases/"+w.id, nil)
	says(code, body, http.StatusOK, "有原件没有收到，或者和清单不一样")
	w.rules()
}

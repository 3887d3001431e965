package node_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tongban/internal/adapter/workgate"
	"tongban/internal/demo/market"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/depart"
	"tongban/internal/domain/office"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/dispatch"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

func TestALicenceIsDecidedInTheOfficesOwnSystem(t *testing.T) {
	p := newPlatform(t)
	c := p.lodged()
	task, times, _ := p.market.Has(string(c.No))
	if times != 1 || p.work(c.ID).State != depart.Given || p.work(c.ID).Ref == "" {
		t.Fatalf("given %d times, %+v", times, p.work(c.ID))
	}
	system, _ := depart.Default().Of(market.Key, c.Day(c.Last))
	for _, f := range system.Fields { // nobody types there what the case holds
		if key, ok := strings.CutPrefix(f.From, "answer."); ok && task.Fields[f.To] != c.Private.Answers[key] {
			t.Errorf("%s is %q there, %q here", f.To, task.Fields[f.To], c.Private.Answers[key])
		}
	}
	if task.Fields["applyPersonCardNo"] != c.Private.Applicant.IDNo || len(task.Materials) != len(c.Private.Materials) || task.Due == nil {
		t.Errorf("task %+v", task)
	}
	p.fetches(task, c)

	p.does(c, "accept", "200 applied")
	if got := p.at(c.ID); p.state(c.ID) != casefile.Accepted || got.Claimed != "" || !slices.Contains(got.Checked, market.Key+":630101") {
		t.Errorf("%s, claimed by %q, checked by %q", p.state(c.ID), got.Claimed, got.Checked)
	}
	p.does(c, "grant", "200 applied")
	got := p.at(c.ID)
	if d := got.Private.Decision; d == nil || d.Officer != market.Key+":630102" || !strings.Contains(d.Answers, "630102") {
		t.Errorf("who answers for it: %+v", d)
	}
	if p.state(c.ID) != casefile.Done || got.Licence == "" {
		t.Errorf("%s, licence %q", p.state(c.ID), got.Licence)
	}
	p.idle(c.ID)
	p.does(c, "grant", "409 closed") // whatever it says afterwards
	if n := count(p.acts(c.ID), casefile.ActDecide); n != 1 {
		t.Errorf("decided %d times", n)
	}
}

// fetches gets the one attachment as the system would.
func (p *platform) fetches(task depart.Task, c casefile.Case) {
	p.t.Helper()
	for path, want := range map[string]int{"/files/0": http.StatusOK, "/files/1": http.StatusNotFound, "/files/x": http.StatusNotFound} {
		status, body := p.call(http.MethodGet, "/"+market.Key+"/work/"+task.ID+path, nil, nil)
		if status != want || want == http.StatusOK && int64(len(body)) != c.Private.Materials[4].Files[0].Size {
			p.t.Errorf("%s: %d, %d bytes", path, status, len(body))
		}
	}
}

// call is a request of a system, signed unless change spoils it.
func (p *platform) call(method, path string, body []byte, change func(r *http.Request)) (int, []byte) {
	p.t.Helper()
	path = strings.TrimSuffix(workgate.Prefix, "/") + path
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.door+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	workgate.Sign(r.Header, p.secret, time.Now(), method+" "+path, body)
	if change != nil {
		change(r)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = w.Body.Close() }()
	out, err := io.ReadAll(w.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return w.StatusCode, out
}

// Each way in which the platform may fail ends well: what was to be done is done once, or waits for somebody who is told.
func TestASystemThatFails(t *testing.T) {
	shared := newPlatform(t)
	for name, play := range map[string]func(*testing.T, *platform){
		"down, then back": func(t *testing.T, p *platform) {
			t.Helper()
			p.market.Behave(market.Down)
			c := p.lodged()
			if w := p.work(c.ID); w.State != depart.Waiting || w.Why != errs.SystemAway || w.Tries != 1 || w.Next.IsZero() {
				t.Errorf("%+v", w)
			}
			p.market.Behave(market.Normal)
			p.later(time.Minute)
			p.does(c, "grant", "200 applied")
			if p.state(c.ID) != casefile.Done {
				t.Error(p.state(c.ID))
			}
		},
		"down for good, an officer takes the case back": func(t *testing.T, p *platform) {
			t.Helper()
			p.market.Behave(market.Down)
			c := p.lodged()
			w := p.work(c.ID)
			other := actor(t, p.there, "630104", office.Reviewer)
			other.Office = "SOMEWHERE ELSE"
			for by, code := range map[*casefile.Actor]errs.Code{&other: errs.CaseElsewhere, &p.clerk: errs.NotYours} {
				if err := p.there.Works.Do(t.Context(), *by, w.ID, w.Row, dispatch.Back); !errs.Is(err, code) {
					t.Errorf("%s: %v", by.ID, err)
				}
			}
			if err := p.there.Works.Do(t.Context(), p.officer, w.ID, w.Row-1, dispatch.Back); !errs.Is(err, errs.Stale) {
				t.Error(err)
			}
			if err := p.there.Works.Do(t.Context(), p.officer, w.ID, w.Row, dispatch.Back); err != nil {
				t.Fatal(err)
			}
			p.idle(c.ID)
			if _, err := p.there.Bench.Accept(t.Context(), p.officer, decide.Ref{Case: c.ID}); err != nil {
				t.Fatal(err)
			}
			p.market.Behave(market.Normal)
			p.later(time.Hour) // it hears that there is nothing to do, and never of the case
			if _, times, _ := p.market.Has(string(c.No)); times != 0 {
				t.Errorf("given %d times", times)
			}
			if done, err := p.there.Store.Work(t.Context(), w.ID); err != nil || done.State != depart.Ended || done.By != p.officer.ID {
				t.Errorf("%+v %v", done, err)
			}
		},
		"down longer than it is tried": func(t *testing.T, p *platform) {
			t.Helper()
			p.market.Behave(market.Down)
			c := p.lodged()
			system, _ := depart.Default().Of(market.Key, c.Day(c.Last))
			for range 4 * system.Tries { // while it rests no try is counted
				if p.work(c.ID).State == depart.Dead {
					break
				}
				w := p.work(c.ID)
				w.Tries, w.Next = system.Tries-1, time.Now() // the last one
				if err := p.there.Store.Commit(t.Context(), unit.Unit{Works: []depart.Work{w}}); err != nil {
					t.Fatal(err)
				}
				p.later(time.Hour)
			}
			w := p.work(c.ID)
			if w.State != depart.Dead || w.Why != errs.SystemTired {
				t.Fatalf("%+v", w)
			}
			if list, err := p.there.Works.List(t.Context(), p.officer, depart.Dead, 10); err != nil || len(list) != 1 {
				t.Errorf("%v %v", list, err)
			}
			p.market.Behave(market.Normal)
			if err := p.there.Works.Do(t.Context(), p.officer, w.ID, w.Row, dispatch.Again); err != nil {
				t.Fatal(err)
			}
			p.settle()
			if p.work(c.ID).State != depart.Given {
				t.Errorf("%+v", p.work(c.ID))
			}
		},
		"slow: the answer to a try is lost": func(t *testing.T, p *platform) {
			t.Helper()
			p.market.Behave(market.Slow)
			c := p.lodged()
			if w := p.work(c.ID); w.State != depart.Waiting || w.Why != errs.SystemAway {
				t.Errorf("%+v", w)
			}
			p.market.Behave(market.Normal)
			p.later(time.Minute)
			p.does(c, "accept", "200 applied")
			if n := count(p.acts(c.ID), casefile.ActAccept); n != 1 {
				t.Errorf("accepted %d times", n)
			}
		},
		"answers twice": func(t *testing.T, p *platform) {
			t.Helper()
			c := p.lodged()
			p.market.Behave(market.Twice)
			p.does(c, "accept", "200 applied 200 applied")
			p.does(c, "grant", "200 applied 200 applied")
			if a := p.acts(c.ID); count(a, casefile.ActAccept) != 1 || count(a, casefile.ActDecide) != 1 || p.state(c.ID) != casefile.Done {
				t.Error(a)
			}
		},
		"an answer is lost and fetched": func(t *testing.T, p *platform) {
			t.Helper()
			c := p.lodged()
			p.market.Behave(market.Mute)
			p.does(c, "refuse", "-")
			if p.state(c.ID) != casefile.Received {
				t.Error(p.state(c.ID))
			}
			p.later(11 * time.Minute)
			if d := p.at(c.ID).Private.Decision; d == nil || d.Outcome != casefile.Denied || !slices.Equal(d.Reasons, []string{"name-forbidden"}) {
				t.Errorf("%+v", d)
			}
		},
		"a code that nobody knows": func(t *testing.T, p *platform) {
			t.Helper()
			c := p.lodged()
			p.does(c, "strange", "202 person")
			w := p.work(c.ID)
			if w.State != depart.Puzzled || w.Why != errs.AnswerUnmapped || w.Answer == nil || w.Answer.Code != "XX99" || w.Answer.Text == "" {
				t.Fatalf("%+v", w)
			}
			if err := p.there.Works.Do(t.Context(), p.officer, w.ID, w.Row, dispatch.Seen); err != nil {
				t.Fatal(err)
			}
			p.does(c, "grant", "200 applied")
		},
		"an answer after the applicant has withdrawn": func(t *testing.T, p *platform) {
			t.Helper()
			c := p.lodged()
			if _, err := p.here.Lodge.Withdraw(t.Context(), nil, c.ID, 0); err != nil {
				t.Fatal(err)
			}
			p.settle()
			if _, _, stopped := p.market.Has(string(c.No)); !stopped || p.state(c.ID) != casefile.Withdrawn {
				t.Errorf("stopped %v, %s", stopped, p.state(c.ID))
			}
			p.does(c, "grant", "409 closed")
			if p.state(c.ID) != casefile.Withdrawn {
				t.Error(p.state(c.ID))
			}
		},
		"gaps, mended and given again": func(t *testing.T, p *platform) {
			t.Helper()
			c := p.lodged()
			p.does(c, "gaps", "200 applied")
			p.idle(c.ID)
			at, err := p.here.Store.Case(t.Context(), c.ID)
			if err != nil || len(at.Private.Corrections) != 1 {
				t.Fatalf("%+v %v", at.Private.Corrections, err)
			}
			fixed := slices.Clone(at.Private.Corrections)
			fixed[0].Answer = "重新拍了"
			if _, err := p.here.Lodge.Supplement(t.Context(), p.clerk, c.ID, 0, nil, nil, fixed); err != nil {
				t.Fatal(err)
			}
			if _, err := p.here.Post.HandOver(t.Context(), p.clerk, c.ID, 0); err != nil {
				t.Fatal(err)
			}
			p.settle()
			p.does(c, "gaps", "202 person") // gaps are told once: a person decides what becomes of it
			if w := p.work(c.ID); w.Why != errs.SecondCorrection {
				t.Errorf("%+v", w)
			}
			p.does(c, "grant", "200 applied")
		},
		"more time is asked for there and approved here": func(t *testing.T, p *platform) {
			t.Helper()
			c := p.lodged()
			p.does(c, "accept", "200 applied")
			p.does(c, "time", "200 applied")
			if _, err := p.there.Bench.Extend(t.Context(), p.lead, decide.Ref{Case: c.ID}); err != nil {
				t.Error(err)
			}
		},
		"switched off by the head of the office": func(t *testing.T, p *platform) {
			t.Helper()
			for by, code := range map[*casefile.Actor]errs.Code{&p.officer: errs.NotYours, &p.clerk: errs.NotYours} {
				if err := p.there.Works.Switch(t.Context(), *by, market.Key, false); !errs.Is(err, code) {
					t.Errorf("%s: %v", by.ID, err)
				}
			}
			if err := p.there.Works.Switch(t.Context(), p.lead, market.Key, false); err != nil {
				t.Fatal(err)
			}
			c := p.lodged()
			p.idle(c.ID)
			if err := p.there.Works.Switch(t.Context(), p.lead, "nobody", true); !errs.Is(err, errs.SystemUnknown) {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(name, "down") || strings.HasPrefix(name, "slow") || strings.HasPrefix(name, "switched") {
				play(t, newPlatform(t)) // what it leaves behind is not for others
				return
			}
			shared.t = t
			shared.market.Behave(market.Normal)
			play(t, shared)
		})
	}
}

// A system's account can do what the table says and nothing else, and only at its own office.
func TestASystemMayDoWhatTheTableSays(t *testing.T) {
	p := newPlatform(t)
	c := p.lodged()
	by := p.officer
	by.ID, by.Roles = market.Key+":1", []office.Role{office.System}
	ref := decide.Ref{Case: c.ID}
	for name, try := range map[string]func() error{
		"review": func() error { _, err := p.there.Bench.Review(t.Context(), by, ref, nil); return err },
		"return": func() error { _, err := p.there.Bench.Return(t.Context(), by, ref, "wrong-office"); return err },
		"extend": func() error { _, err := p.there.Bench.Extend(t.Context(), by, ref); return err },
		"claim":  func() error { _, err := p.there.Allot.Claim(t.Context(), by, c.ID); return err },
	} {
		if err := try(); errs.KindOf(err) != errs.Forbidden && !errs.Is(err, errs.NotAllowedNow) {
			t.Errorf("%s: %v", name, err)
		}
	}
	by.Office = p.clerk.Office
	if _, err := p.there.Bench.Accept(t.Context(), by, ref); !errs.Is(err, errs.NotHolder) {
		t.Errorf("another office's: %v", err)
	}
}

func TestWhatComesFromOutsideIsHostile(t *testing.T) {
	p := newPlatform(t)
	c := p.lodged()
	mine := p.work(c.ID)
	other := mine
	other.ID, other.System, other.Case, other.Row = strings.Repeat("f", 32), "another", unit.NewID(), 0
	if err := p.there.Store.Commit(t.Context(), unit.Unit{Works: []depart.Work{other}}); err != nil {
		t.Fatal(err)
	}
	answer := func(change func(a *depart.Answer)) []byte {
		a := depart.Answer{ID: "a1", Work: mine.ID, Code: "SL01", Officer: depart.Staff{No: "1", Name: "甲"}}
		if change != nil {
			change(&a)
		}
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	good := answer(nil)
	post := func(body []byte, change func(*http.Request)) int {
		status, _ := p.call(http.MethodPost, "/"+market.Key+"/answers", body, change)
		return status
	}
	for name, try := range map[string]struct {
		got  func() int
		want int
	}{
		"wrong key": {func() int {
			return post(good, func(r *http.Request) {
				workgate.Sign(r.Header, bytes.Repeat([]byte("x"), 32), time.Now(), "POST "+r.URL.Path, good)
			})
		}, 401},
		"no signature": {func() int { return post(good, func(r *http.Request) { r.Header.Del(workgate.SignatureHeader) }) }, 401},
		"old signature": {func() int {
			return post(good, func(r *http.Request) {
				workgate.Sign(r.Header, p.secret, time.Now().Add(-6*time.Minute), "POST "+r.URL.Path, good)
			})
		}, 401},
		"signature of another address": {func() int {
			return post(good, func(r *http.Request) { workgate.Sign(r.Header, p.secret, time.Now(), "POST /elsewhere", good) })
		}, 401},
		"signature of another body": {func() int {
			return post(good, func(r *http.Request) { workgate.Sign(r.Header, p.secret, time.Now(), "POST "+r.URL.Path, []byte("{}")) })
		}, 401},
		"system that is not connected": {func() int {
			s, _ := p.call(http.MethodPost, "/another/answers", good, nil)
			return s
		}, 401},
		"giant body":        {func() int { return post(bytes.Repeat([]byte(" "), 1<<20), nil) }, 413},
		"garbage":           {func() int { return post([]byte("<xml/>"), nil) }, 400},
		"no id":             {func() int { return post(answer(func(a *depart.Answer) { a.ID = "" }), nil) }, 400},
		"id with a path":    {func() int { return post(answer(func(a *depart.Answer) { a.ID = "../x" }), nil) }, 400},
		"hidden characters": {func() int { return post(answer(func(a *depart.Answer) { a.Text = "a\u202eb" }), nil) }, 400},
		"endless text":      {func() int { return post(answer(func(a *depart.Answer) { a.Text = strings.Repeat("字", 1001) }), nil) }, 400},
		"unknown work":      {func() int { return post(answer(func(a *depart.Answer) { a.Work = strings.Repeat("0", 32) }), nil) }, 404},
		"another's work":    {func() int { return post(answer(func(a *depart.Answer) { a.Work = other.ID }), nil) }, 404},
		"another's file": {func() int {
			s, _ := p.call(http.MethodGet, "/"+market.Key+"/work/"+other.ID+"/files/0", nil, nil)
			return s
		}, 404},
		"nobody answers it": {func() int {
			return post(answer(func(a *depart.Answer) { a.ID, a.Officer = "n1", depart.Staff{} }), nil)
		}, 202},
		"reason nobody knows": {func() int {
			return post(answer(func(a *depart.Answer) { a.ID, a.Code, a.Reasons = "n2", "BH01", []string{"R77"} }), nil)
		}, 202},
	} {
		if got := try.got(); got != try.want {
			t.Errorf("%s: %d, want %d", name, got, try.want)
		}
	}
	if p.state(c.ID) != casefile.Received {
		t.Fatalf("something of it was done: %s", p.state(c.ID))
	}
	for range 2 {
		if got := post(good, nil); got != 200 {
			t.Errorf("a good answer, and once more: %d", got)
		}
	}
	if got := post(answer(func(a *depart.Answer) { a.Code = "HZ01" }), nil); got != 409 {
		t.Errorf("another answer under the same id: %d", got)
	}
	if p.state(c.ID) != casefile.Accepted {
		t.Error(p.state(c.ID))
	}
}

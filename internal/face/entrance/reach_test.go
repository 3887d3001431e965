package entrance

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/handling/elsewhere"
	"tongban/internal/page"
)

func TestAPageSaysWhatCannotBeReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, asked := true, 0
		r := &Reach{now: time.Now, seen: map[office.NodeID]*contact{}, ask: func(ctx context.Context, _ string) error {
			asked++
			if up {
				return nil
			}
			<-ctx.Done() // a place that is away does not even say no
			return errors.New("away")
		}}
		look := func() bool {
			_, down := r.down("63", "http://qinghai")
			time.Sleep(askFor)
			synctest.Wait()
			return down
		}
		if look(); look() {
			t.Error("a place that answers counts as away")
		}
		if asked != 1 {
			t.Errorf("asked %d times within %s", asked, askAgain)
		}
		up = false
		time.Sleep(askAgain)
		first := look()
		if second := look(); first || second {
			t.Error("one failure is enough: it may be chance")
		}
		time.Sleep(2 * time.Second)
		look()
		o, down := r.down("63", "http://qinghai")
		if !down || time.Since(o.Since) < askFor {
			t.Errorf("two failures in a row do not count: %v since %v", down, o.Since)
		}
		up = true
		time.Sleep(askAgain + time.Second)
		look()
		if look() {
			t.Error("a place that is back counts as away")
		}
	})
}

func TestHeadOfAnEntrance(t *testing.T) {
	status := http.StatusOK
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodHead {
			t.Errorf("asked by %s", r.Method)
		}
		w.WriteHeader(status)
	}))
	ask := headOf(srv.Client())
	if err := ask(t.Context(), srv.URL); err != nil {
		t.Error(err)
	}
	status = http.StatusServiceUnavailable
	if ask(t.Context(), srv.URL) == nil {
		t.Error("503 counts as there")
	}
	srv.Close()
	if ask(t.Context(), srv.URL) == nil {
		t.Error("a closed door counts as there")
	}
}

func TestUnreachableIsSaidBeforeTheStart(t *testing.T) {
	w := newWorld(t)
	b := galleryBase(t)
	b.Reach.ask = func(context.Context, string) error { return nil }
	for _, node := range []office.NodeID{"23", "63"} {
		b.Reach.seen[node] = &contact{asked: time.Now(), failed: askTwice, since: GalleryDay}
	}
	site := b.open()
	site.Get("/{$}", b.hubFront)
	w.get(site, "/").has(200, "青海的入口，今天09:00起连不上", "查指南、到窗口交件都不受影响")
	w.get(site, guide("2020-030", "230183", "630100")).has(200, "青海的入口", "请过一会儿再来")
	w.get(site, guide("2020-052", "320100", "630100")).has(200, "青海的系统现在连不上，窗口照样收，恢复后自动送。今天09:00起连不上，期限不从您这边扣")
	b.Reach.seen["63"].failed = 0
	if r := w.get(site, guide("2020-052", "320100", "630100")); r.code != 200 || r.count("h1") != 1 {
		t.Error(r.code)
	}
	w.get(site, guide("2020-052", "320100", "630100")).lacks("恢复后自动送")
}

// A case that a province holds which cannot be reached is shown as it was known last, with its time, and the list says which
// province it is and since when.
func TestLastKnownStateOfAProvinceThatIsAway(t *testing.T) {
	w := newWorld(t)
	w.gate.who = &fan
	w.change(func(c *casefile.Case) {
		c.Last = w.now.Add(-time.Hour)
		for i := range c.Legs {
			if l := &c.Legs[i]; l.Kind == item.Decide {
				l.Holder, l.State = "63", casefile.Accepted
			}
		}
		c.Custody[len(c.Custody)-1].To = w.now
		c.Custody = append(c.Custody, casefile.Span{Node: "63", Office: decider, From: w.now})
	})
	at := "/cases/" + string(w.c.No)
	w.get(w.site, at).lacks("暂时连不上")
	w.get(w.site, "/cases").lacks("暂时连不上", "截至")
	w.reach.ask = func(context.Context, string) error { return nil }
	w.reach.seen["63"] = &contact{asked: time.Now(), failed: askTwice, since: w.now.Add(-30 * time.Minute)}
	w.get(w.site, at).has(200, "青海的系统今天09:30起暂时连不上。下面是11月23日09:00知道的情况，恢复后自动更新。", "已受理")
	w.get(w.site, "/cases").has(200, "青海的系统今天09:30起暂时连不上。那里在办的件没有丢，显示的是最后知道的情况。", "截至11月23日09:00")
	w.away = func(context.Context, page.Visitor) (elsewhere.Found, error) {
		return elsewhere.Found{Missing: []office.NodeID{"35", "63"}}, nil
	}
	w.get(w.site, "/cases").has(200, "福建省、青海省（今天09:30起）")
	w.get(w.site, at+"?lang=en").has(200, "Qinghai cannot be reached since 09:30 today")
}

// Where the draft is kept at the receiving province, its form can be filled in while the deciding one is away.
func TestBeforeTheStartWhereTheFormIsHere(t *testing.T) {
	b := galleryBase(t)
	b.Reach.ask = func(context.Context, string) error { return nil }
	b.Reach.seen["63"] = &contact{asked: time.Now(), failed: askTwice, since: GalleryDay}
	g := item.Guide{Query: item.Query{Here: "230183000000", There: "630100000000"}, Summary: item.Summary{Mode: item.Joint}}
	got := b.away(t.Context(), g, []start{{Kind: toApply}})
	if len(got) != 1 || !strings.HasPrefix(got[0], "青海的系统现在连不上，可以先填，恢复后自动送。") {
		t.Error(got)
	}
}

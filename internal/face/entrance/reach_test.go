package entrance

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"tongban/internal/domain/office"
)

func TestAPageSaysWhatCannotBeReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, asked := true, 0
		r := &reach{now: time.Now, seen: map[office.NodeID]*contact{}, ask: func(ctx context.Context, _ string) error {
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
	b.reach.ask = func(context.Context, string) error { return nil }
	for _, node := range []office.NodeID{"23", "63"} {
		b.reach.seen[node] = &contact{asked: time.Now(), failed: askTwice, since: GalleryDay}
	}
	site := b.open()
	site.Get("/{$}", b.hubFront)
	w.get(site, "/").has(200, "青海省的入口，11月25日09:00起连不上", "查指南、到窗口交件都不受影响")
	w.get(site, guide("2020-030", "230183", "630100")).has(200, "青海省的入口", "请过一会儿再来")
	w.get(site, guide("2020-052", "320100", "630100")).has(200, "青海省的系统", "可以照样交，恢复后自动送过去，期限不从您这边扣")
	b.reach.seen["63"].failed = 0
	if r := w.get(site, guide("2020-052", "320100", "630100")); r.code != 200 || r.count("h1") != 1 {
		t.Error(r.code)
	}
	w.get(site, guide("2020-052", "320100", "630100")).lacks("恢复后自动送过去")
}

package dataservice_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tongban/internal/adapter/dataservice"
	"tongban/internal/domain/party"
	"tongban/internal/handling/share"
	"tongban/internal/handling/share/sharetest"
	"tongban/internal/kernel/errs"
)

// system is an office's own service.
func system(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL + "/people"
}

var fields = map[string]string{"owner": "qlr", "use": "yt"}

func TestConformance(t *testing.T) {
	sharetest.Source(t, func(t *testing.T) share.Source {
		t.Helper()
		return dataservice.New(dataservice.Config{Key: "k", Fields: fields, Timeout: 20 * time.Second, URL: system(t, func(w http.ResponseWriter, r *http.Request) {
			var q struct{ Resource, Number string }
			b, err := io.ReadAll(r.Body)
			if err != nil || json.Unmarshal(b, &q) != nil || q.Resource != sharetest.Resource || r.Header.Get("Authorization") != "Bearer k" {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			for name, values := range r.Header { // nothing of a question stands in the head or in the address
				if strings.Contains(strings.Join(values, ""), "2301") || name == "X-Role" {
					t.Errorf("header %s: %q", name, values)
				}
			}
			if r.URL.String() != "/people" {
				t.Errorf("asked at %s", r.URL)
			}
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			var record map[string]string
			for _, p := range sharetest.People() {
				if p[sharetest.Number] == q.Number {
					record = map[string]string{"qlr": p["owner"], "yt": p["use"], "salary": "1000"}
				}
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"as_of": time.Now().UTC(), "record": record})
		})})
	})
}

var fan = party.Person{IDType: party.ResidentID, IDNo: sharetest.People()[0][sharetest.Number]}

const good = `{"as_of":"2026-11-27T00:00:00Z","record":{"qlr":"樊晓梅","yt":""}}`

// Services that are slow, lie, or never end: each is refused with its code, within its time and its bytes.
func TestBadServices(t *testing.T) {
	says := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, body)
		}
	}
	for name, tt := range map[string]struct {
		h    http.HandlerFunc
		want errs.Code
	}{
		"good":                {h: says(good)},
		"a secret more":       {h: says(`{"as_of":"2026-11-27T00:00:00Z","record":{"qlr":"樊晓梅","yt":"","salary":"1"}}`)},
		"knows nobody":        {h: says(`{"as_of":"2026-11-27T00:00:00Z","record":null}`), want: errs.NoRecord},
		"no time":             {h: says(`{"record":{"qlr":"x","yt":"y"}}`), want: errs.SourceUnfit},
		"a field is missing":  {h: says(`{"as_of":"2026-11-27T00:00:00Z","record":{"qlr":"x"}}`), want: errs.SourceUnfit},
		"a field twice":       {h: says(`{"as_of":"2026-11-27T00:00:00Z","record":{"qlr":"x","qlr":"z","yt":"y"}}`), want: errs.SourceUnfit},
		"a field is a list":   {h: says(`{"as_of":"2026-11-27T00:00:00Z","record":{"qlr":["x"],"yt":"y"}}`), want: errs.SourceUnfit},
		"a field is too long": {h: says(`{"as_of":"2026-11-27T00:00:00Z","record":{"qlr":"` + strings.Repeat("长", 2001) + `","yt":"y"}}`), want: errs.SourceUnfit},
		"two answers":         {h: says(good + good), want: errs.SourceUnfit},
		"no JSON":             {h: says(`<html>`), want: errs.SourceUnfit},
		"a page":              {h: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, want: errs.SourceUnfit},
		"not found is no answer": {h: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
		}, want: errs.SourceUnfit},
		"leads elsewhere": {h: func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/people" {
				t.Error("followed")
			}
			http.Redirect(w, r, "/else", http.StatusTemporaryRedirect)
		}, want: errs.SourceUnfit},
		"answers without end": {h: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for { // until the reader is gone
				if _, err := io.WriteString(w, strings.Repeat(" ", 1<<16)); err != nil {
					return
				}
			}
		}, want: errs.SourceUnfit},
		"a letter now and then": {h: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(10 * time.Millisecond)
			}
		}, want: errs.SourceDown},
		"never answers": {h: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, want: errs.SourceDown},
		"hangs up":      {h: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, want: errs.SourceDown},
	} {
		t.Run(name, func(t *testing.T) {
			patience := 20 * time.Second
			if tt.want == errs.SourceDown {
				patience = 200 * time.Millisecond
			}
			s := dataservice.New(dataservice.Config{URL: system(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // else the server does not notice who went away
				tt.h(w, r)
			}), Fields: fields, Timeout: patience})
			got, _, err := s.Record(t.Context(), "estate", fan)
			if tt.want == 0 && (err != nil || got["owner"] != "樊晓梅" || len(got) != 2) || tt.want != 0 && (!errs.Is(err, tt.want) || got != nil) {
				t.Errorf("%v, %v", got, err)
			}
			if err != nil && strings.Contains(fmt.Sprintf("%+v", err), fan.IDNo) {
				t.Errorf("the error holds the number: %v", err)
			}
		})
	}
}

// A service that fails five times in a row is left alone; after its rest one question tries it, and if that goes well all go on. Who
// knows nobody has not failed, and who went away says nothing of the service.
func TestItRests(t *testing.T) {
	var asked atomic.Int64
	var broken, nobody atomic.Bool
	s := dataservice.New(dataservice.Config{Fields: fields, Rest: 50 * time.Millisecond, Timeout: 20 * time.Second, URL: system(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		switch w.Header().Set("Content-Type", "application/json"); {
		case broken.Load():
			w.WriteHeader(http.StatusInternalServerError)
		case nobody.Load():
			_, _ = io.WriteString(w, `{"as_of":"2026-11-27T00:00:00Z","record":null}`)
		default:
			_, _ = io.WriteString(w, good)
		}
	})})
	ask := func() error { _, _, err := s.Record(t.Context(), "estate", fan); return err }
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	nobody.Store(true)
	for range 8 {
		if err := ask(); !errs.Is(err, errs.NoRecord) {
			t.Fatal(err)
		}
		if _, _, err := s.Record(gone, "estate", fan); err == nil {
			t.Fatal("an ended question was answered")
		}
	}
	nobody.Store(false)
	if err := ask(); err != nil {
		t.Fatalf("rests without a failure: %v", err)
	}
	broken.Store(true)
	for i := range 5 {
		if err := ask(); !errs.Is(err, errs.SourceUnfit) {
			t.Fatalf("failure %d: %v", i+1, err)
		}
	}
	before := asked.Load()
	if err := ask(); !errs.Is(err, errs.SourceResting) || asked.Load() != before {
		t.Errorf("after five failures: %v, asked %d times more", err, asked.Load()-before)
	}
	broken.Store(false)
	for err := ask(); err != nil; err = ask() {
		if !errs.Is(err, errs.SourceResting) {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err := ask(); err != nil {
		t.Errorf("after its rest: %v", err)
	}
}

package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tongban/internal/handling/notify"
	"tongban/internal/kernel/errs"
)

var (
	key = bytes.Repeat([]byte{7}, 32)
	at  = time.Unix(1_700_000_000, 0)
)

func clock() time.Time { return at }

func message() notify.Message {
	return notify.Message{ID: strings.Repeat("ab", 16), Channel: "sms", To: "13800000001", Text: "hello", Case: "23-1"}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	for status, want := range map[int]errs.Code{200: 0, 202: 0, 400: errs.NoticeRefused, 410: errs.NoticeRefused, 429: errs.NoticeGateway, 500: errs.NoticeGateway, 302: errs.NoticeGateway} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil || !signed([][]byte{key}, at, r.Header, body) {
				t.Error("the request does not bear the signature")
			}
			w.WriteHeader(status)
		}))
		g := &HTTP{URL: s.URL, Key: key, Client: s.Client(), Now: clock}
		_, err := g.Send(t.Context(), message())
		s.Close()
		if (err == nil) != (want == 0) || err != nil && !errs.Is(err, want) {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestAnErrorNamesNobody(t *testing.T) {
	g := &HTTP{URL: "http://127.0.0.1:1/13800000001", Key: key, Client: http.DefaultClient, Now: clock}
	_, err := g.Send(t.Context(), message())
	if !errs.Is(err, errs.NoticeGateway) || strings.Contains(err.Error(), "1380") {
		t.Error(err)
	}
}

func TestAFolderHoldsWholeFilesOnly(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		if _, err := Folder(dir).Send(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	b, err := os.ReadFile(filepath.Join(dir, list[0].Name()))
	var m notify.Message
	if err != nil || json.Unmarshal(b, &m) != nil || m.To != message().To {
		t.Errorf("%s %v", b, err)
	}
	if info, err := list[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Error("others may read it")
	}
	bad := message()
	bad.ID = "../x"
	if _, err := Folder(dir).Send(t.Context(), bad); !errs.Is(err, errs.NoticeRefused) {
		t.Error(err)
	}
	if _, err := Folder(filepath.Join(dir, "none")).Send(t.Context(), message()); !errs.Is(err, errs.NoticeGateway) {
		t.Error(err)
	}
}

func TestReports(t *testing.T) {
	good := `{"id":"` + strings.Repeat("ab", 16) + `","arrived":true}`
	now := strconv.FormatInt(at.Unix(), 10)
	old := strconv.FormatInt(at.Add(-time.Hour).Unix(), 10)
	for _, tt := range []struct {
		name, body, time, sig string
		answer                error
		want                  int
	}{
		{"good", good, now, Sign(key, now, []byte(good)), nil, 204},
		{"unsigned", good, now, "", nil, 401},
		{"of another body", good, now, Sign(key, now, []byte("{}")), nil, 401},
		{"under another key", good, now, Sign([]byte("other"), now, []byte(good)), nil, 401},
		{"replayed", good, old, Sign(key, old, []byte(good)), nil, 401},
		{"no json", "x", now, Sign(key, now, []byte("x")), nil, 400},
		{"a path", `{"id":"../../x"}`, now, Sign(key, now, []byte(`{"id":"../../x"}`)), nil, 400},
		{"unknown", good, now, Sign(key, now, []byte(good)), errs.New(errs.Missing, ""), 404},
		{"too early", good, now, Sign(key, now, []byte(good)), errs.New(errs.NotInOrder, ""), 503},
		{"too long", strings.Repeat("x", 5000), now, "", nil, 413},
	} {
		taken := 0
		h := Reports([][]byte{[]byte("first"), key}, clock, func(context.Context, string, bool) error { taken++; return tt.answer })
		r := httptest.NewRequest(http.MethodPost, "/notices/reports", strings.NewReader(tt.body))
		r.Header.Set(TimeHeader, tt.time)
		r.Header.Set(SignatureHeader, tt.sig)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tt.want || (taken > 0) != (tt.want == 204 || tt.answer != nil) {
			t.Errorf("%s: %d, taken %d times", tt.name, w.Code, taken)
		}
	}
}

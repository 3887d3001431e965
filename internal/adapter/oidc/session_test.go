package oidc_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tongban/internal/adapter/oidc"
)

func TestSessions(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := func() time.Time { return now }
	who := oidc.Identity{Subject: "s1", Name: "樊晓梅", IDNo: "230183199001010025", Level: 3}
	s := oidc.NewSessions(clientID, false, cipher(t, 1), clock)
	write := func(do func(http.ResponseWriter) error) *http.Cookie {
		t.Helper()
		w := httptest.NewRecorder()
		if err := do(w); err != nil {
			t.Fatal(err)
		}
		if got := w.Result().Cookies(); len(got) == 1 {
			return got[0]
		}
		return nil
	}
	c := write(func(w http.ResponseWriter) error { return s.Write(w, who) })
	if c.Name != "tongban-session" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Domain != "" || c.Secure || c.MaxAge != 1800 {
		t.Errorf("cookie %+v", c)
	}
	got, ok := s.Read(request(t, "/", c))
	if diff := cmp.Diff(oidc.Session{Identity: who, At: now, Seen: now}, got); !ok || diff != "" {
		t.Errorf("%v %s", ok, diff)
	}
	if again := write(func(w http.ResponseWriter) error { return s.Touch(w, got) }); again != nil {
		t.Error("a cookie with every request")
	}

	// Another replica reads it; another node, another kind of cookie, another key and a forged one do not.
	forged := *c
	forged.Value = tampered(c.Value)
	stranger := *c
	stranger.Value = "!!"
	for name, tt := range map[string]struct {
		sessions *oidc.Sessions
		cookie   *http.Cookie
		want     bool
	}{
		"replica":      {oidc.NewSessions(clientID, false, cipher(t, 1), clock), c, true},
		"another node": {oidc.NewSessions("heilongjiang", false, cipher(t, 1), clock), c, false},
		"another key":  {oidc.NewSessions(clientID, false, cipher(t, 2), clock), c, false},
		"forged":       {s, &forged, false},
		"not base64":   {s, &stranger, false},
		"huge":         {s, &http.Cookie{Name: c.Name, Value: strings.Repeat("A", 5000)}, false},
		"none":         {s, &http.Cookie{Name: "x", Value: c.Value}, false},
	} {
		if _, ok := tt.sessions.Read(request(t, "/", tt.cookie)); ok != tt.want {
			t.Errorf("%s: %v", name, ok)
		}
	}

	// Idle and absolute limits.
	start := now
	now = start.Add(30 * time.Minute)
	if _, ok := s.Read(request(t, "/", c)); ok {
		t.Error("still open after half an hour of nothing")
	}
	now = start
	for now.Sub(start) < 8*time.Hour-10*time.Minute {
		now = now.Add(10 * time.Minute)
		got, ok := s.Read(request(t, "/", c))
		if !ok {
			t.Fatalf("closed after %s of work", now.Sub(start))
		}
		c = write(func(w http.ResponseWriter) error { return s.Touch(w, got) })
	}
	if c.MaxAge != 600 {
		t.Errorf("the last cookie lives %d s", c.MaxAge)
	}
	now = start.Add(8 * time.Hour)
	if _, ok := s.Read(request(t, "/", c)); ok {
		t.Error("open after eight hours")
	}

	if gone := write(func(w http.ResponseWriter) error { s.Clear(w); return nil }); gone.MaxAge >= 0 || gone.Value != "" {
		t.Errorf("clear: %+v", gone)
	}
	if err := s.Write(httptest.NewRecorder(), oidc.Identity{Subject: strings.Repeat("a", 5000)}); err == nil {
		t.Error("a cookie that no browser keeps")
	}
	tls := oidc.NewSessions(clientID, true, cipher(t, 1), nil)
	if c := write(func(w http.ResponseWriter) error { return tls.Write(w, who) }); c.Name != "__Host-tongban-session" || !c.Secure || c.Path != "/" {
		t.Errorf("under TLS: %+v", c)
	}
}

func TestIdentityStaysOutOfLogs(t *testing.T) {
	who := oidc.Identity{Subject: "s1", Name: "樊晓梅", IDNo: "230183199001010025", Phone: "13800000001", Level: 3}
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).InfoContext(t.Context(), "in", slog.Any("who", who))
	line := b.String() + fmt.Sprintf("%v %s", who, who) + errors.Join(fmt.Errorf("for %v", who)).Error()
	for _, private := range []string{who.Name, who.IDNo, who.Phone} {
		if strings.Contains(line, private) {
			t.Errorf("shows %s", private)
		}
	}
}

package oidc

import (
	"net/http"
	"time"

	"tongban/internal/kernel/errs"
)

// How long a session lasts: a form takes a while to fill in, a public computer is left soon.
const (
	IdleLimit     = 30 * time.Minute
	AbsoluteLimit = 8 * time.Hour
	// refreshAfter spares a new cookie with every request; so idle time counts in steps of it.
	refreshAfter = time.Minute
)

// Session is a sign-in that is still good. Times are security time (time.Now), never a demo clock.
type Session struct {
	Identity Identity  `json:"who"`
	At       time.Time `json:"at"`   // signed in
	Seen     time.Time `json:"seen"` // last cookie written
}

// Expires is when the session ends if nothing more is done.
func (s Session) Expires() time.Time {
	idle, end := s.Seen.Add(IdleLimit), s.At.Add(AbsoluteLimit)
	if idle.Before(end) {
		return idle
	}
	return end
}

// Sessions keeps sessions in one encrypted cookie each. Nothing is stored at the node, so a copied cookie stays good
// until its Expires, also after Clear; that is why the limits are short. Safe for concurrent use.
type Sessions struct {
	jar jar
	now func() time.Time
}

// NewSessions takes the node's client id (a cookie of another node does not open), whether the node is reached by TLS,
// and the key. now is security time; nil means time.Now.
func NewSessions(clientID string, secure bool, c Cipher, now func() time.Time) *Sessions {
	if now == nil {
		now = time.Now
	}
	return &Sessions{jar: newJar("session", clientID, secure, c), now: now}
}

// Read gives the session of a request; false if there is none, it is over, or the cookie was not made by this node.
func (s *Sessions) Read(r *http.Request) (Session, bool) {
	var got Session
	if !s.jar.get(r, &got) || got.Identity.Subject == "" || !s.now().Before(got.Expires()) {
		return Session{}, false
	}
	return got, true
}

// Write begins a session for who has just signed in.
func (s *Sessions) Write(w http.ResponseWriter, who Identity) error {
	now := s.now()
	return s.write(w, Session{Identity: who, At: now, Seen: now})
}

// Touch moves the idle limit, at most once a minute and never beyond AbsoluteLimit. Call it before the body is written.
func (s *Sessions) Touch(w http.ResponseWriter, got Session) error {
	now := s.now()
	if now.Sub(got.Seen) < refreshAfter {
		return nil
	}
	got.Seen = now
	return s.write(w, got)
}

// Clear signs out at this node.
func (s *Sessions) Clear(w http.ResponseWriter) { s.jar.clear(w) }

func (s *Sessions) write(w http.ResponseWriter, v Session) error {
	if !s.jar.put(w, v, v.Expires().Sub(s.now())) {
		return errs.New(errs.TokenRejected, "the identity does not fit into a cookie")
	}
	return nil
}

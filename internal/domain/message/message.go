// Package message is the exchange of words between an applicant and the office that holds the case (留言): plain text of a
// bounded length, which belongs to the case, is kept with it and moves nothing in it. What is to have an effect is an act.
package message

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// Side is who speaks. Names cross nodes: append only.
type Side string

// The sides.
const (
	Applicant Side = "applicant"
	Office    Side = "office"
)

// Bounds.
const (
	MostRunes = 500 // of one message, in characters
	MostADay  = 10  // that one side may write about a case in 24 hours
	MostOfAll = 200 // of one case; what comes beyond is refused
)

// Message is one word. It crosses nodes as it stands here, inside an envelope.
type Message struct {
	ID     string    `json:"id"` // UUIDv7, made with the form
	Case   string    `json:"case"`
	From   Side      `json:"from"`
	Office string    `json:"office"` // code of the office that is asked, or answers
	At     time.Time `json:"at"`
	Text   string    `json:"text"`

	By   string    `json:"-"` // officer who wrote it; stays at that officer's node
	Read time.Time `json:"-"` // by the other side, as far as this node knows
	Open bool      `json:"-"` // the applicant's, at the office that is asked, until it answers
}

// Clean is text as it is kept: trimmed, with plain line ends, without characters that turn or hide others. It returns
// errs.MessageEmpty or errs.MessageLong.
func Clean(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", errs.New(errs.BadRequest, "no text")
	}
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n")))
	switch n := utf8.RuneCountInString(s); {
	case n == 0:
		return "", errs.New(errs.MessageEmpty, "empty")
	case n > MostRunes:
		return "", errs.New(errs.MessageLong, "%d characters", n)
	}
	return s, nil
}

// May reports whether a side may write one more: errs.MessageClosed once the case is over, errs.TooMany beyond a bound.
func May(c casefile.Case, thread []Message, from Side, now time.Time) error {
	if !c.Closed.IsZero() {
		return errs.New(errs.MessageClosed, "%s is closed", c.No)
	}
	today := 0
	for _, m := range thread {
		if m.From == from && now.Sub(m.At) < 24*time.Hour {
			today++
		}
	}
	if today >= MostADay || len(thread) >= MostOfAll {
		return errs.New(errs.TooMany, "%d messages today, %d in all", today, len(thread))
	}
	return nil
}

// Arrived judges a message that another node sent about a case: it must be from who may say it, and keep the bounds. An
// applicant speaks through the coordinator only; an office for itself.
func (m Message) Arrived(c casefile.Case, from, me office.NodeID, thread []Message) error {
	text, err := Clean(m.Text)
	switch {
	case err != nil || text != m.Text || m.Case != c.ID || len(m.ID) == 0:
		return errs.New(errs.BadEnvelope, "message of %s", from)
	case len(thread) >= MostOfAll:
		return errs.New(errs.TooMany, "%d messages", len(thread))
	}
	node := from
	switch {
	case m.From == Applicant && from == c.Coordinator:
		node = me
	case m.From == Office && me == c.Coordinator:
	default:
		return errs.New(errs.WrongSender, "%s speaks for the %s", from, m.From)
	}
	if !slices.ContainsFunc(c.Legs, func(l casefile.Leg) bool { return l.Node == node && l.Office == m.Office }) {
		return errs.New(errs.WrongSender, "office %s has no part at %s", m.Office, node)
	}
	return nil
}

// Unread counts what a side has not read.
func Unread(thread []Message, side Side) int {
	n := 0
	for _, m := range thread {
		if m.From != side && m.Read.IsZero() {
			n++
		}
	}
	return n
}

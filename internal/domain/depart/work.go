package depart

import (
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// State is how far a piece of work is.
type State string

// The states. A case has at most one piece of work that is not Ended.
const (
	Waiting  State = "waiting"  // to be given to the system
	Given    State = "given"    // the system has it
	Puzzled  State = "puzzled"  // the system has it, and an answer of it has to be looked at by a person
	Dead     State = "dead"     // it could not be given: a person has to do something
	Stopping State = "stopping" // the system is to be told that it is no longer its
	Ended    State = "ended"
)

// Work is a leg that an office works in its own system, from the moment when the office began to hold it. It commits with what
// made the office hold it, so that none is forgotten.
type Work struct {
	ID     string // 32 hex digits, made of case, leg and step: the same beginning makes the same work
	System string // System.Key
	Office string
	Case   string
	Leg    string
	At     time.Time // since when the office has the leg
	State  State
	Tries  int       // since the last success
	Next   time.Time // when something is to be done; zero: nothing
	Tried  time.Time // the last try, zero before the first
	Done   time.Time // the last time that the system answered us well
	Why    errs.Code // of the last failure, or of what puzzles
	By     string    // the officer who took it back or sent it again, else ""
	Ref    string    // the system's own number
	Answer *Answer   // what puzzles
	Row    int64     // the store's guard
}

// New is the work of a leg that begins now.
func New(s System, c casefile.Case, l casefile.Leg, at time.Time) Work {
	h := proof.HashOf([]byte(c.ID + "\n" + l.Key + "\n" + strconv.Itoa(l.Step)))
	return Work{
		ID: hex.EncodeToString(h[:16]), System: s.Key, Office: l.Office, Case: c.ID, Leg: l.Key, At: at, State: Waiting, Next: at,
	}
}

// Open reports whether the office works the case there.
func (w Work) Open() bool { return slices.Contains([]State{Waiting, Given, Puzzled, Dead}, w.State) }

// The pauses between tries: doubled each time, so that a system that is down is not run over when it comes back.
const (
	firstPause = 5 * time.Second
	mostPause  = 30 * time.Minute
)

// Pause is how long to wait after a number of failed tries.
func Pause(tries int) time.Duration {
	return min(firstPause<<min(max(tries-1, 0), 10), mostPause)
}

// Count is how many pieces of an office's work in one system are in one state.
type Count struct {
	System string
	State  State
	N      int
	Done   time.Time // the last success among them
}

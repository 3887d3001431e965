// Package rebuild brings a province back from its backup and from what other provinces keep of it (architecture §4a, retention
// and restore): the pieces of its own log that it gave them to keep, encrypted for itself; the envelopes that it took from
// them, with its receipts; those that they took from it, with theirs. Until its log has reached the last head that others
// have seen, the node signs nothing and answers nothing, so that nobody is told two histories.
package rebuild

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// The doors of a node's channel: at Kind it answers a province that collects, at CopyKind it takes a piece of a log to keep.
const (
	Kind     = "rebuild"
	CopyKind = "log-copy"
)

// Setting is the name of the setting that holds the State of a node that was restored; BackedUp that of its last two backups.
const (
	Setting  = "rebuild"
	BackedUp = "backups"
)

// State says where a restored node stands.
type State struct {
	Collecting bool      `json:"collecting"`
	Made       time.Time `json:"made"`          // security time of the backup
	Log        int64     `json:"log"`           // entries in its tree
	Done       time.Time `json:"done,omitzero"` // security time
	Entries    int64     `json:"entries,omitempty"`
	Envelopes  int       `json:"envelopes,omitempty"`
	Lost       int       `json:"lost,omitempty"`
	Problems   []Problem `json:"problems,omitempty"`
}

// Page is a piece of a node's log: its entries from From to Size, encrypted by the node for itself.
type Page struct {
	From   int64  `json:"from"`
	Size   int64  `json:"size"`
	Sealed []byte `json:"sealed"`
}

// Passed names an envelope that was taken.
type Passed struct {
	ID   string `json:"id"`
	Case string `json:"case"`
}

// Waits is a row of entries that stood outside the tree when the backup was made.
type Waits struct {
	ID     string
	Leaves [][]byte
}

// Lost is an own act that the log names and nobody else knows.
type Lost struct {
	Fact   proof.Hash `json:"fact"`
	Case   string     `json:"case"`
	Act    string     `json:"act"`
	Who    string     `json:"who"`
	Office string     `json:"office"`
	At     time.Time  `json:"at"`
}

// Problem is something that came and could not be used: of whom, about which case, and why. It holds no personal data.
type Problem struct {
	Node office.NodeID `json:"node"`
	Case string        `json:"case,omitempty"`
	What string        `json:"what"`
}

// End is what the end of a rebuild stores.
type End struct {
	Lost   []Lost
	Floors map[string]int64 // series of numbers, each to begin here at least
	Skip   int64            // how many numbers of every series are left out
	Log    []accesslog.Entry
	State  []byte
}

// Settings is where a node keeps its few settings; errs.Missing for one that was never set.
type Settings interface {
	Setting(ctx context.Context, name string) ([]byte, error)
}

// StateOf reads where a node stands; the zero State if it was never restored.
func StateOf(ctx context.Context, s Settings) (State, error) {
	var st State
	b, err := s.Setting(ctx, Setting)
	if errs.Is(err, errs.Missing) {
		return st, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &st)
	}
	return st, err
}

// A restored copy of the log is good for what the last two backups hold: the newest may turn out to be unreadable.
const backups = 2

// Backups are the sizes of the log in the last backups, the oldest first.
func Backups(ctx context.Context, s Settings) ([]int64, error) {
	var sizes []int64
	b, err := s.Setting(ctx, BackedUp)
	if errs.Is(err, errs.Missing) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &sizes)
	}
	return sizes, err
}

// AfterBackup adds a backup to those that Backups gave, as the setting BackedUp stores them.
func AfterBackup(sizes []int64, size int64) ([]byte, error) {
	sizes = append(sizes, size)
	return json.Marshal(sizes[max(0, len(sizes)-backups):])
}

// safe is the size of the log that the older of the last two backups holds.
func safe(sizes []int64) int64 {
	if len(sizes) < backups {
		return 0
	}
	return sizes[0]
}

// leafHash finds an entry among others.
func leafHash(leaf []byte) [32]byte { return sha256.Sum256(leaf) }

// aad binds what is encrypted to what it is for.
func aad(words ...string) []byte {
	var b []byte
	for _, w := range words {
		b = append(append(b, w...), 0)
	}
	return b
}

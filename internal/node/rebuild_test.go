package node_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tongban/internal/adapter/memchan"
	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/fsck"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/federate"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/rebuild"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/nation"
	"tongban/internal/node"
	"tongban/internal/proof"
)

// union is 黑龙江 (23), 福建 (35) and 青海 (63), one of which will be lost.
type union struct {
	t       *testing.T
	net     *memchan.Network
	members map[office.NodeID]nation.Member
	nodes   map[office.NodeID]*node.Node
	dirs    map[office.NodeID]string
	trust   office.SignedTrust
	key     gm.SignKey
	now     time.Time
	bend    func(to office.NodeID, m handover.Message, answer []byte) []byte // what the channel does to answers
	fault   func(n int, phase string) error                                  // of the node that is opened next
}

func newUnion(t *testing.T) *union {
	t.Helper()
	u := &union{
		t: t, net: memchan.New(), members: map[office.NodeID]nation.Member{}, nodes: map[office.NodeID]*node.Node{}, dirs: map[office.NodeID]string{},
		now: time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC),
	}
	regions, err := region.Default()
	if err != nil {
		t.Fatal(err)
	}
	operator := gm.MemoryKeys()
	var list []nation.Member
	for _, p := range regions.Provinces() {
		if id := office.NodeID(p.Code.Province()); id == "23" || id == "35" || id == "63" {
			m := nation.Member{ID: id, Place: p, Keys: gm.MemoryKeys()}
			u.members[id], u.dirs[id] = m, t.TempDir()
			list = append(list, m)
		}
	}
	if u.trust, err = nation.Found(operator, list, u.now); err != nil {
		t.Fatal(err)
	}
	if u.key, err = operator.SignKey("operator"); err != nil {
		t.Fatal(err)
	}
	for id := range u.members {
		u.open(id)
	}
	t.Cleanup(func() {
		for _, n := range u.nodes {
			if err := n.Stop(); err != nil {
				t.Error(err)
			}
		}
	})
	return u
}

func (u *union) dsn(id office.NodeID) string { return "sqlite:" + u.dirs[id] + "/node.db" }

func (u *union) open(id office.NodeID) *node.Node {
	u.t.Helper()
	m := u.members[id]
	trust, err := federate.NewTrust(u.key.Public(), &u.trust)
	if err != nil {
		u.t.Fatal(err)
	}
	n, err := node.Open(u.t.Context(), node.Config{
		ID: id, Dir: u.dirs[id], Keys: m.Keys, Trust: trust, Parallel: 1, Now: func() time.Time { return u.now },
		Store: sqlstore.Options{Config: sqlstore.Config{DSN: u.dsn(id), Unsafe: true, Fault: u.fault}},
		Join: func(r handover.Receiver) (handover.Channel, func(), error) {
			c := u.net.Join(id, func(ctx context.Context, m handover.Message) ([]byte, error) {
				answer, err := r(ctx, m)
				if err == nil && u.bend != nil {
					answer = u.bend(id, m, answer)
				}
				return answer, err
			})
			return c, c.Close, nil
		},
	})
	if err != nil {
		u.t.Fatal(err)
	}
	u.nodes[id], u.fault = n, nil
	return n
}

// turn lets all nodes work until nothing is left, and shows their logs to each other.
func (u *union) turn() {
	u.t.Helper()
	for range 60 {
		busy := false
		for _, id := range []office.NodeID{"23", "35", "63"} {
			did, err := u.nodes[id].Tick(u.t.Context())
			if err != nil {
				u.t.Fatal(id, err)
			}
			busy = busy || did
		}
		if !busy {
			break
		}
		u.now = u.now.Add(2 * time.Second)
	}
	for _, n := range u.nodes {
		if err := n.ShowHead(u.t.Context()); err != nil {
			u.t.Fatal(err)
		}
	}
}

func (u *union) later(d time.Duration) { u.now = u.now.Add(d) }

// backup is what `tongban backup` makes of the database, and what its restore sets.
func (u *union) backup(id office.NodeID) (file string, st rebuild.State) {
	u.t.Helper()
	file = filepath.Join(u.t.TempDir(), "node.db")
	st = rebuild.State{Collecting: true, Made: time.Now()}
	if err := u.nodes[id].Store.Backup(u.t.Context(), file); err != nil {
		u.t.Fatal(err)
	}
	copied, err := sqlstore.Open(u.t.Context(), sqlstore.Options{Config: sqlstore.Config{DSN: "sqlite:" + file}, Vault: u.nodes[id].Vault, Me: id})
	if err != nil {
		u.t.Fatal(err)
	}
	if st.Log, err = copied.TreeSize(u.t.Context()); err != nil {
		u.t.Fatal(err)
	}
	if err := copied.Close(); err != nil {
		u.t.Fatal(err)
	}
	return file, st
}

// lose destroys all that a node has but its keys, and restores it.
func (u *union) lose(id office.NodeID, file string, st rebuild.State) *node.Node {
	u.t.Helper()
	if err := u.nodes[id].Stop(); err != nil {
		u.t.Fatal(err)
	}
	u.dirs[id] = u.t.TempDir()
	mark, err := json.Marshal(st)
	if err != nil {
		u.t.Fatal(err)
	}
	err = sqlstore.Restore(u.t.Context(), sqlstore.Config{DSN: u.dsn(id)}, file, map[string][]byte{rebuild.Setting: mark})
	if err != nil {
		u.t.Fatal(err)
	}
	return u.open(id)
}

func (u *union) rebuilt(id office.NodeID) rebuild.State {
	u.t.Helper()
	p, err := u.nodes[id].Rebuild(u.t.Context())
	if err != nil || p.State.Collecting || len(p.State.Problems) > 0 || len(p.Waiting) > 0 {
		u.t.Fatalf("%+v, %v", p, err)
	}
	return p.State
}

// clean holds all nodes against all rules.
func (u *union) clean() {
	u.t.Helper()
	var list []fsck.Node
	for id, n := range u.nodes {
		list = append(list, fsck.Node{ID: id, Reader: n.Store, Trust: n.Trust.List()})
		if forks, err := n.Store.Forks(u.t.Context()); err != nil || len(forks) > 0 {
			u.t.Errorf("%s holds evidence of two histories: %v, %v", id, forks, err)
		}
	}
	report, err := fsck.Check(u.t.Context(), list, fsck.Options{Now: u.now, Figures: true, MaxWait: time.Hour})
	if err != nil {
		u.t.Fatal(err)
	}
	for _, v := range report.Violations {
		u.t.Errorf("%+v", v)
	}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// week is what people do in a week at 尚志 (23), which takes in, and 西宁 (63), which decides.
type week struct {
	u                       *union
	clerk, officer          casefile.Actor
	old, back, fresh, local casefile.Case
}

func (u *union) begin() *week {
	w := &week{
		u: u, clerk: actor(u.t, u.nodes["23"], "230183", office.Window),
		officer: actor(u.t, u.nodes["63"], "630100", office.Reviewer, office.Decider),
	}
	w.old, w.back = w.lodge(true), w.lodge(true)
	u.turn()
	must(u.nodes["63"].Bench.Accept(u.t.Context(), w.officer, decide.Ref{Case: w.old.ID}))(u.t)
	u.turn()
	return w
}

func (w *week) lodge(over bool) casefile.Case {
	w.u.t.Helper()
	here, ctx := w.u.nodes["23"], w.u.t.Context()
	c := must(here.Lodge.TakeIn(ctx, w.clerk, application(w.u.t, here)))(w.u.t)
	w.u.later(time.Minute)
	if over {
		c = must(here.Post.HandOver(ctx, w.clerk, c.ID, 0))(w.u.t)
	}
	return c
}

// pass is the week: one case is decided, licensed and delivered, one goes back for a correction and comes again, one is new and
// accepted, one is lodged and stays at the window.
func (w *week) pass() {
	t, ctx, here, there := w.u.t, w.u.t.Context(), w.u.nodes["23"], w.u.nodes["63"]
	t.Helper()
	w.u.later(24 * time.Hour)
	must(there.Bench.Review(ctx, w.officer, decide.Ref{Case: w.old.ID}, map[string]casefile.Mark{"premises": {Finding: casefile.Meets}}))(t)
	w.u.later(time.Hour)
	must(there.Bench.Decide(ctx, w.officer, decide.Ref{Case: w.old.ID}, casefile.Decision{Outcome: casefile.Granted}))(t)
	must(there.Bench.Correct(ctx, w.officer, decide.Ref{Case: w.back.ID}, []casefile.Correction{{Check: "premises", Material: "premises", Problem: "缺页", Fix: "补齐", Basis: "第18条"}}))(t)
	w.u.turn()
	w.u.later(24 * time.Hour)
	must(there.Issuer.Issue(ctx, w.officer, w.old.ID, 0))(t)
	w.u.turn()
	must(here.Issuer.Deliver(ctx, w.clerk, w.old.ID, 0, casefile.Delivery{Way: "counter", To: "applicant"}))(t)
	w.fresh = w.lodge(true)
	w.u.turn()
	w.u.later(24 * time.Hour)
	must(there.Bench.Accept(ctx, w.officer, decide.Ref{Case: w.fresh.ID}))(t)
	w.local = w.lodge(false)
	w.u.turn()
}

// finish brings the new case to its end, to show that the nodes go on.
func (w *week) finish() {
	t, ctx, here, there := w.u.t, w.u.t.Context(), w.u.nodes["23"], w.u.nodes["63"]
	t.Helper()
	w.u.later(time.Hour)
	must(there.Bench.Decide(ctx, w.officer, decide.Ref{Case: w.fresh.ID}, casefile.Decision{Outcome: casefile.Granted}))(t)
	must(there.Issuer.Issue(ctx, w.officer, w.fresh.ID, 0))(t)
	w.u.turn()
	c := must(here.Issuer.Deliver(ctx, w.clerk, w.fresh.ID, 0, casefile.Delivery{Way: "counter", To: "applicant"}))(t)
	w.u.turn()
	if c.Status() != casefile.StatusDone {
		t.Errorf("status %s", c.Status())
	}
	w.u.clean()
}

func TestADecidingProvinceComesBack(t *testing.T) {
	u := newUnion(t)
	w := u.begin()
	file, st := u.backup("63")
	w.pass()
	before := must(u.nodes["63"].Store.Case(t.Context(), w.old.ID))(t)
	life := must(u.nodes["63"].Store.Life(t.Context(), before.Licence))(t)
	size := must(u.nodes["63"].Store.TreeSize(t.Context()))(t)

	there := u.lose("63", file, st)
	if _, err := there.Kit.Sign("test", "x"); !errs.Is(err, errs.Collecting) {
		t.Errorf("it signs before it is back: %v", err)
	}
	if _, err := there.Receive(t.Context(), handover.Message{From: "23", Kind: "packet"}); !errs.Is(err, errs.Collecting) {
		t.Errorf("it answers before it is back: %v", err)
	}
	done := u.rebuilt("63")
	if now := must(there.Store.TreeSize(t.Context()))(t); now != size {
		t.Errorf("the log has %d entries, had %d", now, size)
	}
	after := must(there.Store.Case(t.Context(), w.old.ID))(t)
	if after.Status() != before.Status() || after.Licence != before.Licence || len(after.Custody) != len(before.Custody) || !after.Closed.Equal(before.Closed) {
		t.Errorf("%+v\nwas\n%+v", after, before)
	}
	again := must(there.Store.Life(t.Context(), before.Licence))(t)
	if again.Head != life.Head || again.Idx != life.Idx || again.List != life.List {
		t.Errorf("the licence stands as %+v, stood as %+v", again, life)
	}
	lost := must(there.Store.LostActs(t.Context()))(t)
	if done.Lost != len(lost) || !slices.ContainsFunc(lost, func(l rebuild.Lost) bool { return l.Case == w.old.ID && l.Act == string(casefile.ActReview) }) {
		t.Errorf("lost: %+v", lost)
	}
	u.turn()
	w.finish()
}

func TestAReceivingProvinceComesBack(t *testing.T) {
	u := newUnion(t)
	w := u.begin()
	file, st := u.backup("23")
	w.pass()
	// It took a case out of its outbox by a receipt that it had not yet stored when it was lost.
	here := u.lose("23", file, st)
	u.rebuilt("23")
	lost := must(here.Store.LostActs(t.Context()))(t)
	if len(lost) != 1 || lost[0].Case != w.local.ID || lost[0].Act != string(casefile.ActLodge) || lost[0].Who != w.clerk.ID {
		t.Errorf("lost: %+v", lost)
	}
	u.turn()
	c := w.lodge(false)
	for _, old := range []casefile.Case{w.old, w.back, w.fresh, w.local} {
		if c.No == old.No {
			t.Errorf("number %s was given twice", c.No)
		}
	}
	got := must(here.Store.Case(t.Context(), w.fresh.ID))(t)
	if len(got.Private.Materials) == 0 || got.Private.Applicant.Name != "樊晓梅" {
		t.Errorf("the application came back as %+v", got.Private)
	}
	var b countingWriter
	if err := here.Files.Read(t.Context(), got.Private.Materials[4].Files[0], &b); err != nil || b != 2_500_000 {
		t.Errorf("the scan came back with %d bytes, %v", b, err)
	}
	w.finish()
}

type countingWriter int

func (c *countingWriter) Write(b []byte) (int, error) {
	*c += countingWriter(len(b))
	return len(b), nil
}

// Whoever is away is waited for, whoever lies is not believed, whatever is cut short is begun again.
func TestComingBackAgainstOdds(t *testing.T) {
	u := newUnion(t)
	w := u.begin()
	file, st := u.backup("63")
	w.pass()

	t.Run("a member is away", func(t *testing.T) {
		there := u.lose("63", file, st)
		u.net.Partition("63", "35")
		p, err := there.Rebuild(t.Context())
		if err != nil || !p.State.Collecting || !slices.Equal(p.Waiting, []office.NodeID{"35"}) {
			t.Errorf("%+v, %v", p, err)
		}
		if err := there.Collecting(); !errs.Is(err, errs.Collecting) {
			t.Error(err)
		}
		u.net.HealAll()
	})
	t.Run("answers are bent on the way", func(t *testing.T) {
		there := u.lose("63", file, st)
		u.bend = func(to office.NodeID, m handover.Message, answer []byte) []byte {
			if m.Kind == rebuild.Kind && to == "23" {
				answer[len(answer)-1] ^= 1
			}
			return answer
		}
		p, err := there.Rebuild(t.Context())
		if u.bend = nil; err != nil || !p.State.Collecting || !slices.Equal(p.Waiting, []office.NodeID{"23"}) {
			t.Errorf("%+v, %v", p, err)
		}
	})
	t.Run("a receipt that the member forged", func(t *testing.T) {
		there := u.lose("63", file, st)
		liar := must(u.members["35"].Keys.SignKey("sign"))(t)
		forged := must(proof.SignJSON(proof.NewSigner(liar), exchange.TypReceipt, exchange.Receipt{Envelope: "e", From: "63", To: "35", Status: exchange.Held}))(t)
		envelope := must(proof.SignJSON(proof.NewSigner(liar), exchange.TypEnvelope, exchange.Envelope{
			ID: "e", From: "35", To: "63", Kind: exchange.Recall, Case: "c", Leg: "decide", Recalls: "x",
		}))(t)
		if err := there.Post.Retook(t.Context(), envelope, forged, true); !errs.Is(err, errs.WrongSender) {
			t.Errorf("a receipt in this node's name by another: %v", err)
		}
		if err := there.Post.Resent(t.Context(), envelope, forged, true, nil); err == nil {
			t.Error("another's envelope was taken for an own one")
		}
	})
	t.Run("killed in the middle", func(t *testing.T) {
		if err := u.nodes["63"].Stop(); err != nil {
			t.Fatal(err)
		}
		left := 8
		u.fault = func(_ int, phase string) error {
			if phase == sqlstore.PhaseBeforeCommit {
				if left--; left < 0 {
					return os.ErrClosed
				}
			}
			return nil
		}
		there := u.lose("63", file, st)
		if _, err := there.Rebuild(t.Context()); err == nil {
			t.Fatal("the kill did not strike")
		}
		if err := there.Stop(); err != nil {
			t.Fatal(err)
		}
		u.open("63")
		u.rebuilt("63")
	})
	u.turn()
	w.finish()
}

// A backup from before the pieces that others still keep cannot reach the head any more, and the node stays shut.
func TestTooOldABackup(t *testing.T) {
	u := newUnion(t)
	w := u.begin()
	file, st := u.backup("63")
	w.pass()
	size := must(u.nodes["63"].Store.TreeSize(t.Context()))(t)
	sizes := must(json.Marshal([]int64{size, size}))(t) // two younger backups were made, and are gone
	if err := u.nodes["63"].Store.SetSetting(t.Context(), rebuild.BackedUp, sizes); err != nil {
		t.Fatal(err)
	}
	w.lodge(true)
	u.turn()
	there := u.lose("63", file, st)
	if p, err := there.Rebuild(t.Context()); !errs.Is(err, errs.RebuildGap) || !p.State.Collecting {
		t.Errorf("%+v, %v", p, err)
	}
	if err := there.Collecting(); err == nil {
		t.Error("it opened all the same")
	}
}

package fsck_test

import (
	"database/sql"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/bulletin"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	"tongban/internal/fsck"
	"tongban/internal/handling/count"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

var stages = []string{"lodged", "offered", "held", "accepted", "decided", "sent", "delivered"}

func TestALifeBreaksNoRule(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		w := newWorld(t, open)
		for _, stage := range stages {
			id := w.life(stage)
			for _, cases := range [][]string{nil, {id}} {
				r, err := fsck.Check(t.Context(), w.nodes(), fsck.Options{Now: w.now, MaxWait: time.Hour, MaxUnhashed: time.Hour, Cases: cases})
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range r.Violations {
					t.Errorf("%s: %s node %s: %s", stage, v.Rule, v.Node, v.Text)
				}
				if stage == "delivered" && cases != nil && (r.Checked["facts"] < 8 || r.Checked["parcels"] < 5) {
					t.Errorf("little was looked at: %v", r.Checked)
				}
			}
		}
		r, err := fsck.Check(t.Context(), w.nodes(), fsck.Options{Figures: true})
		if err != nil || r.Err() != nil || r.Checked["figure-behind"] == 0 {
			t.Errorf("before it is counted: %v %v %v", err, r.Checked, r.Violations)
		}
		w.count()
		r, err = fsck.Check(t.Context(), w.nodes(), fsck.Options{Figures: true})
		if err != nil || r.Err() != nil || r.Checked["figure-behind"] != 0 || r.Checked["figures"] < 30 {
			t.Errorf("counted: %v %v %v", err, r.Checked, r.Violations)
		}
		for key, of := range map[string]*place{
			"lodged": w.here, "intake": w.here, "transit": w.here, "arrived": w.here, "delivery": w.here, "whole": w.here,
			"received": w.there, "acceptance": w.there, "answered": w.there, "decision": w.there, "days": w.there, "promise": w.there, "law": w.there,
			"issue": w.there, "back": w.there, "outcome": w.there, "corrections": w.there, "returns": w.there,
		} {
			if by := must(of.store.FigureBy(t.Context(), figure.ByPlace, key, 202601, 202712)); len(by) == 0 {
				t.Errorf("%s has no %s", of.id, key)
			}
		}
		for _, n := range w.nodes() { // one node alone must not be blamed for what others know
			if r, err := fsck.Check(t.Context(), []fsck.Node{n}, fsck.Options{}); err != nil || r.Err() != nil {
				t.Errorf("%s alone: %v %v", n.ID, err, r.Err())
			}
		}
	})
}

func TestReturnAndRecallBreakNoRule(t *testing.T) {
	w := newWorld(t, func() sqltest.Database { return sqltest.SQLite(t) })
	w.life("accepted")
	id := w.life("held")
	bench := &decide.Bench{Kit: w.there.kit, Store: w.there.store}
	must(bench.Return(t.Context(), w.there.bench, decide.Ref{Case: id}, "wrong-office"))
	clean(t, w)
	w.settle(t.Context())
	clean(t, w)
	must(w.here.post.HandOver(t.Context(), w.here.window, id, 0))
	must(w.here.post.AskBack(t.Context(), w.here.window, id, 0))
	clean(t, w)
	w.settle(t.Context())
	clean(t, w)
}

func clean(t *testing.T, w *world) {
	t.Helper()
	r, err := fsck.Check(t.Context(), w.nodes(), fsck.Options{})
	if err != nil || r.Err() != nil {
		t.Fatal(err, r.Violations)
	}
}

// harm is one way in which data can be wrong, and the rule that must notice.
type harm struct {
	name  string
	rule  string
	stage string
	node  int // 0 is the receiving place, 1 the deciding one
	do    func(t *testing.T, db *sql.DB, w *world, id string)
	opt   fsck.Options
}

func run(text string) func(*testing.T, *sql.DB, *world, string) {
	return func(t *testing.T, db *sql.DB, _ *world, _ string) {
		t.Helper()
		r, err := db.ExecContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := r.RowsAffected(); n == 0 || err != nil {
			t.Fatalf("nothing was harmed: %v", err)
		}
	}
}

// bend changes a case's state in the store.
func bend(change func(c *casefile.Case)) func(*testing.T, *sql.DB, *world, string) {
	return func(t *testing.T, db *sql.DB, _ *world, id string) {
		t.Helper()
		var state string
		if err := db.QueryRowContext(t.Context(), "SELECT state FROM cases WHERE id = $1", id).Scan(&state); err != nil {
			t.Fatal(err)
		}
		var c casefile.Case
		if err := json.Unmarshal([]byte(state), &c); err != nil {
			t.Fatal(err)
		}
		change(&c)
		if _, err := db.ExecContext(t.Context(), "UPDATE cases SET state = $1 WHERE id = $2", string(must(proof.Marshal(c))), id); err != nil {
			t.Fatal(err)
		}
	}
}

// add commits what a node would never commit.
func add(node int, make func(w *world, c casefile.Case) unit.Unit) func(*testing.T, *sql.DB, *world, string) {
	return func(t *testing.T, _ *sql.DB, w *world, id string) {
		t.Helper()
		p := []*place{w.here, w.there}[node]
		if err := p.store.Commit(t.Context(), make(w, must(p.store.Case(t.Context(), id)))); err != nil {
			t.Fatal(err)
		}
	}
}

// counted has the figures counted before the harm is done.
func counted(do func(*testing.T, *sql.DB, *world, string)) func(*testing.T, *sql.DB, *world, string) {
	return func(t *testing.T, db *sql.DB, w *world, id string) {
		t.Helper()
		w.count()
		if r, err := fsck.Check(t.Context(), w.nodes(), fsck.Options{Figures: true}); err != nil || r.Err() != nil {
			t.Fatal(err, r.Violations)
		}
		do(t, db, w, id)
	}
}

// bettered issues a bulletin in which a number is another than in the statement.
func bettered(t *testing.T, _ *sql.DB, w *world, _ string) {
	t.Helper()
	said, _, err := count.State(t.Context(), w.there.kit, w.there.store, figure.Default(), figure.MonthOf(w.now))
	if err != nil {
		t.Fatal(err)
	}
	b := must(bulletin.Make("63", figure.MonthOf(w.now), figure.Default(), []office.NodeID{"63"}, map[office.NodeID]proof.Signed{"63": said}, w.now))
	for i, total := range b.Parts[0].Totals {
		if total.Figure == "promise" {
			b.Parts[0].Totals[i].Counts = [][2]int64{{1, 100}}
		}
	}
	x := bulletin.Issued{Bulletin: must(proof.SignJSON(w.there.kit.Signer, bulletin.Typ, b)), Statements: []proof.Signed{said}}
	if err := w.there.store.KeepBulletin(t.Context(), b.Month, w.now, x); err != nil {
		t.Fatal(err)
	}
}

var harms = []harm{
	{"both hold the leg", "I1", "held", 0, bend(func(c *casefile.Case) { c.Legs[1].Holder = "23" }), fsck.Options{}},
	{"nobody holds the leg", "I1", "held", 1, bend(func(c *casefile.Case) { c.Legs[1].Holder = "23" }), fsck.Options{}},
	{"nobody holds the case", "I1", "lodged", 0, bend(func(c *casefile.Case) { c.Custody[0].Node = "63" }), fsck.Options{}},
	{"the receiver's case is lost", "I1", "held", 1, run("DELETE FROM cases"), fsck.Options{}},
	{"the offer is lost", "I2", "offered", 0, run("DELETE FROM outbox"), fsck.Options{}},
	{"the inbox is lost", "I2", "held", 1, run("DELETE FROM inbox"), fsck.Options{}},
	{"a receipt of nobody", "I2", "held", 0, run("UPDATE outbox SET receipt = substr(receipt, 1, length(receipt) - 1) || X'00' WHERE receipt IS NOT NULL"), fsck.Options{}},
	{"a status that the receipt does not say", "I2", "held", 0, run("UPDATE outbox SET status = 'refused' WHERE receipt IS NOT NULL"), fsck.Options{}},
	{"settled without the case", "I2", "held", 0, bend(func(c *casefile.Case) {
		c.Legs[1].Holder, c.Legs[1].Transit = "23", &casefile.Transit{Envelope: "lost", To: "63"}
	}), fsck.Options{}},
	{"an envelope that nobody sent", "I2", "held", 0, run("DELETE FROM outbox"), fsck.Options{}},
	{"another envelope under the id", "I3", "held", 1, run("UPDATE inbox SET hash = zeroblob(32)"), fsck.Options{}},
	{"two decisions", "I3", "decided", 1, add(1, func(w *world, c casefile.Case) unit.Unit {
		l, _ := c.Leg("decide")
		f := casefile.Fact{Case: c.ID, By: "63", Leg: "decide", Step: l.Step, Act: casefile.ActDecide, At: c.Last, Rule: c.Rule.Digest}
		s := must(proof.SignJSON(w.there.kit.Signer, casefile.TypFact, f))
		return unit.Unit{Facts: []casefile.Known{{Case: c.ID, Hash: s.Hash(), Fact: f, Signed: s}}}
	}), fsck.Options{}},
	{"two licences", "I3", "sent", 1, add(1, func(w *world, c casefile.Case) unit.Unit {
		p := must(w.there.store.Licence(w.t.Context(), c.Licence))
		p.ID, p.Number = unit.NewID(), "another"
		return unit.Unit{Papers: []unit.Paper{p}}
	}), fsck.Options{}},
	{"the licence is lost", "I3", "sent", 1, run("DELETE FROM papers WHERE kind = 'licence'"), fsck.Options{}},
	{"an act without entry", "I5", "accepted", 1, run("DELETE FROM log WHERE CAST(leaf AS TEXT) LIKE '%accept%'"), fsck.Options{}},
	{"an entry changed", "I5", "held", 0, run("UPDATE log SET leaf = CAST(replace(CAST(leaf AS TEXT), 'officer', 'nobody!') AS BLOB)"), fsck.Options{}},
	{"another root", "I5", "held", 0, run("UPDATE log_heads SET root = zeroblob(32)"), fsck.Options{}},
	{"a head of nobody", "I5", "held", 0, run("UPDATE log_heads SET signed_sm = CAST(replace(CAST(signed_sm AS TEXT), '\"sig\":\"', '\"sig\":\"AAAA') AS BLOB)"), fsck.Options{}},
	{"entries that are never hashed", "I5", "held", 0, add(0, func(w *world, c casefile.Case) unit.Unit {
		return unit.Unit{Log: []accesslog.Entry{{Kind: accesslog.View, At: w.now.Add(-time.Hour), Case: c.ID}}}
	}), fsck.Options{MaxUnhashed: time.Minute}},
	{"a gap in custody", "I7", "held", 0, bend(func(c *casefile.Case) { c.Custody[0].To = c.Custody[0].To.Add(-time.Second) }), fsck.Options{}},
	{"custody before lodging", "I7", "lodged", 0, bend(func(c *casefile.Case) { c.Custody[0].From = c.Custody[0].From.Add(time.Second) }), fsck.Options{}},
	{"custody ends too early", "I7", "lodged", 0, bend(func(c *casefile.Case) { c.Custody[0].To = c.Last }), fsck.Options{}},
	{"custody never ends", "I7", "delivered", 0, bend(func(c *casefile.Case) { c.Custody[len(c.Custody)-1].To = time.Time{} }), fsck.Options{}},
	{"two accounts of one hand-over", "I7", "held", 1, bend(func(c *casefile.Case) { c.Custody[0].From = c.Custody[0].From.Add(time.Second) }), fsck.Options{}},
	{"a limit moved", "I7", "held", 1, bend(func(c *casefile.Case) { c.Limits[0].Due = c.Limits[0].Due.AddDays(1) }), fsck.Options{}},
	{"a rule of another day", "I8", "accepted", 1, bend(func(c *casefile.Case) { c.Rule.On = c.Rule.On.AddDays(1) }), fsck.Options{}},
	{"a rule that nobody knows", "I8", "lodged", 0, bend(func(c *casefile.Case) { c.Rule.Digest = "0000" }), fsck.Options{}},
	{"a parcel that waits", "I9", "offered", 0, func(_ *testing.T, _ *sql.DB, w *world, _ string) { w.now = w.now.Add(48 * time.Hour) }, fsck.Options{MaxWait: 24 * time.Hour}},
	{"a column that the state does not say", "state", "held", 0, run("UPDATE cases SET item = 'another'"), fsck.Options{}},
	{"another fact under the hash", "state", "held", 0, run("UPDATE facts SET signed = (SELECT x.signed FROM facts x WHERE x.hash <> facts.hash LIMIT 1)"), fsck.Options{}},
	{"a fact is lost", "state", "held", 0, run("DELETE FROM facts WHERE act = 'lodge'"), fsck.Options{}},
	{"the private part is another", "state", "held", 0, run("UPDATE cases SET private = X'010203'"), fsck.Options{}},
	{"an aggregate that no fact supports", "figure", "delivered", 1, counted(run("UPDATE figures SET n = n + 1 WHERE figure = 'promise'")), fsck.Options{Figures: true}},
	{"another book than the other side's", "I6", "delivered", 1, counted(run("UPDATE figures SET n = n + 1 WHERE figure = 'received'")), fsck.Options{Figures: true}},
	{"a book that lacks what the other side did", "I6", "delivered", 0, counted(run("DELETE FROM figures WHERE figure = 'transit'")), fsck.Options{Figures: true}},
	{"a bulletin that its statement does not support", "figure", "delivered", 1, counted(bettered), fsck.Options{Figures: true}},
	{"an aggregate is lost", "figure", "delivered", 0, counted(run("DELETE FROM figures WHERE figure = 'lodged'")), fsck.Options{Figures: true}},
	{"a case counted otherwise", "figure", "delivered", 1, counted(run(`UPDATE figure_cases SET tallies = replace(tallies, '"f":"law"', '"f":"promise"')`)), fsck.Options{Figures: true}},
	{"a case is not counted", "figure", "delivered", 0, counted(run("DELETE FROM figure_cases")), fsck.Options{Figures: true}},
	{"a paper does not open", "state", "held", 0, run("UPDATE papers SET signed = X'010203'"), fsck.Options{}},
	{"a parcel does not open", "state", "offered", 0, run("UPDATE outbox SET signed = X'010203'"), fsck.Options{}},
}

func TestEachRuleNotices(t *testing.T) {
	for _, h := range harms {
		t.Run(h.rule+" "+h.name, func(t *testing.T) {
			w := newWorld(t, func() sqltest.Database { return sqltest.SQLite(t) })
			id := w.life(h.stage)
			clean(t, w)
			p := []*place{w.here, w.there}[h.node]
			db, err := sql.Open("sqlite", strings.TrimPrefix(p.db.DSN, "sqlite:"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			}()
			h.do(t, db, w, id)
			h.opt.Now = w.now
			r, err := fsck.Check(t.Context(), w.nodes(), h.opt)
			if err != nil {
				t.Fatal(err)
			}
			if !errs.Is(r.Err(), errs.RulesViolated) {
				t.Fatal("nothing was noticed")
			}
			for _, v := range r.Violations {
				if v.Rule == h.rule {
					return
				}
			}
			t.Errorf("no violation of %s among %v", h.rule, r.Violations)
		})
	}
}

func TestReportAsJSON(t *testing.T) {
	r, err := fsck.Check(t.Context(), nil, fsck.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(must(proof.Marshal(r))); got != `{"checked":{},"violations":[]}` {
		t.Errorf("an empty report is %s", got)
	}
	r.Violations = append(r.Violations, fsck.Violation{Rule: "I1", Case: "c", Text: "x"})
	if got := string(must(proof.Marshal(r))); got != `{"checked":{},"violations":[{"rule":"I1","case":"c","text":"x"}]}` {
		t.Errorf("a report is %s", got)
	}
}

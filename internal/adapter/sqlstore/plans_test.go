package sqlstore

import (
	"database/sql"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/domain/casefile"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/unit/unittest"
)

// growing are the tables that grow with cases. None of them may be read from end to end for an answer.
var growing = []string{
	"cases", "facts", "papers", "lookups", "inbox", "outbox", "log", "notices", "messages", "charges", "payments", "visits", "licences",
	"licence_facts", "inquiries", "originals", "share_answers", "share_found", "share_deleted", "challenges", "works", "work_answers", "presentations", "wallet", "drafts", "due", "alarms", "orders",
}

// asked runs the conformance suite on SQLite and gives each reading statement that it asked.
func asked(t *testing.T) []string {
	t.Helper()
	var mu sync.Mutex // guards texts
	texts := map[string]bool{}
	t.Run("suite", func(t *testing.T) {
		unittest.Store(t, func(t *testing.T) func() unittest.Keeper {
			t.Helper()
			db := sqltest.SQLite(t)
			return func() unittest.Keeper {
				s := storeAt(t, db)
				t.Cleanup(func() {
					s.e.prepared.mu.Lock()
					defer s.e.prepared.mu.Unlock()
					mu.Lock()
					defer mu.Unlock()
					for text := range s.e.prepared.by {
						texts[text] = true
					}
				})
				return s
			}
		})
	})
	out := make([]string, 0, len(texts))
	for text := range texts {
		out = append(out, text)
	}
	return out
}

var param = regexp.MustCompile(`\$(\d+)`)

// TestNoStatementReadsAWholeTable explains every statement with which the store answers the suite, on both databases: with
// few rows and sequential scans switched off, a table is read from end to end only if no index fits.
func TestNoStatementReadsAWholeTable(t *testing.T) {
	texts := asked(t)
	if len(texts) < 30 {
		t.Fatalf("only %d statements were asked", len(texts))
	}
	lists := 0
	for _, text := range texts {
		if strings.Contains(text, listRest) {
			lists++
		}
	}
	if lists != 4 {
		t.Errorf("%d kinds of lists were asked, not 4", lists)
	}
	lite := storeAt(t, sqltest.SQLite(t))
	pg := storeAt(t, sqltest.Postgres(t))
	conn, err := pg.e.write.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, set := range []string{"enable_seqscan = off", "plan_cache_mode = force_generic_plan"} {
		if _, err := conn.ExecContext(t.Context(), "SET "+set); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range texts {
		for _, line := range scans(t, lite, conn, text) {
			t.Errorf("%s\n%s", line, text)
		}
	}
	if got := scans(t, lite, conn, `SELECT id FROM cases WHERE holder = $1`); len(got) != 2 {
		t.Errorf("a statement that reads all cases was not noticed: %v", got)
	}
}

// A row that two units of a group change is changed by statements of its own: PostgreSQL must take every number of theirs for eight
// bytes, because a time in microseconds does not fit into four.
func TestNumbersHaveRoom(t *testing.T) {
	pg := storeAt(t, sqltest.Postgres(t))
	conn, err := pg.e.write.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, text := range []string{
		updateCase, updateCasePrivate, settleParcel, eraseFound, noteDeleted, updateChallenge, removeDue, updateTallies, updateAlarm, looked, updateOrder, updateInquiry, updateMandate, leaveWorks,
		updateRuleDraft, updatePresent, updateCharge, updateComplaint, updateUnlisted, updateDraft, updateLife, updateAccount, updateNotice, updateRating,
		updateVisit, updateSeenHead, updateWork, moveKeys, noteKeys, insertKeys, oneHolder, oneVisitor, oneContact,
	} {
		if _, err := conn.ExecContext(t.Context(), "PREPARE alone AS "+text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var kinds string
		if err := conn.QueryRowContext(t.Context(), "SELECT parameter_types::text FROM pg_prepared_statements WHERE name = 'alone'").Scan(&kinds); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(kinds, "integer") {
			t.Errorf("%s takes %s", text, kinds)
		}
		if _, err := conn.ExecContext(t.Context(), "DEALLOCATE alone"); err != nil {
			t.Fatal(err)
		}
	}
}

// scans gives the lines of both databases' plans that read a growing table from end to end.
func scans(t *testing.T, lite *Store, pg *sql.Conn, text string) (out []string) {
	t.Helper()
	most := 0
	for _, m := range param.FindAllStringSubmatch(text, -1) {
		i, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, i)
	}
	plan, err := collect(t.Context(), lite.e, func(r *rows) (detail string, err error) {
		var a, b, c any
		return detail, r.Scan(&a, &b, &c, &detail)
	}, "EXPLAIN QUERY PLAN "+text, make([]any, most)...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for _, line := range plan {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "SCAN" && reads(text, f[1]) && !strings.Contains(line, "USING") {
			out = append(out, "SQLite: "+line)
		}
	}
	text = strings.ReplaceAll(text, lite.e.d.anyFirst(), postgres.anyFirst())
	if strings.Contains(text, "json_") {
		return out // its other text stands for PostgreSQL
	}
	if _, err := pg.ExecContext(t.Context(), "PREPARE explained AS "+text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	call := "EXPLAIN EXECUTE explained"
	if most > 0 {
		call += "(" + strings.TrimSuffix(strings.Repeat("NULL, ", most), ", ") + ")"
	}
	r, err := pg.QueryContext(t.Context(), call)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for r.Next() {
		var line string
		if err := r.Scan(&line); err != nil {
			t.Fatal(err)
		}
		if _, of, ok := strings.Cut(line, "Seq Scan on "); ok && reads(text, strings.Fields(of)[0]) {
			out = append(out, "PostgreSQL: "+strings.TrimSpace(line))
		}
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	if _, err := pg.ExecContext(t.Context(), "DEALLOCATE explained"); err != nil {
		t.Fatal(err)
	}
	return out
}

// reads reports whether a name of a plan is that of a growing table, or of an alias of one.
func reads(text, name string) bool {
	for _, table := range growing {
		if name == table || strings.Contains(text, table+" "+name+" ") || strings.Contains(text, table+" AS "+name+" ") {
			return true
		}
	}
	return false
}

// A row of the release before has no columns for lists until the store is opened by this one.
func TestRowsOfAnOlderReleaseGetTheirPlaceInLists(t *testing.T) {
	sqltest.Each(t, func(t *testing.T, open func() sqltest.Database) {
		t.Helper()
		db := open()
		s := storeAt(t, db)
		c := aCase()
		c.Here, c.There, c.Claimed = "230102000000", "310101000000", "w1"
		c.Legs = []casefile.Leg{{Key: "collect", Kind: "collect", Node: unittest.Me, Office: "HERE", State: casefile.Received, Holder: unittest.Me}}
		if err := s.Commit(t.Context(), unit.Unit{Case: &c}); err != nil {
			t.Fatal(err)
		}
		if err := s.e.commit(t.Context(), []stmt{{sql: `UPDATE cases SET claimed = '', waits = '', place = ''`, want: 1}}); err != nil {
			t.Fatal(err)
		}
		if wrong, err := s.CaseColumns(t.Context(), c); err != nil || len(wrong) != 2 {
			t.Fatalf("the old row is as it should be: %v %v", wrong, err)
		}
		s = storeAt(t, db)
		if wrong, err := s.CaseColumns(t.Context(), c); err != nil || len(wrong) > 0 {
			t.Errorf("%v %v", wrong, err)
		}
		list, _, err := s.List(t.Context(), casefile.Listing{View: casefile.ViewMine, Office: "HERE", Officer: "w1", Limit: 5})
		if err != nil || len(list) != 1 {
			t.Errorf("%d cases of the officer, %v", len(list), err)
		}
	})
}

package sqlstore

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/booking"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/party"
	"tongban/internal/handling/apply/applytest"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// open columns hold no personal data in the clear and nothing under the node's keys: hashes, what is signed for others to see, and pieces
// of other nodes' logs, under those nodes' keys.
var openColumns = []string{
	"facts.hash", "facts.signed", "inbox.hash", "inbox.receipt", "key_gens.mark", "licence_facts.hash", "licence_facts.signed", "licences.head", "log.leaf",
	"log_copies.page", "log_forks.seen", "log_forks.shown", "log_heads.root", "log_heads.signed_sm", "log_heads.signed_es", "log_seen.signed",
	"log_tiles.hashes", "log_units.leaves", "log_witnesses.signed", "lost_acts.fact", "objection_words.signed", "outbox.receipt", "rule_bundles.hash", "rule_bundles.signed",
	"settings.value", "share_answers.receipt", "share_deleted.receipt", "share_statements.hash", "share_statements.signed", "work_answers.hash",
}

// underDataKey are under a data key that stands in the same row.
var underDataKey = []string{"cases.private", "drafts.private"}

type schemaColumn struct{ table, name, kind string }

var (
	tableText  = regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\);\n`)
	columnText = regexp.MustCompile(`(?m)(?:^|,)\s*(\w+) (TEXT|BIGINT|BYTEA)\b([^,\n]*)`)
)

// schema gives every column of schema.sql.
func schema(t *testing.T) []schemaColumn {
	t.Helper()
	b, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	var out []schemaColumn
	for _, m := range tableText.FindAllStringSubmatch(string(b), -1) {
		for _, c := range columnText.FindAllStringSubmatch(m[2], -1) {
			out = append(out, schemaColumn{m[1], c[1], c[2]})
		}
	}
	if len(out) < 300 {
		t.Fatalf("only %d columns were read", len(out))
	}
	return out
}

var (
	keyPerson = party.Person{Name: "李梅", IDType: party.ResidentID, IDNo: "11010519491231002X", Phone: "13800000000"}
	keyDay    = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
)

// sealable is what a table's sealed column says where its index is made of it.
var sealable = map[string]any{
	"accounts": mandate.Account{Representative: keyPerson}, "mandates": mandate.Record{Mandate: mandate.Mandate{Agent: keyPerson}},
	"contacts": notice.Contact{Person: keyPerson}, "visits": keyPerson, "share_rows": map[string]string{"id": keyPerson.IDNo, "owner": "x"},
}

// checked are values that the schema's checks ask for.
var checked = map[string]map[string]any{
	"alarms": {"level": int64(1)}, "complaints": {"target": "window", "state": "open", "todo": ""}, "inquiries": {"state": "open"},
	"mandates": {"state": "drawn"}, "messages": {"side": "applicant"}, "notices": {"state": "kept", "next_try": int64(0)}, "orders": {"state": "open"},
	"outbox": {"receipt": nil, "status": ""}, "presentations": {"state": "open"}, "visits": {"state": "booked", "day": "2026-11-23", "once": nil, "seat": nil},
	"ratings": {"level": int64(1), "nth": int64(1), "target": "window", "state": "given", "todo": ""}, "works": {"state": "ended", "next_try": int64(0)},
}

// fill puts rows into every table that has a sealed column: of two pages of one, and under the node's keys where that can be.
func fill(t *testing.T, s *Store, cols []schemaColumn) casefile.Case {
	t.Helper()
	c := aCase()
	c.Private.Applicant = keyPerson
	paper := unit.Paper{ID: "own", Case: c.ID, Kind: licence.Typ, Number: "L1", Signed: signedJSON(t, licence.Licence{No: "L1", Holder: licence.Holder{Name: keyPerson.Name, Code: keyPerson.IDNo}})}
	u := unit.Unit{
		Case: &c, Lookups: unit.CaseForms(c), Papers: []unit.Paper{paper}, At: keyDay,
		Facts:    []casefile.Known{{Case: c.ID, Hash: proof.Hash{1}, Signed: proof.Signed{Body: []byte("{}")}, Private: []byte("part")}},
		Licences: []unit.Standing{{Life: licence.Life{ID: "L1", Type: "x", State: licence.InForce, List: 1, At: keyDay}, Signed: proof.Signed{Body: []byte("{}")}, Lookups: unit.LicenceForms(licence.Licence{No: "L1", Holder: licence.Holder{Name: keyPerson.Name, Code: keyPerson.IDNo}})}},
		Held:     []unit.Held{{ID: "held", Owner: number(keyPerson), Kind: "use", At: keyDay, Body: []byte("one")}},
		Visits:   []booking.Visit{visitOf("v")},
		Mandates: []mandate.Record{{Mandate: mandate.Mandate{
			ID: "family", At: "63", Representative: keyPerson, Agent: applytest.Anna,
		}, State: mandate.Drawn, Drawn: keyDay}},
	}
	if err := s.Commit(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SaveDraft(t.Context(), applytest.DraftOf(applytest.Anna, keyDay)); err != nil {
		t.Fatal(err)
	}
	// What an earlier release kept in a wallet says nothing of its owner.
	old := stmt{sql: `INSERT INTO wallet (id, owner, kind, at, body) VALUES ('old', 77, 'use', 1, $1)`, args: []any{s.lock(proof.DataKey{}, false, []byte("{}"), "wallet.body", "old")}, want: 1}
	if err := s.e.commit(t.Context(), []stmt{old}); err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for _, r := range rests {
		if r.datakey || r.table == "wallet" || rows[r.table] {
			continue
		}
		rows[r.table] = true
		n := 2
		switch {
		case r.table == "messages":
			n = keyPage + 5
		case r.kinds == "n":
			n = 1 // named by the person
		}
		for i := range n {
			if err := s.e.commit(t.Context(), []stmt{sealedRow(t, s, cols, r, i)}); err != nil {
				t.Fatal(r.table, err)
			}
		}
	}
	return c
}

func sealedRow(t *testing.T, s *Store, cols []schemaColumn, r resting, n int) stmt {
	t.Helper()
	plain := []byte(fmt.Sprintf("%q", r.table))
	if r.table == "share_answers" {
		plain = []byte(keyPerson.IDNo)
	}
	if v, ok := sealable[r.table]; ok {
		b, err := proof.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		plain = b
	}
	row := map[string]any{}
	for _, c := range cols {
		if c.table != r.table {
			continue
		}
		switch c.kind {
		case "TEXT":
			row[c.name] = fmt.Sprintf("%s-%d", c.name, n)
		case "BIGINT":
			row[c.name] = int64(n + 1)
		default:
			row[c.name] = []byte{byte(n), 9}
		}
	}
	maps.Copy(row, checked[r.table])
	if r.who != nil {
		kind, value, ok := r.who(s, "", plain, nil, s.mac(sharedKind, keyPerson.IDNo))
		if !ok {
			t.Fatalf("%s: nobody", r.table)
		}
		row[r.mac] = s.mac(kind, value)
	}
	var keys []any
	for _, k := range r.keys {
		keys = append(keys, row[k])
	}
	for _, x := range rests {
		if x.table == r.table {
			row[x.col] = s.lock(proof.DataKey{}, false, plain, x.column(), x.idOf(keys))
		}
	}
	names, args := slices.Sorted(maps.Keys(row)), []any{}
	marks := make([]string, len(names))
	for i, name := range names {
		marks[i], args = fmt.Sprintf("$%d", i+1), append(args, row[name])
	}
	return stmt{sql: "INSERT INTO " + r.table + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")", args: args, want: 1}
}

func signedJSON(t *testing.T, v any) proof.Signed {
	t.Helper()
	b, err := proof.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return proof.Signed{Body: b}
}

func number(p party.Person) party.Lookup { return party.Lookup{Kind: party.ByNumber, Value: p.IDNo} }

func visitOf(id string) booking.Visit {
	return booking.Visit{ID: id, Office: "HERE", Day: workday.DateOf(keyDay), Person: keyPerson, Matter: "m", Seat: booking.NoSeat, State: booking.Booked, Made: keyDay}
}

// all gives every sealed thing, opened, without what a change of keys changes.
func all(t *testing.T, s *Store) []string {
	t.Helper()
	var out []string
	for _, r := range rests {
		if r.datakey {
			continue
		}
		list, err := collect(t.Context(), s.e, func(from *rows) (string, error) {
			var box []byte
			keys, err := r.scan(from, &box)
			if err != nil || len(box) == 0 || box[0] != underNode {
				return "", err
			}
			plain, err := s.unlock(nil, box, r.column(), r.idOf(keys))
			return r.column() + " " + r.idOf(keys) + " " + string(plain), err
		}, fmt.Sprintf("SELECT %s, %s FROM %s", strings.Join(r.keys, ", "), r.col, r.table))
		if err != nil {
			t.Fatal(r.column(), err)
		}
		out = append(out, list...)
	}
	slices.Sort(out)
	return out
}

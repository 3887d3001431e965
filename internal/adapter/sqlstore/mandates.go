package sqlstore

import (
	"context"

	"tongban/internal/domain/mandate"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/idno"
	"tongban/internal/proof"
)

const (
	accountColumns = `unit, version, body`
	selectAccount  = `SELECT ` + accountColumns + ` FROM accounts WHERE unit = $1`
	insertAccount  = `INSERT INTO accounts (unit, leader, opened, version, body) VALUES ($1, $2, $3, 1, $4)`
	updateAccount  = `UPDATE accounts SET leader = $2, opened = $3, body = $4,
version = CASE WHEN version = $5 THEN version + 1 ELSE 0 END WHERE unit = $1`

	mandateColumns  = `id, version, body`
	selectMandate   = `SELECT ` + mandateColumns + ` FROM mandates WHERE id = $1`
	selectMandateOf = `SELECT ` + mandateColumns + ` FROM mandates WHERE unit = $1 ORDER BY drawn DESC, id DESC LIMIT $2`
	insertMandate   = `INSERT INTO mandates (id, unit, agent, state, drawn, version, body) VALUES ($1, $2, $3, $4, $5, 1, $6)`
	updateMandate   = `UPDATE mandates SET state = $2, body = $3, version = CASE WHEN version = $4 THEN version + 1 ELSE 0 END WHERE id = $1`
)

func selectAccountBy(d dialect) string {
	return `SELECT ` + accountColumns + ` FROM accounts WHERE leader ` + d.anyFirst() + ` ORDER BY opened DESC, unit LIMIT $2`
}

func selectMandateBy(d dialect) string {
	return `SELECT ` + mandateColumns + ` FROM mandates WHERE agent ` + d.anyFirst() + ` AND state <> 'drawn' ORDER BY drawn DESC, id DESC LIMIT $2`
}

func selectMandateGave(d dialect) string {
	return `SELECT ` + mandateColumns + ` FROM mandates WHERE id IN (SELECT mandate FROM mandate_lookups WHERE mac ` + d.anyFirst() + `) ORDER BY drawn DESC, id DESC LIMIT $2`
}

var insertMandateForms = insert{into: "mandate_lookups (mac, mandate, gen)", cols: "ntn"}

// The kinds keep mandates apart from cases in what an index tells.
const (
	leaderKind = "leader-" + string(party.ByNumber)
	agentKind  = "agent-" + string(party.ByNumber)
	giverKind  = party.LookupKind("giver-" + string(party.ByNumber))
)

// giverForms are the forms under which a mandate is found by who gave it for their own matters; none for a unit's, and while nobody
// has taken it up.
func giverForms(m mandate.Mandate) []party.Lookup {
	if !m.Personal() || m.Representative.IDNo == "" {
		return nil
	}
	return []party.Lookup{{Kind: giverKind, Value: m.Representative.IDNo}}
}

// agentSees is how the mandate stands as its agent may know: papers that somebody wrote and nobody signed are none of theirs, so that
// no number of them pushes out what they hold.
func agentSees(m mandate.Record) string {
	switch {
	case m.Proof == nil && !m.Wanted:
		return string(mandate.Drawn)
	case m.Wanted && m.State == mandate.Drawn:
		return string(mandate.Asked)
	}
	return string(m.State)
}

func (w *writing) mandates(u unit.Unit) error {
	for _, a := range u.Accounts {
		body, err := proof.Marshal(a)
		if err != nil {
			return err
		}
		code, box := string(a.Org.USCC), w.s.lock(proof.DataKey{}, false, body, "accounts.body", string(a.Org.USCC))
		st := stmt{sql: insertAccount, want: 1, args: []any{code, w.s.mac(leaderKind, a.Representative.IDNo), micros(a.Opened), box}}
		if a.Row > 0 {
			st.sql, st.args = updateAccount, append(st.args, a.Row)
		}
		w.stmts = append(w.stmts, st)
	}
	for _, m := range u.Mandates {
		body, err := proof.Marshal(m)
		if err != nil {
			return err
		}
		box := w.s.lock(proof.DataKey{}, false, body, "mandates.body", m.ID)
		st := stmt{sql: insertMandate, want: 1, args: []any{m.ID, string(m.Unit.USCC), w.s.mac(agentKind, m.Agent.IDNo), agentSees(m), micros(m.Drawn), box}}
		if m.Row > 0 {
			st.sql, st.args = updateMandate, []any{m.ID, agentSees(m), box, m.Row}
		}
		w.stmts = append(w.stmts, st)
		if m.Row == 0 || m.State == mandate.Drawn { // written by who gives it, or taken up just now
			for _, l := range giverForms(m.Mandate) {
				w.stmts = insertMandateForms.add(w.stmts, []any{w.s.mac(string(l.Kind), l.Value), m.ID, int64(w.s.vault.Seals())})
			}
		}
	}
	return nil
}

func (s *Store) scanAccount(r scanner) (mandate.Account, error) {
	var a mandate.Account
	var code string
	var row int64
	var body []byte
	if err := r.Scan(&code, &row, &body); err != nil {
		return a, err
	}
	err := s.unlockJSON(nil, body, "accounts.body", code, &a)
	if err == nil && string(a.Org.USCC) != code {
		err = corrupt("accounts.body", code)
	}
	a.Row = row
	return a, err
}

func (s *Store) scanMandate(r scanner) (mandate.Record, error) {
	var m mandate.Record
	var id string
	var row int64
	var body []byte
	if err := r.Scan(&id, &row, &body); err != nil {
		return m, err
	}
	err := s.unlockJSON(nil, body, "mandates.body", id, &m)
	if err == nil && m.ID != id {
		err = corrupt("mandates.body", id)
	}
	m.Row = row
	return m, err
}

// Account reads the account of a unit; errs.Missing.
func (s *Store) Account(ctx context.Context, code idno.USCC) (mandate.Account, error) {
	a, err := s.scanAccount(s.e.queryRow(ctx, selectAccount, string(code)))
	return a, found(err, "account", string(code))
}

// AccountsOf lists the units that a person leads, the newest first.
func (s *Store) AccountsOf(ctx context.Context, representative party.Person, limit int) ([]mandate.Account, error) {
	if err := s.freshKeys(ctx); err != nil {
		return nil, err
	}
	return collect(ctx, s.e, func(r *rows) (mandate.Account, error) { return s.scanAccount(r) },
		selectAccountBy(s.e.d), listOf(s.e.d, s.macs(leaderKind, representative.IDNo)), limit)
}

// Mandate reads one by its id; errs.Missing.
func (s *Store) Mandate(ctx context.Context, id string) (mandate.Record, error) {
	m, err := s.scanMandate(s.e.queryRow(ctx, selectMandate, id))
	return m, found(err, "mandate", id)
}

// MandatesOf lists what a unit gave, the newest first.
func (s *Store) MandatesOf(ctx context.Context, code idno.USCC, limit int) ([]mandate.Record, error) {
	return s.mandateList(ctx, selectMandateOf, string(code), limit)
}

// MandatesFor lists what names somebody as agent, was signed or asked for by them, the newest first.
func (s *Store) MandatesFor(ctx context.Context, agent party.Person, limit int) ([]mandate.Record, error) {
	if err := s.freshKeys(ctx); err != nil {
		return nil, err
	}
	return s.mandateList(ctx, selectMandateBy(s.e.d), listOf(s.e.d, s.macs(agentKind, agent.IDNo)), limit)
}

// MandatesBy lists what a person gave for their own matters, the newest first.
func (s *Store) MandatesBy(ctx context.Context, giver party.Person, limit int) ([]mandate.Record, error) {
	if giver.IDNo == "" {
		return nil, nil
	}
	if err := s.freshKeys(ctx); err != nil {
		return nil, err
	}
	return s.mandateList(ctx, selectMandateGave(s.e.d), listOf(s.e.d, s.macs(string(giverKind), giver.IDNo)), limit)
}

func (s *Store) mandateList(ctx context.Context, text string, args ...any) ([]mandate.Record, error) {
	return collect(ctx, s.e, func(r *rows) (mandate.Record, error) { return s.scanMandate(r) }, text, args...)
}

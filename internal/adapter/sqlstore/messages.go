package sqlstore

import (
	"context"

	"tongban/internal/domain/message"
	"tongban/internal/handling/unit"
)

const (
	messageColumns   = `m.id, m.case_id, m.side, m.office, m.at, m.read_at, m.waits, m.by_officer, m.body, (SELECT datakey FROM cases c WHERE c.id = m.case_id)`
	selectMessages   = `SELECT ` + messageColumns + ` FROM messages m WHERE m.case_id = $1 ORDER BY m.at, m.id LIMIT $2`
	selectUnanswered = `SELECT ` + messageColumns + ` FROM messages m WHERE m.waits = 1 AND m.office = $1 ORDER BY m.at, m.id LIMIT $2`
	countUnanswered  = `SELECT count(*) FROM messages WHERE waits = 1 AND office = $1`
	readMessages     = `UPDATE messages SET read_at = $3 WHERE case_id = $1 AND side <> $2 AND read_at = 0`
	closeMessages    = `UPDATE messages SET waits = 0 WHERE case_id = $1 AND waits = 1`
)

var insertMessages = insert{
	into: "messages (id, case_id, side, office, at, read_at, waits, by_officer, body)", cols: "ttttnnntb",
	tail: " ON CONFLICT (id) DO NOTHING",
}

func (w *writing) messages(u unit.Unit) error {
	for _, m := range u.Messages {
		key, ok, err := w.keyOf(m.Case)
		if err != nil {
			return err
		}
		waits := int64(0)
		if m.Open {
			waits = 1
		}
		w.stmts = insertMessages.add(w.stmts, []any{
			m.ID, m.Case, string(m.From), m.Office, micros(m.At), micros(m.Read), waits, m.By,
			w.s.lock(key, ok, []byte(m.Text), "messages.body", m.ID),
		})
	}
	if r := u.Read; r != nil {
		w.stmts = append(w.stmts, stmt{sql: readMessages, args: []any{r.Case, string(r.Side), micros(u.At)}, want: -1})
		if r.Answered {
			w.stmts = append(w.stmts, stmt{sql: closeMessages, args: []any{r.Case}, want: -1})
		}
	}
	return nil
}

func (s *Store) messages(ctx context.Context, text string, args ...any) ([]message.Message, error) {
	return collect(ctx, s.e, func(r *rows) (message.Message, error) {
		var m message.Message
		var at, read, waits int64
		var body, wrapped []byte
		if err := r.Scan(&m.ID, &m.Case, &m.From, &m.Office, &at, &read, &waits, &m.By, &body, &wrapped); err != nil {
			return m, err
		}
		plain, err := s.unlock(wrapped, body, "messages.body", m.ID)
		m.At, m.Read, m.Open, m.Text = fromMicros(at), fromMicros(read), waits == 1, string(plain)
		return m, err
	}, text, args...)
}

// Messages gives what was written about a case, the oldest first.
func (s *Store) Messages(ctx context.Context, caseID string) ([]message.Message, error) {
	return s.messages(ctx, selectMessages, caseID, 2*message.MostOfAll)
}

// OpenMessages gives applicants' messages that an office has not answered, the oldest first, at most limit.
func (s *Store) OpenMessages(ctx context.Context, office string, limit int) ([]message.Message, error) {
	return s.messages(ctx, selectUnanswered, office, limit)
}

// CountOpen is how many messages an office has not answered.
func (s *Store) CountOpen(ctx context.Context, office string) (n int, err error) {
	return n, s.e.queryRow(ctx, countUnanswered, office).Scan(&n)
}

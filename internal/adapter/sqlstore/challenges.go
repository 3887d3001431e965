package sqlstore

import (
	"context"
	"encoding/json"

	"tongban/internal/domain/challenge"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

const (
	challengeColumns = `o.id, o.case_id, o.version, o.body, (SELECT datakey FROM cases c WHERE c.id = o.case_id)`
	selectChallenge  = `SELECT ` + challengeColumns + ` FROM challenges o WHERE o.id = $1`
	challengesOfCase = `SELECT ` + challengeColumns + ` FROM challenges o WHERE o.case_id = $1 ORDER BY o.at, o.id`
	challengesToDo   = `SELECT ` + challengeColumns + ` FROM challenges o WHERE o.todo = 1 ORDER BY o.due, o.id LIMIT $1`
	challengesBy     = `SELECT ` + challengeColumns + ` FROM challenges o WHERE o.office <> '' AND o.office = $1 ORDER BY o.at DESC, o.id DESC LIMIT $2`
	insertChallenge  = `INSERT INTO challenges (id, case_id, office, todo, due, at, version, body) VALUES ($1, $2, $3, $4, $5, $6, 1, $7)`
	updateChallenge  = `UPDATE challenges SET todo = $2, version = CASE WHEN version = $3 THEN version + 1 ELSE 0 END, body = $4 WHERE id = $1`
	selectWhom       = `SELECT subject FROM share_answers WHERE asker = $1 AND id = $2`
)

func selectAbout(d dialect) string {
	return `SELECT ` + answeredColumns + `, subject FROM share_answers WHERE mac ` + d.anyFirst() + ` ORDER BY at DESC, asker DESC, id DESC LIMIT $2`
}

// challengeBody is a challenge with what does not cross nodes.
type challengeBody struct {
	Challenge challenge.Challenge `json:"challenge"`
	Due       workday.Date        `json:"due,omitzero"`
	Office    string              `json:"office,omitempty"`
	By        string              `json:"by,omitempty"`
}

func (w *writing) challenges(u unit.Unit) error {
	for _, o := range u.Challenges {
		key, ok, err := w.keyOf(o.Told.Case)
		if err != nil {
			return err
		}
		plain, err := proof.Marshal(challengeBody{o, o.Due, o.Office, o.By})
		if err != nil {
			return err
		}
		body, todo, due := w.s.lock(key, ok, plain, "challenges.body", o.ID), int64(0), int64(0)
		if o.Todo(w.s.me) {
			todo = 1
		}
		if !o.Due.IsZero() {
			due = dayNumber(o.Due)
		}
		if o.Row > 0 {
			w.stmts = append(w.stmts, stmt{sql: updateChallenge, want: 1, args: []any{o.ID, todo, o.Row, body}})
			continue
		}
		w.stmts = append(w.stmts, stmt{sql: insertChallenge, want: 1, args: []any{o.ID, o.Told.Case, o.Office, todo, due, micros(o.At), body}})
	}
	return nil
}

func (s *Store) scanChallenge(r scanner) (challenge.Challenge, error) {
	var id, of string
	var version int64
	var body, wrapped []byte
	if err := r.Scan(&id, &of, &version, &body, &wrapped); err != nil {
		return challenge.Challenge{}, err
	}
	plain, err := s.unlock(wrapped, body, "challenges.body", id)
	if err != nil {
		return challenge.Challenge{}, err
	}
	var b challengeBody
	if json.Unmarshal(plain, &b) != nil || b.Challenge.ID != id || b.Challenge.Told.Case != of {
		return challenge.Challenge{}, corrupt("challenges", id)
	}
	o := b.Challenge
	o.Due, o.Office, o.By, o.Row = b.Due, b.Office, b.By, version
	return o, nil
}

func (s *Store) challengeList(ctx context.Context, text string, args ...any) ([]challenge.Challenge, error) {
	return collect(ctx, s.e, func(r *rows) (challenge.Challenge, error) { return s.scanChallenge(r) }, text, args...)
}

// Challenge reads one; errs.Missing.
func (s *Store) Challenge(ctx context.Context, id string) (challenge.Challenge, error) {
	o, err := s.scanChallenge(s.e.queryRow(ctx, selectChallenge, id))
	return o, found(err, "challenge", id)
}

// Challenges gives those about a case, the oldest first.
func (s *Store) Challenges(ctx context.Context, caseID string) ([]challenge.Challenge, error) {
	return s.challengeList(ctx, challengesOfCase, caseID)
}

// ChallengesToDo lists what this node has to answer, the one due first at the top.
func (s *Store) ChallengesToDo(ctx context.Context, limit int) ([]challenge.Challenge, error) {
	return s.challengeList(ctx, challengesToDo, limit)
}

// ChallengesBy lists those about cases of an office that had asked, the newest first.
func (s *Store) ChallengesBy(ctx context.Context, office string, limit int) ([]challenge.Challenge, error) {
	return s.challengeList(ctx, challengesBy, office, limit)
}

// AnsweredAbout lists the questions about a person that this node answered, the newest first.
func (s *Store) AnsweredAbout(ctx context.Context, who party.Person, limit int) ([]unit.Answered, error) {
	if err := s.freshKeys(ctx); err != nil {
		return nil, err
	}
	list, err := collect(ctx, s.e, func(r *rows) (unit.Answered, error) {
		var subject []byte
		a, err := scanAnswered(r, &subject)
		if err != nil {
			return a, err
		}
		plain, err := s.unlock(nil, subject, "share_answers.subject", a.ID)
		a.Subject.IDNo = string(plain)
		return a, err
	}, selectAbout(s.e.d), listOf(s.e.d, s.macs(askedKind, who.IDNo)), limit)
	own := list[:0]
	for _, a := range list { // several numbers may have one mac
		if a.Subject.IDNo == who.IDNo {
			own = append(own, a)
		}
	}
	return own, err
}

// AskedAbout is the number of the person whom a question was about; errs.Missing.
func (s *Store) AskedAbout(ctx context.Context, asker office.NodeID, id string) (string, error) {
	var subject []byte
	if err := s.e.queryRow(ctx, selectWhom, string(asker), id).Scan(&subject); err != nil {
		return "", found(err, "answer", id)
	}
	plain, err := s.unlock(nil, subject, "share_answers.subject", id)
	return string(plain), err
}

package sqlstore

import (
	"context"
	"encoding/json"
	"time"

	"tongban/internal/domain/rating"
	"tongban/internal/handling/unit"
	"tongban/internal/proof"
)

const (
	ratingColumns = `r.id, r.case_id, r.version, r.body, (SELECT datakey FROM cases c WHERE c.id = r.case_id)`
	selectRating  = `SELECT ` + ratingColumns + ` FROM ratings r WHERE r.id = $1`
	ratingsOfCase = `SELECT ` + ratingColumns + ` FROM ratings r WHERE r.case_id = $1 ORDER BY r.at, r.id`
	ratingsToDo   = `SELECT ` + ratingColumns + ` FROM ratings r WHERE r.todo <> '' AND r.todo = $1 AND (r.office = $2 OR $2 = '') ORDER BY r.due, r.id LIMIT $3`
	countToDo     = `SELECT count(*) FROM ratings WHERE todo <> '' AND todo = $1 AND (office = $2 OR $2 = '')`
	sumRatings    = `SELECT office, target, level, count(*) FROM ratings WHERE at >= $1 AND at < $2 AND void = 0 GROUP BY office, target, level ORDER BY office, target, level`
	sumCare       = `SELECT state, named, count(*) FROM ratings WHERE at >= $1 AND at < $2 AND level >= 4 GROUP BY state, named ORDER BY state, named`
	insertRating  = `INSERT INTO ratings (id, case_id, target, nth, office, level, named, state, void, todo, at, due, version, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13)`
	updateRating = `UPDATE ratings SET state = $2, void = $3, todo = $4, due = $5,
version = CASE WHEN version = $6 THEN version + 1 ELSE 0 END, body = $7 WHERE id = $1`
)

// ratingBody is a rating with what does not cross nodes.
type ratingBody struct {
	Rating rating.Rating `json:"rating"`
	Care   rating.Care   `json:"care"`
	By     string        `json:"by,omitempty"`
}

func (w *writing) ratings(u unit.Unit) error {
	for _, r := range u.Ratings {
		key, ok, err := w.keyOf(r.Case)
		if err != nil {
			return err
		}
		plain, err := proof.Marshal(ratingBody{r, r.Care, r.By})
		if err != nil {
			return err
		}
		body := w.s.lock(key, ok, plain, "ratings.body", r.ID)
		todo := string(r.Todo(w.s.me))
		if r.Row > 0 {
			w.stmts = append(w.stmts, stmt{sql: updateRating, want: 1, args: []any{
				r.ID, string(r.Care.State), bit(r.Care.Void), todo, micros(r.Care.Due), r.Row, body,
			}})
			continue
		}
		w.stmts = append(w.stmts, stmt{sql: insertRating, want: 1, args: []any{
			r.ID, r.Case, string(r.Target), int64(r.Nth), r.Office, int64(r.Level), bit(r.Named), string(r.Care.State), bit(r.Care.Void),
			todo, micros(r.At), micros(r.Care.Due), body,
		}})
	}
	return nil
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (s *Store) scanRating(r scanner) (rating.Rating, error) {
	var id, of string
	var version int64
	var body, wrapped []byte
	if err := r.Scan(&id, &of, &version, &body, &wrapped); err != nil {
		return rating.Rating{}, err
	}
	plain, err := s.unlock(wrapped, body, "ratings.body", id)
	if err != nil {
		return rating.Rating{}, err
	}
	var b ratingBody
	if json.Unmarshal(plain, &b) != nil || b.Rating.ID != id || b.Rating.Case != of {
		return rating.Rating{}, corrupt("ratings", id)
	}
	out := b.Rating
	out.Care, out.By, out.Row = b.Care, b.By, version
	return out, nil
}

func (s *Store) ratingList(ctx context.Context, text string, args ...any) ([]rating.Rating, error) {
	return collect(ctx, s.e, func(r *rows) (rating.Rating, error) { return s.scanRating(r) }, text, args...)
}

// Rating reads one; errs.Missing.
func (s *Store) Rating(ctx context.Context, id string) (rating.Rating, error) {
	r, err := s.scanRating(s.e.queryRow(ctx, selectRating, id))
	return r, found(err, "rating", id)
}

// Ratings gives the ratings of a case, the oldest first.
func (s *Store) Ratings(ctx context.Context, caseID string) ([]rating.Rating, error) {
	return s.ratingList(ctx, ratingsOfCase, caseID)
}

// RatingsToDo lists what somebody has to do, the one that is late first; office "" is all of the node's.
func (s *Store) RatingsToDo(ctx context.Context, todo rating.Todo, office string, limit int) ([]rating.Rating, error) {
	return s.ratingList(ctx, ratingsToDo, string(todo), office, limit)
}

// CountRatingsToDo is how long that list is.
func (s *Store) CountRatingsToDo(ctx context.Context, todo rating.Todo, office string) (n int, err error) {
	return n, s.e.queryRow(ctx, countToDo, string(todo), office).Scan(&n)
}

// RatingSums counts what was said from since until before until, without what was found to be mistaken.
func (s *Store) RatingSums(ctx context.Context, since, until time.Time) ([]rating.Sum, error) {
	return collect(ctx, s.e, func(r *rows) (x rating.Sum, err error) {
		return x, r.Scan(&x.Office, &x.Target, &x.Level, &x.N)
	}, sumRatings, micros(since), micros(until))
}

// RatingCare counts where the bad ratings of a time stand.
func (s *Store) RatingCare(ctx context.Context, since, until time.Time) ([]rating.CareSum, error) {
	return collect(ctx, s.e, func(r *rows) (x rating.CareSum, err error) {
		var named int64
		err = r.Scan(&x.State, &named, &x.N)
		x.Named = named == 1
		return x, err
	}, sumCare, micros(since), micros(until))
}

package sqlview

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// reason is what may be logged of a driver's error: PostgreSQL's code, or what kind of failure it was.
func reason(err error) string {
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg):
		return "PostgreSQL says " + pg.Code
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, context.Canceled):
		return "the question ended"
	}
	return "cannot be reached"
}

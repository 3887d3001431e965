package share

import (
	"context"
	"time"

	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
)

// Connected asks the system behind each resource, by the resource's key. A key that is missing is errs.SourceDown.
type Connected map[string]Source

var _ Source = Connected{}

// Record asks the system that belongs to the resource.
func (c Connected) Record(ctx context.Context, resource string, who party.Person) (map[string]string, time.Time, error) {
	s, ok := c[resource]
	if !ok {
		return nil, time.Time{}, errs.New(errs.SourceDown, "nothing is connected to %.40q", resource)
	}
	return s.Record(ctx, resource, who)
}

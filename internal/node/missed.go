package node

import (
	"context"
	"time"

	"tongban/internal/domain/search"
	"tongban/internal/kernel/workday"
)

// keepMissedEvery is how often questions that found nothing are written down: a process that is killed forgets a minute
// of them, which harms nobody. missedDays is how long they are kept.
const (
	keepMissedEvery = time.Minute
	missedDays      = 180
)

// OnMiss counts a question to the search that found nothing. What may tell of a person is forgotten at once.
func (n *Node) OnMiss(words string) {
	n.missed.Add(search.Default(), words, workday.DateOf(n.Kit.Now()))
}

// keepMissed writes down what OnMiss counted.
func (n *Node) keepMissed(ctx context.Context) (time.Duration, error) {
	list := n.missed.Take()
	if err := n.Store.KeepMissed(ctx, list); err != nil {
		n.missed.Return(list)
		return keepMissedEvery, err
	}
	if len(list) > 0 {
		return keepMissedEvery, n.Store.ForgetMissed(ctx, workday.DateOf(n.Kit.Now()).AddDays(-missedDays))
	}
	return keepMissedEvery, nil
}

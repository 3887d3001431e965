package unit

import "tongban/internal/domain/figure"

// Uncounted is a case with facts that the figures do not have yet. Was is what it added so far, in its version Row, 0 for
// never.
type Uncounted struct {
	Case string
	Seq  int64
	Row  int64
	Was  []figure.Tally
}

// Counted is an Uncounted after it was reckoned again from its facts.
type Counted struct {
	Uncounted
	Now []figure.Tally
}

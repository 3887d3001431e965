package unit

// Submitted closes the draft that a case was opened from, in the same transaction: its answers are forgotten, its number
// stays, so that whoever comes back to it finds the case. The unit fails with errs.Stale if the draft was changed since.
type Submitted struct {
	Draft string
	Row   int64
	No    string // the case's number
}

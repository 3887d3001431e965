package rating

// Sum is how often an office's service was rated with a level in some time.
type Sum struct {
	Office string
	Target Target
	Level  Level
	N      int
}

// CareSum is how many bad ratings of some time stand somewhere.
type CareSum struct {
	State State
	Named bool
	N     int
}

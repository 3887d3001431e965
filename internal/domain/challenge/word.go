package challenge

import (
	"regexp"

	"tongban/internal/domain/message"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

// Word is what crosses nodes.
type Word struct {
	Challenge Challenge `json:"challenge"`
}

var id = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// Arrived takes in a word of another node: have is the challenge as it is kept here, zero if there is none. changed is false for what
// was known already. What an answer to the named question touched, and whether it is known here at all, is for the caller to check.
// errs.BadEnvelope for what the sender may not say.
func (w Word) Arrived(have Challenge, from, me office.NodeID, caseID string) (_ Challenge, changed bool, _ error) {
	o := w.Challenge
	switch {
	case !id.MatchString(o.ID) || o.Told.Case != caseID || len(o.Field) > 64 || o.Field == "" || len(o.Told.Resource) > 32 || len(o.Told.No) > 40 || len(o.Told.Item) > 16 || o.At.IsZero() || o.Person && o.Open():
		return have, false, errs.New(errs.BadEnvelope, "challenge %.40q of %s", o.ID, from)
	case o.Open() && from == o.Asker && me == o.Owner:
		if have.ID != "" {
			return have, false, nil
		}
		return o, true, clean(o.Words)
	case !o.Open() && from == o.Owner && me == o.Asker:
		return o.heard(have)
	}
	return have, false, errs.New(errs.BadEnvelope, "%s speaks of %s", from, o.ID)
}

// heard takes in an answer: to an own challenge, or the correction of a value that was told here too.
func (o Challenge) heard(have Challenge) (Challenge, bool, error) {
	if have.ID == "" {
		if o.Answer.Kind != Corrected || o.Words != "" {
			return have, false, errs.New(errs.BadEnvelope, "%s was not said here", o.ID)
		}
		return o, true, clean(o.Answer.Text)
	}
	if !have.Open() {
		return have, false, nil
	}
	if have.Told != o.Told || have.Field != o.Field || have.Owner != o.Owner {
		return have, false, errs.New(errs.BadEnvelope, "%s is another one", o.ID)
	}
	next, err := have.Answered(*o.Answer)
	if err != nil || next.Answer.Text != o.Answer.Text {
		return have, false, errs.New(errs.BadEnvelope, "%s: %v", o.ID, err)
	}
	return next, true, nil
}

// clean reports what is wrong with words that came: they must be as their cleaning gives them.
func clean(s string) error {
	if out, err := message.Clean(s); err != nil || out != s {
		return errs.New(errs.BadEnvelope, "words of a challenge: %v", err)
	}
	return nil
}

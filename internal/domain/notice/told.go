package notice

import (
	"strconv"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// told is what each act is told as; an act that stands in neither list fails a test.
var told = map[casefile.Act]Kind{
	casefile.ActLodge:      Received,
	casefile.ActHandOver:   Moved,
	casefile.ActAccept:     Accepted,
	casefile.ActDeemAccept: Accepted,
	casefile.ActDecline:    NotAccepted,
	casefile.ActCorrect:    Correction,
	casefile.ActReturn:     Returned,
	casefile.ActSuspend:    Suspended,
	casefile.ActResume:     Resumed,
	casefile.ActExtend:     Extended,
	casefile.ActDecide:     Granted, // or Refused
	casefile.ActDispatch:   Ready,   // where it waits to be fetched
	casefile.ActDeliver:    Posted,  // if it was
	casefile.ActServe:      Served,
	casefile.ActWithdraw:   Withdrawn,
	casefile.ActSupplement: Supplemented,
	casefile.ActVerify:     Verified,
	casefile.ActUndo:       Undone,
	casefile.ActSeal:       Granted, // or what else was decided: only now it counts
	casefile.ActPassOn:     Moved,
}

// silent are the acts that nobody is told of, because they change nothing for the applicant.
var silent = map[casefile.Act]string{
	casefile.ActReceive:     "the receipt shows on the page; the hand-over was told",
	casefile.ActReopen:      "what brought it back was told",
	casefile.ActReview:      "inside the office",
	casefile.ActUnwind:      "its end is told: undone",
	casefile.ActAskExtend:   "inside the office; what follows is told",
	casefile.ActKeepLimit:   "inside the office; the limit stays as it was told",
	casefile.ActAskWithdraw: "the applicant's own wish; its answer is told",
	casefile.ActInquire:     "stands in the history with its day; the limit stays as it was told",
}

// Of is the notice of a fact, in the case as it is after it; false if the applicant is not told of it. The fact must be the
// word of the node whose leg it is about: anything else is nobody's to tell.
func Of(c casefile.Case, f casefile.Fact, hash proof.Hash) (Notice, bool) {
	leg, known := c.Leg(f.Leg)
	kind, ok := told[f.Act]
	if !known || !ok || f.By != leg.Node && (f.Act != casefile.ActPassOn || f.By != c.Coordinator) {
		return Notice{}, false
	}
	_, elsewhere := c.Sealing()
	if leg.Kind == item.Verify && (f.Act == casefile.ActWithdraw || f.Act == casefile.ActReturn) {
		return Notice{}, false // a part that stopped with the case, or that the window looks at again
	}
	switch f.Act { //nolint:exhaustive // the others are told as the table says
	case casefile.ActDecide, casefile.ActDecline, casefile.ActSeal:
		if elsewhere && f.Act != casefile.ActSeal {
			return Notice{}, false // it is told once it is sealed
		}
		switch f.Outcome { //nolint:exhaustive // the others are answers for a part
		case casefile.Denied:
			kind = Refused
		case casefile.NotAccepted:
			kind = NotAccepted
		}
	case casefile.ActDispatch:
		if elsewhere {
			return Notice{}, false // to be sealed
		}
		if c.Local() && c.Private.Consent.Serve == casefile.ServeOnline {
			return Notice{}, false // served in the same breath
		}
	case casefile.ActDeliver:
		if d := c.Private.Delivery; d == nil || d.Way != "post" {
			return Notice{}, false // handed over at the counter
		}
	}
	values := ValuesOf(c)
	values[ValueOffice], values[ValueDay] = f.Office, workday.DateOf(f.At).String()
	switch kind { //nolint:exhaustive // the others have no date of their own
	case Accepted, Resumed, Extended:
		values[ValueDue] = f.Due
	case Correction:
		values[ValueCount] = strconv.Itoa(len(c.Private.Corrections))
	}
	return New(kind, hash[:], c.ID, values[ValueWindow], f.At, values), true
}

// Spoken is the notice of an office's answer to what the applicant wrote; id is the answer's.
func Spoken(c casefile.Case, id, office string, at time.Time) Notice {
	values := ValuesOf(c)
	values[ValueOffice], values[ValueDay] = office, workday.DateOf(at).String()
	return New(Answered, []byte(id), c.ID, values[ValueWindow], at, values)
}

// Heard is the notice that somebody's bad rating has an answer; id is the rating's, n counts its steps. The office that was
// rated has no part in it: it must not see who rated, so no office looks after its arrival. The return call does.
func Heard(c casefile.Case, id string, n int, office string, at time.Time) Notice {
	values := ValuesOf(c)
	values[ValueOffice], values[ValueDay] = office, workday.DateOf(at).String()
	return New(RatingHeard, []byte(id+"/"+strconv.Itoa(n)), c.ID, "", at, values)
}

// Answer is the notice that somebody's complaint has an answer; id is the complaint's, n counts its steps. The office that it is about
// has no part in it, as with Heard.
func Answer(c casefile.Case, id string, n int, office string, at time.Time) Notice {
	values := ValuesOf(c)
	values[ValueOffice], values[ValueDay] = office, workday.DateOf(at).String()
	return New(ComplaintHeard, []byte(id+"/"+strconv.Itoa(n)), c.ID, "", at, values)
}

// Papers is a notice about the paper originals of a case; id is that of what happened to them, n how many papers it is about.
func Papers(kind Kind, c casefile.Case, id, office string, n int, at time.Time) Notice {
	values := ValuesOf(c)
	values[ValueOffice], values[ValueDay], values[ValueCount] = office, workday.DateOf(at).String(), strconv.Itoa(n)
	return New(kind, []byte(id), c.ID, values[ValueWindow], at, values)
}

// ValuesOf are the values that every notice of a case has.
func ValuesOf(c casefile.Case) map[string]string {
	values := map[string]string{
		ValueName: party.MaskName(c.Private.Applicant.Name), ValueItem: c.Item, ValueNo: string(c.No),
	}
	for _, kind := range []item.LegKind{item.Deliver, item.Decide, item.Collect} { // the window if there is one
		if l, ok := c.LegOf(kind); ok && l.Node == c.Coordinator {
			values[ValueWindow] = l.Office
		}
	}
	return values
}

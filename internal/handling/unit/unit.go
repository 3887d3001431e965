// Package unit is the unit of work that the use cases share: what an act changes, says, sends and logs, committed
// together or not at all. A use case loads a case, lets the domain decide, and commits one Unit.
package unit

import (
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/booking"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/challenge"
	"tongban/internal/domain/complaint"
	"tongban/internal/domain/depart"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/fee"
	"tongban/internal/domain/inquiry"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/message"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/objection"
	"tongban/internal/domain/original"
	"tongban/internal/domain/party"
	"tongban/internal/domain/rating"
	"tongban/internal/domain/watch"
	"tongban/internal/proof"
)

// Unit is one transaction. The store commits it durably before Commit returns. It fails as a whole with
//   - errs.Stale if Case.Row is no longer the stored version (somebody else was first),
//   - errs.Repeated if In was stored before (sender and envelope id are unique),
//   - errs.CaseExists if a new case's id or number is taken,
//   - errs.StatusTaken if a new licence's place in the status list is taken.
type Unit struct {
	At      time.Time
	Case    *casefile.Case // Row 0: inserted; otherwise updated if the stored version is still Row
	Lookups []party.Lookup // blind index entries of a new case
	Facts   []casefile.Known
	Papers  []Paper
	Out     []exchange.Parcel
	In      *exchange.Arrival
	Settled []exchange.Settlement
	Log     []accesslog.Entry
	Due     []Due
	Draft   *Submitted

	Licences  []Standing
	Presented []Presentation
	Held      []Held
	Wished    []Wish

	Rules    []RuleBundle
	Drafted  *Drafted
	Said     []Said // the unit fails with errs.Stale if a number is taken
	Answered *Answered
	Agreed   *ShareConsent
	Found    *Found
	Erased   []Erased        // the unit fails with errs.Stale if one of them is not there
	Gone     []Gone          // of what the unit's node told others; what is noted already stays as it is
	Notices  []notice.Notice // what is told because of this act; one that is stored already stays as it is
	Advanced []Advance
	Messages []message.Message
	Read     *Reading

	// Visits are stored in this order, so that one may take the place that another gives up. The unit fails with errs.SeatTaken if
	// somebody else has the place, errs.BookedAlready if the person has a live visit for the matter, and errs.Stale.
	Visits []booking.Visit

	Charges []fee.Charge // Row 0: inserted; otherwise updated if the stored version is still Row (errs.Stale)

	// Works are what an office works in its own system. Row 0: inserted, one that is stored already stays; otherwise updated if the
	// stored version is still Row (errs.Stale). Left ends what is open of a case. Heard refuses an answer that was taken before
	// (errs.Repeated).
	Works []depart.Work
	Left  *Left
	Heard *Heard

	// Ratings: Row 0 is inserted, errs.RatedAlready if that service of the case has one with the same Nth; otherwise updated
	// if the stored version is still Row (errs.Stale).
	Ratings []rating.Rating

	// Inquiries: Row 0 is inserted, errs.Duplicate if its id is taken; otherwise updated if the stored version is still Row (errs.Stale).
	Inquiries []inquiry.Inquiry
	// Originals is the chain of papers of Case, which is in the same unit and guards it.
	Originals *original.Chain

	// Challenges: Row 0 is inserted, errs.Duplicate if its id is taken; otherwise updated if the stored version is still Row (errs.Stale).
	Challenges []challenge.Challenge

	// Complaints: Row 0 is inserted, errs.ComplaintOpen if there is one with the same Nth about that service of the case; otherwise
	// updated if the stored version is still Row (errs.Stale).
	Complaints []complaint.Complaint

	// Accounts and Mandates: Row 0 is inserted (errs.UnitTaken if the unit has an account), otherwise updated if the stored
	// version is still Row (errs.Stale).
	Accounts []mandate.Account
	Mandates []mandate.Record

	// Alarms: Row 0 is inserted, errs.Repeated if its cause has one; otherwise updated if the stored version is still Row (errs.Stale).
	Alarms []watch.Alarm
	Looked *Looked

	Objected []Objected // the unit fails with errs.Repeated if a side has a word under the same number

	Orders []watch.Filed // Row 0: inserted; otherwise updated if the stored version is still Row (errs.Stale)
}

// Looked notes that a case was looked at for alarms in its version Row, and when it has to be looked at again unless it changes
// before: zero is never. Open is how many of its alarms have not ended. The unit fails with errs.Stale if the case has changed.
type Looked struct {
	Case string
	Row  int64
	Next time.Time
	Open int
}

// Objected is a word about a contested figure, as signed.
type Objected struct {
	Word   objection.Word
	Signed proof.Signed
}

// Reading marks what the other side wrote in a case as read by Side; Answered ends the waiting of the applicant's messages.
type Reading struct {
	Case     string
	Side     message.Side
	Answered bool
}

// Advance moves the delivery of a stored notice. The unit fails with errs.Stale if it is no longer in the state From.
type Advance struct {
	Notice notice.Notice
	From   notice.State
}

// Paper is a legal document or licence of a case, as signed; it is stored encrypted under the case's key.
type Paper struct {
	ID     string
	Case   string
	Kind   string // document.Kind, or "licence"
	Title  string
	Check  string // the 8-character code on the paper, "" for none
	Number string // document number or 证照标识
	Signed proof.Signed
	At     time.Time
}

// Due is work that the clock starts: at or after At, act Kind of Case is looked at. One of a kind per case: a new one
// replaces the old. A zero At removes it.
type Due struct {
	Case string
	Kind string
	At   time.Time
}

// The kinds of due work.
const (
	DueSilence = "silence" // the intake limit ends; silence may mean acceptance
	DueRemind  = "remind"  // a correction notice is still not answered
	DueSeal    = "seal"    // what was decided elsewhere in this place's name is to be sealed
	DueFee     = "fee"     // money is waited for, or has to go back
	DueKeep    = "keep"    // what other provinces told for the case may have to be deleted
	DueInquiry = "inquiry" // an answer of another office is waited for, or no longer of use
)

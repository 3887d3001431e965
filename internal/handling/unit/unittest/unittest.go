// Package unittest is the conformance suite of what keeps units of work: every adapter runs it (architecture §3).
package unittest

import (
	"context"
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/complaint"
	"tongban/internal/domain/depart"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/inquiry"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/message"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/domain/original"
	"tongban/internal/domain/party"
	"tongban/internal/domain/rating"
	"tongban/internal/domain/watch"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Keeper is what the suite asks of a store. The contracts stand at the narrow interfaces of the use cases.
type Keeper interface {
	Commit(ctx context.Context, u unit.Unit) error
	Case(ctx context.Context, id string) (casefile.Case, error)
	Recent(id string) (c casefile.Case, ok bool)
	RecentFacts(id string, version int64) (own []casefile.Known, ok bool)
	CaseByNo(ctx context.Context, no casefile.No) (casefile.Case, error)
	Find(ctx context.Context, by []party.Lookup, limit int) ([]casefile.Case, error)
	Queue(ctx context.Context, office string, q casefile.Queue, after string, limit int) ([]casefile.Case, error)
	List(ctx context.Context, l casefile.Listing) (list []casefile.Case, next string, err error)
	Tally(ctx context.Context, office, officer string, today, soon workday.Date) (casefile.Tally, error)
	Hands(ctx context.Context, office string, today workday.Date) ([]casefile.Hand, error)
	Facts(ctx context.Context, caseID string) ([]casefile.Known, error)
	Fact(ctx context.Context, hash proof.Hash) (casefile.Known, error)
	FactAct(ctx context.Context, caseID string, act casefile.Act) (casefile.Known, error)
	Papers(ctx context.Context, caseID string) ([]unit.Paper, error)
	PaperHeads(ctx context.Context, caseID string) ([]unit.Paper, error)
	Paper(ctx context.Context, id string) (unit.Paper, error)
	PaperByCheck(ctx context.Context, code string) (unit.Paper, error)
	Licence(ctx context.Context, number string) (unit.Paper, error)
	Arrival(ctx context.Context, from office.NodeID, id string) (exchange.Arrival, bool, error)
	Parcels(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]exchange.Parcel, error)
	Postpone(ctx context.Context, ids []string, until time.Time) error
	Parcel(ctx context.Context, id string) (exchange.Parcel, error)
	Waiting(ctx context.Context) (int, time.Time, error)
	NextTry(ctx context.Context) (time.Time, bool, error)
	DueWork(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]unit.Due, error)
	NextDue(ctx context.Context) (time.Time, bool, error)
	Serial(ctx context.Context, name string) (int64, error)
	Setting(ctx context.Context, name string) ([]byte, error)
	SetSetting(ctx context.Context, name string, value []byte) error
	Life(ctx context.Context, id string) (licence.Life, error)
	LivesOver(ctx context.Context, day string, limit int) ([]licence.Life, error)
	LicenceFacts(ctx context.Context, id string) ([]proof.Signed, error)
	FindLicences(ctx context.Context, by []party.Lookup, limit int) ([]licence.Life, error)
	LicenceWish(ctx context.Context, id string) (unit.Wish, error)
	SeenStatus(ctx context.Context, uri string) (string, time.Time, error)
	KeepStatus(ctx context.Context, uri, token string, at time.Time) error
	StatusList(ctx context.Context, list int64) (map[int]licence.State, error)
	Presentation(ctx context.Context, id string) (unit.Presentation, error)
	Presentations(ctx context.Context, caseID string) ([]unit.Presentation, error)
	HeldOne(ctx context.Context, kind, id string) (unit.Held, error)
	Held(ctx context.Context, owner party.Lookup, kind string) ([]unit.Held, error)
	Notice(ctx context.Context, id string) (notice.Notice, error)
	Notices(ctx context.Context, caseID string) ([]notice.Notice, error)
	StuckNotices(ctx context.Context, office string, limit int) ([]notice.Notice, error)
	CountStuck(ctx context.Context, office string) (int, error)
	ClaimNotices(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]notice.Notice, error)
	Contact(ctx context.Context, of party.Person) (notice.Contact, bool, error)
	SetContact(ctx context.Context, c notice.Contact) error
	Messages(ctx context.Context, caseID string) ([]message.Message, error)
	OpenMessages(ctx context.Context, office string, limit int) ([]message.Message, error)
	CountOpen(ctx context.Context, office string) (int, error)
	Rating(ctx context.Context, id string) (rating.Rating, error)
	Ratings(ctx context.Context, caseID string) ([]rating.Rating, error)
	RatingsToDo(ctx context.Context, todo rating.Todo, office string, limit int) ([]rating.Rating, error)
	CountRatingsToDo(ctx context.Context, todo rating.Todo, office string) (int, error)
	RatingSums(ctx context.Context, since, until time.Time) ([]rating.Sum, error)
	Complaint(ctx context.Context, id string) (complaint.Complaint, error)
	Complaints(ctx context.Context, caseID string) ([]complaint.Complaint, error)
	ComplaintsToDo(ctx context.Context, todo complaint.Todo, limit int) ([]complaint.Complaint, error)
	RatingCare(ctx context.Context, since, until time.Time) ([]rating.CareSum, error)
	Work(ctx context.Context, id string) (depart.Work, error)
	WorkOfCase(ctx context.Context, caseID string) (depart.Work, error)
	Works(ctx context.Context, office string, in depart.State, limit int) ([]depart.Work, error)
	WorkCounts(ctx context.Context, office string) ([]depart.Count, error)
	ClaimWorks(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]depart.Work, error)
	Heard(ctx context.Context, system, id string) (unit.Heard, error)
	ToLook(ctx context.Context, now time.Time, limit int) ([]string, error)
	LookLater(ctx context.Context, id string, at time.Time) error
	Alarm(ctx context.Context, id string) (watch.Alarm, error)
	Alarms(ctx context.Context, caseID string) ([]watch.Alarm, error)
	OfficeAlarms(ctx context.Context, office string, level watch.Level, limit int) ([]watch.Alarm, error)
	UpAlarms(ctx context.Context, office string, level watch.Level, now time.Time, limit int) ([]watch.Alarm, error)
	CountAlarms(ctx context.Context, office string) (map[watch.Level]int, error)
	CountUp(ctx context.Context, now time.Time) (map[watch.Level]int, error)
	Order(ctx context.Context, id string) (watch.Filed, error)
	Orders(ctx context.Context, caseID string) ([]watch.Filed, error)
	OpenOrders(ctx context.Context, office string, limit int) ([]watch.Filed, error)
	OrdersOver(ctx context.Context, now time.Time, limit int) ([]watch.Filed, error)
	Inquiry(ctx context.Context, id string) (inquiry.Inquiry, error)
	Inquiries(ctx context.Context, caseID string) ([]inquiry.Inquiry, error)
	InquiriesTo(ctx context.Context, office string, limit int) ([]inquiry.Inquiry, error)
	InquiriesBy(ctx context.Context, office string, limit int) ([]inquiry.Inquiry, error)
	InquiriesLate(ctx context.Context, today workday.Date, limit int) ([]inquiry.Inquiry, error)
	CountInquiriesTo(ctx context.Context, office string) (int, error)
	EachInquiry(ctx context.Context, f func(inquiry.Inquiry) error) error
	Originals(ctx context.Context, caseID string) (original.Chain, error)
	OriginalsAt(ctx context.Context, office string, limit int) ([]original.Chain, error)
	CountOriginals(ctx context.Context, office string) (int, error)
	Spend(ctx context.Context, id string, until, now time.Time) error
	Close() error
}

// Store runs the suite. Each call of place gives another, empty place; each call of what it gives opens a store there for
// node Me, with what was stored before.
func Store(t *testing.T, place func(t *testing.T) (open func() Keeper)) {
	t.Helper()
	for _, tt := range []struct {
		name string
		run  func(t *testing.T, open func() Keeper)
	}{
		{"a unit is kept whole", keptWhole},
		{"only one wins", onlyOneWins},
		{"an old memory decides nothing", oldMemory},
		{"a case exists once", existsOnce},
		{"an envelope is taken once", takenOnce},
		{"a licence number is given once", licenceOnce},
		{"facts may come twice", factsTwice},
		{"parcels wait for their receipt", parcels},
		{"what a sender posts is its own to send first", postedHere},
		{"an envelope without case is kept", noCase},
		{"work falls due", dueWork},
		{"queues are in order of urgency", queues},
		{"an office's lists", lists},
		{"applicants are found", find},
		{"serials are given once", serials},
		{"settings", settings},
		{"a licence stands as its last act left it", standings},
		{"the register finds licences and remembers proposals", register},
		{"a presentation is answered once", presentations},
		{"a wallet is its owner's", wallet},
		{"a token is spent once", spendOnce},
		{"a notice waits until it is settled", notices},
		{"a contact is what was said last", contacts},
		{"messages wait for their answer", messages},
		{"an office's own system works a leg once", works},
		{"a service is rated once, and once more", ratings},
		{"a cause has one alarm", alarms},
		{"an order is late once", orders},
		{"an inquiry waits for its answer", inquiries},
		{"one complaint at a time", complaints},
		{"papers stand with the office that has to act", originals},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, place(t)) })
	}
}

func commit(t *testing.T, k Keeper, u unit.Unit) {
	t.Helper()
	if err := k.Commit(t.Context(), u); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, err error, code errs.Code) {
	t.Helper()
	if err == nil || errs.CodeOf(err) != code {
		t.Fatalf("got %v, want %d %s", err, code, code.Name())
	}
}

func must[T any](t *testing.T) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

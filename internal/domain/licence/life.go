package licence

import (
	"regexp"
	"slices"
	"time"

	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// State is where a licence stands (行政许可法 第69、70条 keep 撤销, 吊销 and 注销 apart).
type State string

// The states.
const (
	InForce   State = "in-force"  // 有效
	Suspended State = "suspended" // 暂扣
	Expired   State = "expired"   // 过期失效
	Revoked   State = "revoked"   // 撤销: it should not have been granted
	Struck    State = "struck"    // 吊销: a penalty
	Cancelled State = "cancelled" // 注销: it has come to its end
	Replaced  State = "replaced"  // 变更换发: a newer version stands in its place
	MovedOut  State = "moved-out" // 转出: another province goes on with it
	notThere  State = ""          // before the first act
)

// Act is something that the issuer does to a licence.
type Act string

// The acts.
const (
	ActIssue   Act = "issue"    // 新发
	ActMoveIn  Act = "move-in"  // 转入: takes over another province's licence
	ActSuspend Act = "suspend"  // 暂扣
	ActResume  Act = "resume"   // 暂扣发还
	ActChange  Act = "change"   // 变更、延续: this version ends, the next begins
	ActExpire  Act = "expire"   // 过期
	ActRevoke  Act = "revoke"   // 撤销
	ActStrike  Act = "strike"   // 吊销
	ActCancel  Act = "cancel"   // 注销
	ActMoveOut Act = "move-out" // 转出
	ActStay    Act = "stay"     // 取消转出
)

// move is one line of the life of a licence.
type move struct {
	act    Act
	from   []State
	to     State
	reason bool // a reason must be named: the act takes something away
	link   bool // the other licence must be named: predecessor or successor
	second bool // two people: one proposes, another does it; nothing brings the licence back
}

// moves is the whole life of a licence. What does not stand here cannot be done.
var moves = []move{
	{act: ActIssue, from: []State{notThere}, to: InForce},
	{act: ActMoveIn, from: []State{notThere}, to: InForce, link: true},
	{act: ActSuspend, from: []State{InForce}, to: Suspended, reason: true},
	{act: ActResume, from: []State{Suspended}, to: InForce},
	{act: ActChange, from: []State{InForce}, to: Replaced, link: true},
	{act: ActExpire, from: []State{InForce, Suspended}, to: Expired},
	{act: ActRevoke, from: []State{InForce, Suspended, Expired}, to: Revoked, reason: true, second: true},
	{act: ActStrike, from: []State{InForce, Suspended}, to: Struck, reason: true, second: true},
	{act: ActCancel, from: []State{InForce, Suspended, Expired}, to: Cancelled, reason: true, second: true},
	{act: ActMoveOut, from: []State{InForce}, to: MovedOut},
	{act: ActStay, from: []State{MovedOut}, to: InForce},
}

// Acts lists what can be done to a licence in that state, in the order of the table.
func Acts(s State) []Act {
	var out []Act
	for _, m := range moves {
		if slices.Contains(m.from, s) {
			out = append(out, m.act)
		}
	}
	return out
}

// Second reports whether an act needs a second person, because nothing undoes it.
func (a Act) Second() bool {
	return slices.ContainsFunc(moves, func(m move) bool { return m.act == a && m.second })
}

// Reasoned reports whether a reason must be named for an act.
func (a Act) Reasoned() bool {
	return slices.ContainsFunc(moves, func(m move) bool { return m.act == a && m.reason })
}

// Status is what the status list says of a state.
func (s State) Status() statuslist.Value {
	switch s {
	case InForce:
		return statuslist.Valid
	case Suspended:
		return statuslist.Suspended
	case Expired, Revoked, Struck, Cancelled, Replaced, MovedOut, notThere:
	}
	return statuslist.Invalid
}

// Life is the present standing of one version of a licence at its issuer.
type Life struct {
	ID    string // 证照标识
	Type  string
	State State
	Case  string // the case that it came from, "" for none
	Until string // last day in force, YYYY-MM-DD, "" for no end
	List  int64  // its place in the issuer's status lists
	Idx   int
	Acts  int        // how many acts there were
	Head  proof.Hash // of the last fact
	Row   int64      // version of the stored row, 0 before the first act
	At    time.Time  // of the last act
}

// Stands returns errs.LicenceSuspended or errs.LicenceRevoked unless the licence is in force at its issuer. Its days are
// another matter: Licence.ValidOn.
func (l Life) Stands() error {
	switch l.State.Status() {
	case statuslist.Valid:
		return nil
	case statuslist.Suspended:
		return errs.New(errs.LicenceSuspended, "%s", l.ID)
	case statuslist.Invalid:
	}
	return errs.New(errs.LicenceRevoked, "%s is %s", l.ID, l.State)
}

// TypFact is the type under which an act on a licence is signed.
const TypFact = "licence-fact"

// Fact is what anybody may know of an act: no personal data.
type Fact struct {
	Licence string        `json:"licence"`
	N       int           `json:"n"` // from 1
	Act     Act           `json:"act"`
	State   State         `json:"state"` // after it
	At      time.Time     `json:"at"`    // UTC
	By      office.NodeID `json:"by"`
	Office  string        `json:"office"`           // 统一社会信用代码
	Reason  string        `json:"reason,omitempty"` // key of a reason, no free text
	Other   string        `json:"other,omitempty"`  // 证照标识 of predecessor or successor
	Before  proof.Hash    `json:"before"`           // the fact before this one
}

// Doing is an act with what it needs to name.
type Doing struct {
	Act    Act
	By     office.NodeID
	Office string
	Reason string
	Other  string
}

var reasonKey = regexp.MustCompile(`^[a-z][a-z0-9-]{1,40}$`)

// Do applies an act: the table decides whether it may be, and the fact says what was done. The caller signs the fact and
// commits both in one unit. errs.LicenceMoveRefused if the state does not allow it, a reason or the other licence is missing,
// or the day has not come.
func (l Life) Do(d Doing, now time.Time) (Life, Fact, error) {
	i := slices.IndexFunc(moves, func(m move) bool { return m.act == d.Act && slices.Contains(m.from, l.State) })
	if i < 0 {
		return Life{}, Fact{}, errs.New(errs.LicenceMoveRefused, "%s from state %q", d.Act, l.State)
	}
	m := moves[i]
	switch {
	case m.reason != (d.Reason != "") || (d.Reason != "" && !reasonKey.MatchString(d.Reason)):
		return Life{}, Fact{}, errs.New(errs.LicenceMoveRefused, "%s with reason %q", d.Act, d.Reason)
	case m.link != (d.Other != ""):
		return Life{}, Fact{}, errs.New(errs.LicenceMoveRefused, "%s: the other licence", d.Act)
	case d.Act == ActExpire && (l.Until == "" || workday.DateOf(now).String() <= l.Until):
		return Life{}, Fact{}, errs.New(errs.LicenceMoveRefused, "in force until %q", l.Until)
	}
	if m.link {
		if err := l.linked(d); err != nil {
			return Life{}, Fact{}, err
		}
	}
	now = now.UTC().Truncate(time.Microsecond)
	f := Fact{
		Licence: l.ID, N: l.Acts + 1, Act: d.Act, State: m.to, At: now, By: d.By, Office: d.Office, Reason: d.Reason, Other: d.Other,
		Before: l.Head,
	}
	l.State, l.Acts, l.At = m.to, f.N, now
	return l, f, nil
}

// linked checks the other licence that an act names: a change is followed by the next version of the same licence, and what is
// taken over is of the same type and another province's office.
func (l Life) linked(d Doing) error {
	mine, err := ParseIdentifier(l.ID)
	if err != nil {
		return err
	}
	other, err := ParseIdentifier(d.Other)
	if err != nil {
		return err
	}
	switch {
	case d.Act == ActChange && (other.Family() != mine.Family() || other.Version != mine.Version+1):
		return errs.New(errs.LicenceMoveRefused, "%s does not follow %s", d.Other, l.ID)
	case d.Act == ActMoveIn && (other.TypeCode != mine.TypeCode || other.Issuer == mine.Issuer):
		return errs.New(errs.LicenceMoveRefused, "%s cannot be taken over as %s", d.Other, l.ID)
	}
	return nil
}

// History checks a licence's signed facts, oldest first, against the trust list and each other: every one by the licence's own
// node, each following the one before, each allowed by the table. It returns the state they lead to. Errors:
// errs.LicenceMismatch and those of TrustList.Check.
func History(id string, facts []proof.Signed, trust *office.TrustList) (State, []Fact, error) {
	var out []Fact
	state, head := notThere, proof.Hash{}
	for i, s := range facts {
		node, err := trust.Check(s, TypFact)
		if err != nil {
			return "", nil, err
		}
		var f Fact
		if err := s.Into(&f); err != nil {
			return "", nil, err
		}
		may := slices.ContainsFunc(moves, func(m move) bool {
			return m.act == f.Act && m.to == f.State && slices.Contains(m.from, state)
		})
		if f.Licence != id || f.By != node.ID || f.N != i+1 || f.Before != head || !may || (i > 0 && f.At.Before(out[i-1].At)) {
			return "", nil, errs.New(errs.LicenceMismatch, "act %d of %s", i+1, id)
		}
		state, head = f.State, s.Hash()
		out = append(out, f)
	}
	return state, out, nil
}

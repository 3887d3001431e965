// Package notice is what a resident is told of a case (告知): for each act the kind of notice, the dated wording, the channel,
// and how far its delivery came. An act and its notice commit together, so neither exists without the other; the legal
// document of an act (行政许可法 第32、38、45条) stays the document, a notice only says that it is there and by when to act.
package notice

import (
	"encoding/hex"
	"maps"
	"time"

	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Kind is what is told. Names are stored: append only.
type Kind string

// The kinds.
const (
	Received       Kind = "received"        // 已收件
	Moved          Kind = "moved"           // 转到属地了
	Accepted       Kind = "accepted"        // 已受理, with the date and the limit
	Correction     Kind = "correction"      // 要补正
	Supplemented   Kind = "supplemented"    // 补的材料收到了
	Reminder       Kind = "reminder"        // 补正还没有收到
	Returned       Kind = "returned"        // 退回收件地
	NotAccepted    Kind = "not-accepted"    // 不予受理, with remedies (行政许可法 第32条)
	Suspended      Kind = "suspended"       // 特别程序, the time is not counted (行政许可法 第45条: 书面告知)
	Resumed        Kind = "resumed"         // 继续计时
	Extended       Kind = "extended"        // 延期, with reason in its paper (行政许可法 第42条)
	Granted        Kind = "granted"         // 批准了
	Refused        Kind = "refused"         // 没批准, with remedies (行政许可法 第38条)
	Ready          Kind = "ready"           // 结果可以领了
	Posted         Kind = "posted"          // 结果寄出了
	Served         Kind = "served"          // 结果在自己的页面上
	Withdrawn      Kind = "withdrawn"       // 已撤回
	TooLate        Kind = "too-late"        // 想撤回, 但已经作出决定
	Answered       Kind = "answered"        // 留言有了回复
	RatingHeard    Kind = "rating-heard"    // 差评有了处理结果
	ComplaintHeard Kind = "complaint-heard" // 投诉有了答复
	Verified       Kind = "verified"        // 一处地方核实完了 (多地联办)
	Undone         Kind = "undone"          // 没办成, 那边为它做的已经撤销
	Paid           Kind = "paid"            // 费用收到了
	PaidBack       Kind = "paid-back"       // 费用退回了
	PapersCalled   Kind = "papers-called"   // 要交原件
	PapersTrouble  Kind = "papers-trouble"  // 原件没有收到, 或者和清单不一样
	PapersBack     Kind = "papers-back"     // 原件回到窗口, 可以领
)

// Kinds lists all in the order of a case's life.
var Kinds = []Kind{
	Received, Moved, Accepted, Correction, Supplemented, Reminder, Returned, NotAccepted, Suspended, Resumed, Extended,
	Granted, Refused, Ready, Posted, Served, Withdrawn, TooLate, Answered, Verified, Undone, Paid, PaidBack, PapersCalled, PapersTrouble, PapersBack, RatingHeard, ComplaintHeard,
}

// Channel is how a notice reaches somebody beside the own page, on which each stands.
type Channel string

// The channels.
const (
	SMS    Channel = "sms"    // 短信
	Voice  Channel = "voice"  // 语音电话
	Letter Channel = "letter" // 信
	Page   Channel = "page"   // nothing is sent
)

// State is how far a delivery came. Names are stored: append only.
type State string

// The states.
const (
	Waiting State = "waiting" // to be given to a gateway
	Handed  State = "handed"  // a gateway has it
	Arrived State = "arrived" // the gateway reports that it arrived
	Stuck   State = "stuck"   // given up: an officer has to do something
	Told    State = "told"    // an officer told the person
	Kept    State = "kept"    // stands on the page only
)

// Notice is one thing told. Values, Lang and To are stored encrypted.
type Notice struct {
	ID       string // of its act, so that an act that is learned twice is told once
	Case     string // id
	Kind     Kind
	Template string // the version of the wording, pinned on the day of the act
	Office   string // code of the office that looks after its arrival
	At       time.Time
	Values   map[string]string
	Channel  Channel // "" until it is sent for the first time
	Lang     string  // of what was sent
	To       string  // masked, where it was sent
	State    State
	StateAt  time.Time
	Tries    int
	Next     time.Time // when it is sent, zero if the clock has nothing to do
	Why      errs.Code // why the last try failed
	By       string    // officer who settled it
}

// Values of a wording that an act always gives.
const (
	ValueName   = "name"   // masked
	ValueItem   = "item"   // code of the matter
	ValueNo     = "no"     // of the case
	ValueOffice = "office" // code of who acts
	ValueWindow = "window" // code of the office where the applicant turns to
	ValueDay    = "day"    // of the act, YYYY-MM-DD
	ValueDue    = "due"    // by when, YYYY-MM-DD
	ValueCount  = "n"
	ValueSum    = "sum" // yuan, as 12.50
)

// New is a notice that waits to be sent. The id is made of what it stems from: the hash of a fact, or whatever else happens once.
func New(kind Kind, origin []byte, caseID, office string, at time.Time, values map[string]string) Notice {
	h := proof.HashOf(append(append([]byte("notice\x00"), kind...), origin...))
	return Notice{
		ID: hex.EncodeToString(h[:16]), Case: caseID, Kind: kind, Office: office, At: at, Values: maps.Clone(values),
		State: Waiting, StateAt: at, Next: at,
	}
}

// Contact is how somebody wants to be told.
type Contact struct {
	Channel Channel      `json:"channel"`
	Lang    string       `json:"lang"`
	Address string       `json:"address,omitempty"` // for letters
	Phone   string       `json:"phone,omitempty"`   // instead of the account's
	Person  party.Person `json:"person"`            // whose it is; only the number is looked at
	At      time.Time    `json:"at"`
}

// Quiet hours, in Asia/Shanghai: what is not urgent waits until they are over.
const (
	quietFrom = 22
	quietTo   = 8
)

// After is the first instant at or after t at which somebody may be disturbed.
func After(t time.Time, urgent bool) time.Time {
	local := t.In(workday.Zone)
	if urgent || local.Hour() >= quietTo && local.Hour() < quietFrom {
		return t
	}
	day := workday.DateOf(t)
	if local.Hour() >= quietFrom {
		day = day.AddDays(1)
	}
	return day.Start().Add(quietTo * time.Hour)
}

// waits stand between the tries of a notice that a gateway did not take.
var waits = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour, 12 * time.Hour}

// Again is when a notice that failed for the nth time is tried again; false: it is given up.
func Again(now time.Time, tries int) (time.Time, bool) {
	if tries > len(waits) {
		return time.Time{}, false
	}
	return now.Add(waits[max(tries, 1)-1]), true
}

// MostADay is how many notices of one case go out in 24 hours; what comes beyond stands on the page only. A case has five in
// its worst day; a counterpart that floods may not use us to disturb somebody.
const MostADay = 12

// Package elsewhere is 我的办件, and 谁看过我的资料, over all provinces: the province at which somebody is signed in asks every other one, and
// shows what they answer. There is no central index of people. A question carries the identity provider's word on who asks
// (vouch.Bearer), which is for one province, one asker, a few minutes and one use; the answer tells what stands on the
// person's own list and no more.
package elsewhere

import (
	"bytes"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/domain/vouch"
	"tongban/internal/handling/usage"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Kind is the door of a node's channel at which questions arrive.
const Kind = "mine"

// Taken is how the log calls that another province took a licence in place of a paper, at its holder's wish; who took it is the
// province.
const Taken = "licence.taken"

const (
	// typQuestion is the type of a question as the asking node signs it.
	typQuestion = "mine-question"
	// newest is the form of question and answer; a node answers in the form it was asked in.
	newest = 1
	// most is how many cases an answer names, the newest first.
	most = 50
	// mostRecords is how many licences of one type an answer holds.
	mostRecords = 8
	// maxBody bounds questions and answers, in bytes.
	maxBody = 256 << 10
	// level is the lowest assurance at which a person is told their cases: name and number were verified.
	level = 2
)

// Case is one line: nothing of what was answered or decided, only where the case stands.
type Case struct {
	No       casefile.No     `json:"no"`
	Item     string          `json:"item"`
	Status   casefile.Status `json:"status"`
	Lodged   time.Time       `json:"lodged"`
	Holder   office.NodeID   `json:"holder,omitempty"` // who answers for it now; "" once closed
	Office   string          `json:"office,omitempty"` // of the holder, by its code
	Until    workday.Date    `json:"until,omitzero"`   // by when the holder promised the next step
	Updated  time.Time       `json:"updated"`          // the last act that the answering node knows
	KeptHere bool            `json:"kept_here"`        // the answering node coordinates the case and knows best
	Node     office.NodeID   `json:"-"`                // who said so
}

// Licence is one licence of the bearer: enough to know it by, nothing of its face.
type Licence struct {
	ID     string        `json:"id"` // 证照标识
	Type   string        `json:"type"`
	No     string        `json:"no"`
	Holder string        `json:"holder"` // an organisation's name, a person's masked
	Office string        `json:"office"` // by its code
	State  string        `json:"state"`
	From   string        `json:"from"`            // YYYY-MM-DD
	Until  string        `json:"until,omitempty"` // last day in force
	Node   office.NodeID `json:"-"`               // who said so
}

// question is what the asking node signs and encrypts for one other node.
type question struct {
	To        office.NodeID `json:"to"`
	Want      vouch.Purpose `json:"want,omitempty"` // "" is vouch.ForCases
	At        time.Time     `json:"at"`
	Type      string        `json:"type,omitempty"` // vouch.ForRecords: the 证照类型代码
	Bearer    proof.Signed  `json:"bearer"`
	AnswerKey []byte        `json:"answer_key"` // 16 bytes, for this answer alone
}

// answer is what comes back under the question's key.
type answer struct {
	Cases []Case `json:"cases"`
	More  bool   `json:"more,omitempty"` // there are older ones

	Licences []Licence `json:"licences,omitempty"` // instead of cases, when those were asked

	Records []proof.Signed `json:"records,omitempty"` // instead of cases, when licences themselves were asked

	Usage *usage.Told `json:"usage,omitempty"` // instead of cases, when that was asked
}

// head says in the clear what form follows, between whom; it is authenticated with the rest.
func head(form byte, from, to office.NodeID) []byte {
	return append([]byte{'T', 'M', form}, string(from)+"\n"+string(to)+"\n"...)
}

// unhead cuts a head off that says exactly this; errs.BadQuestion otherwise.
func unhead(b []byte, from, to office.NodeID) (box, aad []byte, err error) {
	h := head(newest, from, to)
	if len(b) > maxBody || !bytes.HasPrefix(b, h) {
		return nil, nil, errs.New(errs.BadQuestion, "%d bytes from %.8q", len(b), from)
	}
	return b[len(h):], h, nil
}

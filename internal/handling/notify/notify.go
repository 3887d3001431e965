// Package notify brings what residents are told out of the house: it takes notices that wait, chooses channel, language and
// hour as the person wants them, gives them to a gateway until one takes them or it is of no use, and takes the gateways'
// reports. Who is not reached is given to an officer, because a notice that nobody got is no notice.
package notify

import (
	"context"
	"errors"
	"slices"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Message is what a gateway gets: one text for one person. ID is the same on every try.
type Message struct {
	ID      string         `json:"id"`
	Channel notice.Channel `json:"channel"`
	To      string         `json:"to"` // a telephone number, or a postal address
	Name    string         `json:"name,omitempty"`
	Lang    string         `json:"lang"`
	Text    string         `json:"text"`
	Case    string         `json:"case"` // its public number
	At      time.Time      `json:"at"`   // of the act
}

// Gateway sends messages of one channel. Send returns when the gateway answers for the message: arrived is true if it is known
// to have reached the person already; otherwise a report may follow. It may be given a message with the same ID again and then
// sends it once. errs.NoticeRefused means that no repeat will help; any other error is tried again. Safe for concurrent use.
type Gateway interface {
	Send(ctx context.Context, m Message) (arrived bool, err error)
}

// Store is where notices are kept. ClaimNotices gives those whose time has come, to one replica for the time of lease; Commit
// is errs.Stale if a notice is no longer in the state that it was read in. Safe for concurrent use.
type Store interface {
	Case(ctx context.Context, id string) (casefile.Case, error)
	Notice(ctx context.Context, id string) (notice.Notice, error)
	Notices(ctx context.Context, caseID string) ([]notice.Notice, error)
	ClaimNotices(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]notice.Notice, error)
	Contact(ctx context.Context, of party.Person) (notice.Contact, bool, error)
	SetContact(ctx context.Context, c notice.Contact) error
	Commit(ctx context.Context, u unit.Unit) error
}

// Room is a node's notice room. Gateways that are missing make their channel fall back to the page.
type Room struct {
	Kit      *unit.Kit
	Store    Store
	Gateways map[notice.Channel]Gateway
	// Day writes a date for people.
	Day func(d workday.Date, lang string) string
	// Lets reports whether who made a case for somebody else may still go on with it: their telephone is the one that is called. nil: yes.
	Lets func(ctx context.Context, c casefile.Case) bool
}

const (
	lease = time.Minute
	batch = 64
)

// Round sends what is due and returns how much that was. A gateway that is away is no error: its messages are tried again.
func (r *Room) Round(ctx context.Context) (int, error) {
	list, err := r.Store.ClaimNotices(ctx, r.Kit.Now(), lease, batch)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, n := range list {
		if err := r.one(ctx, n); err != nil && !errs.Is(err, errs.Stale) { // a report or a replica was faster
			failed = append(failed, err)
		}
	}
	return len(list), errors.Join(failed...)
}

func (r *Room) now() time.Time { return r.Kit.Now().UTC().Truncate(time.Microsecond) }

func (r *Room) one(ctx context.Context, n notice.Notice) error {
	c, err := r.Store.Case(ctx, n.Case)
	if err != nil {
		return err
	}
	tpl, ok := r.Kit.Notices.Version(n.Template)
	if !ok { // a wording of another release
		tpl = r.Kit.Notices.On(n.Kind, workday.DateOf(n.At))
	}
	now := r.now()
	if after := notice.After(now, tpl.Urgent); after.After(now) {
		n.Next = after
		return r.advance(ctx, n, notice.Waiting, now)
	}
	m, err := r.message(ctx, c, n, tpl)
	if err != nil {
		return err
	}
	gate := r.Gateways[m.Channel]
	many, err := r.tooMany(ctx, n, now)
	if err != nil {
		return err
	}
	if gate == nil || m.To == "" || many {
		n.Channel, n.State, n.Next = notice.Page, notice.Kept, time.Time{}
		return r.advance(ctx, n, notice.Waiting, now)
	}
	n.Channel, n.Lang, n.To, n.Tries = m.Channel, m.Lang, party.MaskPhone(m.To), n.Tries+1
	if m.Channel == notice.Letter {
		n.To = ""
	}
	arrived, err := gate.Send(ctx, m)
	now = r.now()
	next, again := notice.Again(now, n.Tries)
	switch {
	case err == nil && arrived:
		n.State, n.Next, n.Why = notice.Arrived, time.Time{}, 0
	case err == nil:
		n.State, n.Next, n.Why = notice.Handed, time.Time{}, 0
	case errs.Is(err, errs.NoticeRefused) || !again:
		n.State, n.Next, n.Why = notice.Stuck, time.Time{}, errs.CodeOf(err)
	default:
		n.Next, n.Why = notice.After(next, tpl.Urgent), errs.CodeOf(err)
	}
	return r.advance(ctx, n, notice.Waiting, now)
}

func (r *Room) advance(ctx context.Context, n notice.Notice, from notice.State, now time.Time, log ...accesslog.Entry) error {
	n.StateAt = now
	return r.Store.Commit(ctx, unit.Unit{At: now, Advanced: []unit.Advance{{Notice: n, From: from}}, Log: log})
}

// tooMany reports whether a case has had its most of a day.
func (r *Room) tooMany(ctx context.Context, n notice.Notice, now time.Time) (bool, error) {
	list, err := r.Store.Notices(ctx, n.Case)
	if err != nil {
		return false, err
	}
	out := 0
	for _, x := range list {
		if (x.State == notice.Handed || x.State == notice.Arrived) && now.Sub(x.StateAt) < 24*time.Hour {
			out++
		}
	}
	return out >= notice.MostADay, nil
}

// message writes a notice as the person wants it.
func (r *Room) message(ctx context.Context, c casefile.Case, n notice.Notice, tpl notice.Template) (Message, error) {
	who := c.Private.Applicant
	wish, said, err := r.Store.Contact(ctx, who)
	if err != nil {
		return Message{}, err
	}
	m := Message{ID: n.ID, Channel: notice.SMS, To: who.Phone, Lang: "zh", Case: string(c.No), At: n.At}
	if a := c.Private.Acting; a != nil && a.Agent != nil && r.Lets != nil && !r.Lets(ctx, c) {
		m.Channel, m.To = notice.Page, "" // the telephone is an agent's whose authority is over
	}
	if said {
		m.Channel, m.Lang = wish.Channel, wish.Lang
		if wish.Phone != "" {
			m.To = wish.Phone
		}
	}
	words := r.Kit.Words(r.Day)
	switch m.Channel {
	case notice.SMS:
		m.Text = tpl.Short(n.Values, m.Lang, words)
	case notice.Letter:
		m.To, m.Name, m.Text = wish.Address, who.Name, tpl.Full(n.Values, m.Lang, words)
	case notice.Voice, notice.Page:
		m.Text = tpl.Full(n.Values, m.Lang, words)
	}
	return m, nil
}

// Report takes a gateway's word on a message that it was given. A report that comes again, late or about what an officer has
// settled changes nothing. errs.Missing if there is no such message; errs.NotInOrder for one that is not known to be sent yet,
// which the gateway repeats.
func (r *Room) Report(ctx context.Context, id string, arrived bool) error {
	return unit.Retry(ctx, func() error {
		n, err := r.Store.Notice(ctx, id)
		if err != nil {
			return err
		}
		from := n.State
		switch {
		case from == notice.Waiting:
			return errs.New(errs.NotInOrder, "notice %s waits", id)
		case from != notice.Handed:
			return nil
		case arrived:
			n.State, n.Why = notice.Arrived, 0
		default:
			n.State, n.Why = notice.Stuck, errs.NoticeRefused
		}
		n.Next = time.Time{}
		return r.advance(ctx, n, from, r.now())
	})
}

// Answer is what an officer does about a notice that did not arrive.
type Answer string

// The answers.
const (
	AnswerTold  Answer = "told"  // by telephone or in person
	AnswerAgain Answer = "again" // it is sent once more
)

// Settle is an officer's answer to a notice that did not arrive. Only the office that looks after it may; errs.Stale if it was
// settled meanwhile.
func (r *Room) Settle(ctx context.Context, by casefile.Actor, id string, do Answer) error {
	n, err := r.Store.Notice(ctx, id)
	if err != nil {
		return err
	}
	c, err := r.Store.Case(ctx, n.Case)
	if err != nil {
		return err
	}
	now := r.now()
	m := c.Matter(now)
	m.Offices = []string{n.Office}
	if err := by.Officer().May(office.SettleNotice, m); err != nil {
		return err
	}
	if n.State != notice.Stuck {
		return errs.New(errs.Stale, "notice %s is %s", n.ID, n.State)
	}
	n.By = by.ID
	switch do {
	case AnswerTold:
		n.State = notice.Told
	case AnswerAgain:
		n.State, n.Tries, n.Next = notice.Waiting, 0, now
	default:
		return errs.New(errs.BadRequest, "answer to a notice")
	}
	return r.advance(ctx, n, notice.Stuck, now, accesslog.Entry{
		Kind: accesslog.Act, At: now, Case: n.Case, Who: by.ID, Office: by.Office, What: "notice." + string(do),
	})
}

// Wish stores how somebody wants to be told, for everything that is told from now on.
func (r *Room) Wish(ctx context.Context, c notice.Contact) error {
	if !slices.Contains([]notice.Channel{notice.SMS, notice.Voice, notice.Letter, notice.Page}, c.Channel) || c.Lang != "zh" && c.Lang != "en" {
		return errs.New(errs.BadRequest, "channel or language")
	}
	if c.Channel == notice.Letter && c.Address == "" {
		return errs.New(errs.NoticeAddress, "a letter without an address")
	}
	if err := c.Person.Validate(); err != nil {
		return err
	}
	c.At = r.now()
	return r.Store.SetContact(ctx, c)
}

// Remind tells the applicant that a correction is still missing, with the date of the notice that asked for it, and ends the
// due work; nothing is told if it came meanwhile.
func (r *Room) Remind(ctx context.Context, caseID string) error {
	return unit.Retry(ctx, func() error {
		c, err := r.Store.Case(ctx, caseID)
		if err != nil {
			return err
		}
		now := r.now()
		u := unit.Unit{At: now, Due: []unit.Due{{Case: caseID, Kind: unit.DueRemind}}}
		if c.Status() == casefile.StatusCorrection {
			list, err := r.Store.Notices(ctx, caseID)
			if err != nil {
				return err
			}
			for _, asked := range slices.Backward(list) {
				if asked.Kind == notice.Correction {
					n := notice.New(notice.Reminder, []byte(asked.ID), caseID, asked.Office, now, asked.Values)
					n.Values[notice.ValueDay] = workday.DateOf(now).String()
					r.Kit.Notify(&u, n)
					break
				}
			}
		}
		return r.Store.Commit(ctx, u)
	})
}

package unittest

import (
	"testing"
	"time"

	"tongban/internal/domain/message"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
)

// noticeOf is a notice of a case, at its nth minute.
func noticeOf(caseID string, n int) notice.Notice {
	at := start.Add(time.Duration(n) * time.Minute)
	x := notice.New(notice.Accepted, []byte{byte(n)}, caseID, hereOffice, at, map[string]string{notice.ValueName: "SECRET", notice.ValueCount: "1"})
	x.Template = "accepted-1"
	return x
}

func notices(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	ctx := t.Context()
	c := caseOf(1)
	u := m.opening(c)
	first, second := noticeOf(c.ID, 1), noticeOf(c.ID, 2)
	u.Notices = []notice.Notice{second, first}
	commit(t, k, u)
	again := first
	again.Tries = 9
	commit(t, k, unit.Unit{Notices: []notice.Notice{again}}) // the same act, learned twice
	same(t, []notice.Notice{first, second}, must[[]notice.Notice](t)(k.Notices(ctx, c.ID)))
	if list := must[[]notice.Notice](t)(k.ClaimNotices(ctx, start, time.Minute, 10)); len(list) != 0 {
		t.Fatalf("%d too early", len(list))
	}
	now := second.At
	if list := must[[]notice.Notice](t)(k.ClaimNotices(ctx, now, time.Minute, 10)); len(list) != 2 {
		t.Fatalf("claimed %d", len(list))
	}
	if list := must[[]notice.Notice](t)(k.ClaimNotices(ctx, now, time.Minute, 10)); len(list) != 0 {
		t.Fatalf("%d claimed twice", len(list))
	}
	stuck := first
	stuck.State, stuck.Next, stuck.Tries, stuck.Channel, stuck.To, stuck.Why = notice.Stuck, time.Time{}, 3, notice.SMS, "138****0000", errs.NoticeRefused
	stuck.StateAt = now
	commit(t, k, unit.Unit{Advanced: []unit.Advance{{Notice: stuck, From: notice.Waiting}}})
	same(t, stuck, must[notice.Notice](t)(k.Notice(ctx, first.ID)))
	same(t, []notice.Notice{stuck}, must[[]notice.Notice](t)(k.StuckNotices(ctx, hereOffice, 10)))
	if n := must[int](t)(k.CountStuck(ctx, hereOffice)); n != 1 {
		t.Errorf("%d stuck", n)
	}
	if n := must[int](t)(k.CountStuck(ctx, thereOffice)); n != 0 {
		t.Errorf("%d stuck at the other office", n)
	}
	want(t, k.Commit(ctx, unit.Unit{Advanced: []unit.Advance{{Notice: stuck, From: notice.Waiting}}}), errs.Stale)
	if list := must[[]notice.Notice](t)(k.ClaimNotices(ctx, now.Add(time.Hour), time.Minute, 10)); len(list) != 1 || list[0].ID != second.ID {
		t.Fatalf("after the lease %d", len(list))
	}
	_, err := k.Notice(ctx, "none")
	want(t, err, errs.Missing)
	// A unit that fails leaves no notice.
	lost := c
	lost.Row = 77
	want(t, k.Commit(ctx, unit.Unit{Case: &lost, Notices: []notice.Notice{noticeOf(c.ID, 5)}}), errs.Stale)
	if n := len(must[[]notice.Notice](t)(k.Notices(ctx, c.ID))); n != 2 {
		t.Errorf("%d notices after a unit that failed", n)
	}
}

func contacts(t *testing.T, open func() Keeper) {
	t.Helper()
	k := open()
	who := party.Person{Name: "某某", IDType: party.ResidentID, IDNo: "11010119900307742X"}
	if _, ok, err := k.Contact(t.Context(), who); ok || err != nil {
		t.Fatalf("%v, %v", ok, err)
	}
	for _, channel := range []notice.Channel{notice.Letter, notice.Voice} {
		c := notice.Contact{Channel: channel, Lang: "zh", Address: "a", Person: who, At: start}
		if err := k.SetContact(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		got, ok, err := k.Contact(t.Context(), who)
		if !ok || err != nil {
			t.Fatalf("%v, %v", ok, err)
		}
		same(t, c, got)
	}
}

func messages(t *testing.T, open func() Keeper) {
	t.Helper()
	m, k := newMaker(t), open()
	ctx := t.Context()
	c := caseOf(1)
	u := m.opening(c)
	asked := message.Message{ID: unit.NewID(), Case: c.ID, From: message.Applicant, Office: hereOffice, At: start, Text: "SECRET question", Open: true}
	u.Messages = []message.Message{asked}
	commit(t, k, u)
	commit(t, k, unit.Unit{Messages: []message.Message{asked}}) // the same form twice
	same(t, []message.Message{asked}, must[[]message.Message](t)(k.OpenMessages(ctx, hereOffice, 10)))
	if n := must[int](t)(k.CountOpen(ctx, hereOffice)); n != 1 {
		t.Errorf("%d wait", n)
	}
	later := start.Add(time.Hour)
	answer := message.Message{ID: unit.NewID(), Case: c.ID, From: message.Office, Office: hereOffice, At: later, Text: "SECRET answer", By: "o1"}
	commit(t, k, unit.Unit{At: later, Messages: []message.Message{answer}, Read: &unit.Reading{Case: c.ID, Side: message.Office, Answered: true}})
	asked.Open, asked.Read = false, later
	same(t, []message.Message{asked, answer}, must[[]message.Message](t)(k.Messages(ctx, c.ID)))
	if n := must[int](t)(k.CountOpen(ctx, hereOffice)); n != 0 {
		t.Errorf("%d wait after the answer", n)
	}
	read := later.Add(time.Minute)
	commit(t, k, unit.Unit{At: read, Read: &unit.Reading{Case: c.ID, Side: message.Applicant}})
	commit(t, k, unit.Unit{At: read.Add(time.Hour), Read: &unit.Reading{Case: c.ID, Side: message.Applicant}}) // the first look counts
	answer.Read = read
	same(t, []message.Message{asked, answer}, must[[]message.Message](t)(k.Messages(ctx, c.ID)))
}
